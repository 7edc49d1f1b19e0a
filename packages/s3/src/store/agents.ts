import { Agent as HTTPAgent, type ClientRequestArgs } from 'node:http';
import { Agent as HTTPSAgent } from 'node:https';
import type { Duplex } from 'node:stream';

/** Node's agents, which keep connections open between requests. */
export interface Agents {
  readonly http: HTTPAgent;
  readonly https: HTTPSAgent;
  /** How many connections are open. */
  readonly open: number;
  /** Calls `listener` whenever one more is open. */
  onOpen(listener: () => void): void;
  /** Closes what no request uses just now. If one connection has gone silent, those beside it may have too. */
  dropIdle(): void;
}

export function nodeAgents(): Agents {
  // How many there are is limited by places (connections.ts), and not by the agents: these would count a request too
  // whose caller has long gone.
  const options = { keepAlive: true, maxSockets: Infinity };
  const http = new HTTPAgent(options);
  const https = new HTTPSAgent(options);
  let open = 0;
  let told = (): void => undefined;
  const watch = (agent: HTTPAgent, event: 'connect' | 'secureConnect'): void => {
    const connect = agent.createConnection.bind(agent);
    agent.createConnection = (
      args: ClientRequestArgs,
      callback?: (error: Error | null, stream: Duplex) => void,
    ) => {
      const socket = connect(args, callback);
      socket?.once(event, () => {
        open += 1;
        socket.once('close', () => (open -= 1));
        told();
      });
      return socket;
    };
  };
  watch(http, 'connect');
  watch(https, 'secureConnect');
  return {
    http,
    https,
    get open() {
      return open;
    },
    onOpen(listener) {
      told = listener;
    },
    dropIdle() {
      for (const { freeSockets } of [http, https]) {
        for (const socket of Object.values(freeSockets).flatMap((sockets) => sockets ?? [])) socket.destroy();
      }
    },
  };
}
