import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** Stands before a server on 127.0.0.1, passes bytes on, and can break or stop the traffic. */
export interface TCPProxy {
  readonly port: number;
  /** Connections that clients opened since the start. */
  readonly connections: number;
  /** Breaks every connection of a client. What the server has received it carries out. */
  cut(): void;
  /** Keeps all bytes back, both ways, until the returned function is called. Requests whose client has gone arrive then. */
  stall(): () => void;
  stop(): Promise<void>;
}

export async function startTCPProxy(upstreamPort: number): Promise<TCPProxy> {
  const clients = new Set<Socket>();
  const servers = new Set<Socket>();
  let connections = 0;
  let stalled = false;
  let kept: (() => void)[] = [];
  const pass = (run: () => void): void => {
    if (stalled) kept.push(run);
    else run();
  };

  const server = createServer((client) => {
    connections += 1;
    const upstream = connect(upstreamPort, '127.0.0.1');
    clients.add(client);
    servers.add(upstream);
    client.on('data', (chunk) => pass(() => upstream.write(chunk)));
    upstream.on('data', (chunk) => pass(() => void (client.destroyed || client.write(chunk))));
    client.once('close', () => {
      clients.delete(client);
      pass(() => upstream.end());
    });
    upstream.once('close', () => {
      servers.delete(upstream);
      pass(() => client.destroy());
    });
    // A broken connection is what this is for; `close` follows.
    client.on('error', () => undefined);
    upstream.on('error', () => undefined);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve);
  });

  return {
    port: (server.address() as AddressInfo).port,
    get connections() {
      return connections;
    },
    cut() {
      for (const client of clients) client.destroy();
    },
    stall() {
      stalled = true;
      return () => {
        stalled = false;
        const runs = kept;
        kept = [];
        for (const run of runs) run();
      };
    },
    async stop() {
      for (const socket of [...clients, ...servers]) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
