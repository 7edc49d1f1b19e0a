import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTLSServer, type ServerOptions } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';

/** A request as a stub got it. */
export interface StubRequest {
  readonly method: string;
  /** As on the wire, still encoded. */
  readonly path: string;
  readonly authorization: string | undefined;
  readonly body: string;
  /** Which connection it came on: the first one is 1. */
  readonly connection: number;
}

export interface HTTPStub {
  readonly url: string;
  readonly requests: StubRequest[];
  /** Connections opened since the start. */
  readonly connections: number;
  /** Connections that are open. */
  readonly open: number;
  /** Resolves once `count` requests have come since the start. */
  arrived(count: number): Promise<void>;
  /** Breaks every connection. */
  cut(): void;
  stop(): Promise<void>;
}

export type Respond = (request: StubRequest, response: ServerResponse) => void;

/** An HTTP server in this process that answers as a test wants it to. With `tls`, over TLS. */
export async function startStub(respond: Respond, tls?: ServerOptions): Promise<HTTPStub> {
  const requests: StubRequest[] = [];
  const sockets = new Map<Socket, number>();
  const waiting = new Set<() => void>();
  let connections = 0;
  const handle = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const { method = '', url: path = '', headers } = incoming;
    const body = Buffer.concat(chunks).toString();
    const connection = sockets.get(incoming.socket) ?? 0;
    const request = { method, path, authorization: headers.authorization, body, connection };
    requests.push(request);
    for (const look of waiting) look();
    respond(request, outgoing);
  };
  const listener = (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    handle(incoming, outgoing).catch(() => incoming.socket.destroy());
  };
  const server = tls === undefined ? createServer(listener) : createTLSServer(tls, listener);
  server.on(tls === undefined ? 'connection' : 'secureConnection', (socket: Socket) => {
    sockets.set(socket, ++connections);
    socket.on('error', () => undefined);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const cut = (): void => {
    for (const socket of sockets.keys()) socket.destroy();
  };
  return {
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}/dav`,
    requests,
    get connections() {
      return connections;
    },
    get open() {
      return sockets.size;
    },
    arrived: (count) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (requests.length < count) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      }),
    cut,
    async stop() {
      cut();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A multistatus of one empty collection at `path`. */
export function emptyCollection(path: string): string {
  return (
    `<multistatus xmlns="DAV:"><response><href>${path}</href><propstat><prop><resourcetype><collection/>` +
    '</resourcetype></prop><status>HTTP/1.1 200 OK</status></propstat></response></multistatus>'
  );
}
