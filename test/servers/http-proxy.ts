import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** A request as it came by. */
export interface Passed {
  readonly method: string;
  /** Decoded, below the share. */
  readonly path: string;
  readonly status: number;
}

/** A request, before anything has become of it. */
export interface ProxyRequest {
  readonly method: string;
  /** Decoded, below the share, without a `/` at its end. */
  readonly path: string;
  /** The `Depth` header. */
  readonly depth: string | undefined;
}

/** Decides what becomes of a request. */
export interface Trap {
  readonly matches: (request: ProxyRequest) => boolean;
  /**
   * - `cut-reply`: the server carries it out and answers, then the connection breaks before a byte of the answer.
   * - `cut-request`: the connection breaks before anything reaches the server.
   * - `hold`: it waits in front of the server until `release`; should the client leave, it is carried out all the same.
   */
  readonly fate: 'cut-reply' | 'cut-request' | 'hold';
  /** Catches all that match until it is released. Default: the first. */
  readonly every?: boolean;
}

/** What a trap caught. */
export interface Caught {
  /** Fulfils when it has caught one; for `cut-reply`, once the server has answered. */
  readonly sprung: Promise<void>;
  /** Lets what it holds go on, and catches no more. Resolves once the server has answered all of it. */
  release(): Promise<void>;
}

/** A reverse proxy before a WebDAV server, that counts, cuts and holds. */
export interface HTTPProxy {
  readonly url: string;
  /** All requests that were answered, oldest first. Empty it by `length = 0`. */
  readonly passed: Passed[];
  /** Connections opened by clients since the start. */
  readonly connections: number;
  /** Catches the next request that matches. */
  trap(trap: Trap): Caught;
  /** Breaks every connection of a client; what is on its way to the server goes on. */
  cut(): void;
  stop(): Promise<void>;
}

interface Armed extends Trap {
  readonly sprung: Signal;
  readonly gate: Signal;
  /** What it caught, until the server has answered. */
  readonly held: Promise<void>[];
}

export interface HTTPProxyOptions {
  /** The status that the client gets to see. Default: that of the server. */
  readonly claim?: (request: ProxyRequest, status: number) => number;
}

export async function startProxy(
  upstream: string,
  { claim = (_, status) => status }: HTTPProxyOptions = {},
): Promise<HTTPProxy> {
  const { port: upstreamPort, pathname } = new URL(upstream);
  const passed: Passed[] = [];
  const sockets = new Set<Socket>();
  const traps: Armed[] = [];
  let connections = 0;

  const handle = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const { method = '', url = '' } = incoming;
    const below = decodeURIComponent(new URL(url, upstream).pathname.slice(pathname.length));
    const path = below.replace(/\/$/, '') || '/';
    const depth = incoming.headers['depth'];
    const asked = { method, path, depth: Array.isArray(depth) ? depth[0] : depth };
    const index = traps.findIndex(({ matches }) => matches(asked));
    const trap = traps[index];
    if (trap !== undefined && trap.every !== true) traps.splice(index, 1);
    const answered = signal();
    trap?.held.push(answered.given);
    if (trap?.fate === 'cut-request') {
      incoming.socket.destroy();
      trap.sprung.give();
      return;
    }
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    if (trap?.fate === 'hold') {
      trap.sprung.give();
      await trap.gate.given;
    }
    const { response, body } = await forward(Number(upstreamPort), incoming, Buffer.concat(chunks));
    const status = response.statusCode ?? 0;
    passed.push({ method, path, status });
    answered.give();
    if (trap?.fate === 'cut-reply') {
      incoming.socket.destroy();
      trap.sprung.give();
      return;
    }
    const { connection: _, 'keep-alive': __, 'transfer-encoding': ___, ...headers } = response.headers;
    outgoing.writeHead(claim(asked, status), headers).end(body);
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
    trap(trap) {
      const armed: Armed = { ...trap, sprung: signal(), gate: signal(), held: [] };
      traps.push(armed);
      return {
        sprung: armed.sprung.given,
        async release() {
          if (traps.includes(armed)) traps.splice(traps.indexOf(armed), 1);
          armed.gate.give();
          await Promise.all(armed.held);
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

interface Signal {
  readonly given: Promise<void>;
  give(): void;
}

function signal(): Signal {
  let give = (): void => undefined;
  const given = new Promise<void>((resolve) => (give = resolve));
  return { given, give };
}
