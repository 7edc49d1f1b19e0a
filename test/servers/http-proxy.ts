import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** A request as it came by. */
export interface Passed {
  readonly method: string;
  /** Decoded, below the share. */
  readonly path: string;
  readonly status: number;
}

/** Decides what becomes of a request. */
export interface Trap {
  readonly matches: (request: { readonly method: string; readonly path: string }) => boolean;
  /**
   * - `cut-reply`: the server carries it out and answers, then the connection breaks before a byte of the answer.
   * - `cut-request`: the connection breaks before anything reaches the server.
   * - `hold`: it waits in front of the server until `release`; should the client leave, it is carried out all the same.
   */
  readonly fate: 'cut-reply' | 'cut-request' | 'hold';
}

/** What a trap caught. */
export interface Caught {
  /** Fulfils when it has caught one; for `cut-reply`, once the server has answered. */
  readonly sprung: Promise<void>;
  /** Lets what it holds go on. Resolves once the server has answered. */
  release(): Promise<void>;
}

/** A reverse proxy before a WebDAV server, that counts, cuts and holds. */
export interface HTTPProxy {
  readonly url: string;
  /** All requests that were answered, oldest first. Empty it by `length = 0`. */
  readonly passed: Passed[];
  /** Connections opened by clients since the start. */
  readonly connections: number;
  /** Catches the next request that matches, once. */
  trap(trap: Trap): Caught;
  /** Breaks every connection of a client; what is on its way to the server goes on. */
  cut(): void;
  stop(): Promise<void>;
}

interface Armed extends Trap {
  spring(): void;
  readonly gate: Promise<void>;
  done(): void;
}

export async function startProxy(upstream: string): Promise<HTTPProxy> {
  const { port: upstreamPort, pathname } = new URL(upstream);
  const passed: Passed[] = [];
  const sockets = new Set<Socket>();
  const traps: Armed[] = [];
  let connections = 0;

  const handle = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const { method = '', url = '' } = incoming;
    const path = decodeURIComponent(new URL(url, upstream).pathname.slice(pathname.length)) || '/';
    const index = traps.findIndex(({ matches }) => matches({ method, path }));
    const [trap] = index === -1 ? [] : traps.splice(index, 1);
    if (trap?.fate === 'cut-request') {
      incoming.socket.destroy();
      trap.spring();
      return;
    }
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    if (trap?.fate === 'hold') {
      trap.spring();
      await trap.gate;
    }
    const { response, body } = await forward(Number(upstreamPort), incoming, Buffer.concat(chunks));
    const status = response.statusCode ?? 0;
    passed.push({ method, path, status });
    if (trap?.fate === 'cut-reply') {
      incoming.socket.destroy();
      trap.spring();
      return;
    }
    const { connection: _, 'keep-alive': __, 'transfer-encoding': ___, ...headers } = response.headers;
    outgoing.writeHead(status, headers).end(body);
    trap?.done();
  };

  const server = createServer((incoming, outgoing) => {
    handle(incoming, outgoing).catch(() => incoming.socket.destroy());
  });
  server.on('connection', (socket: Socket) => {
    connections++;
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };

  return {
    url: `http://127.0.0.1:${port}${pathname}`,
    passed,
    get connections() {
      return connections;
    },
    trap({ matches, fate }) {
      const [sprung, gate, done] = [signal(), signal(), signal()];
      traps.push({ matches, fate, spring: sprung.give, gate: gate.given, done: done.give });
      return {
        sprung: sprung.given,
        async release() {
          gate.give();
          await done.given;
        },
      };
    },
    cut,
    async stop() {
      cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function forward(
  port: number,
  { method, url, headers }: IncomingMessage,
  body: Buffer,
): Promise<{ response: IncomingMessage; body: Buffer }> {
  return new Promise((resolve, reject) => {
    const { 'transfer-encoding': _, connection: __, ...kept } = headers;
    const onward = request(
      { host: '127.0.0.1', port, method, path: url, headers: { ...kept, connection: 'close' } },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.once('error', reject);
        response.once('end', () => resolve({ response, body: Buffer.concat(chunks) }));
      },
    );
    onward.once('error', reject);
    onward.end(body);
  });
}

function signal(): { readonly given: Promise<void>; give(): void } {
  let give = (): void => undefined;
  const given = new Promise<void>((resolve) => (give = resolve));
  return { given, give };
}
