import { AsyncLocalStorage } from 'node:async_hooks';
import {
  Agent as HTTPAgent,
  type AgentOptions,
  type ClientRequest,
  type ClientRequestArgs,
  type IncomingMessage,
} from 'node:http';
import { Agent as HTTPSAgent, type RequestOptions } from 'node:https';
import type { Duplex } from 'node:stream';
import type { Settings, WebDAVTLS } from '../options.js';

/**
 * Servers close what idles: Apache, lighttpd and Node after 5 s. A connection that is let go of a little sooner is
 * never closed under a request, which would leave the outcome of that unknown.
 */
const IDLE_MS = 4000;

/** The `code` of the error of a request that was to go to another origin. */
export const FOREIGN = 'HOLDFAST_FOREIGN';
/** The `code` of the error of a request after the pool was closed. */
export const CLOSED = 'HOLDFAST_CLOSED';
/** The name under which the `Location` of a redirect comes. */
export const LOCATION = 'x-holdfast-location';

/** Told of the request that the client makes of an exchange. */
export type OnRequest = (request: ClientRequest) => void;

/** Node's keep-alive agents: the connections to the origin of the base URL, and to nothing else. */
export interface Pool {
  readonly httpAgent: HTTPAgent;
  readonly httpsAgent: HTTPSAgent;
  /** Runs `send`, and tells `onRequest` what it sends. */
  observing<T>(onRequest: OnRequest, send: () => T): T;
  /** Closes the connections that nobody uses. */
  dropIdle(): void;
  /** Closes every connection, and opens no other. */
  destroy(): void;
}

/**
 * Makes the pool. How many requests are under way is not its business, see slots.ts: an agent with a limit would let
 * those wait that are answered at once, behind those that are never answered.
 *
 * The `webdav` client follows redirects wherever they lead, and takes no option that would stop it. Worse, node-fetch
 * below it throws out of an event at the second redirect of a request with a body, and so ends the process. So the
 * `Location` of a redirect is renamed before they see it; then it is an answer like any other. Should that ever fail,
 * still no request, let alone one with credentials, leaves the origin.
 */
export function makePool({ base, tls, maxConnections }: Settings): Pool {
  const gate = new Gate(base);
  // Node applies `timeout` to idle connections alone, and where the server announces a shorter one, that.
  const options: AgentOptions = { keepAlive: true, maxFreeSockets: maxConnections, timeout: IDLE_MS };
  const httpAgent = new GatedHTTP(gate, options);
  const httpsAgent = new GatedHTTPS(gate, { ...options, ...tlsOptions(tls) });
  return {
    httpAgent,
    httpsAgent,
    observing: (onRequest, send) => observers.run(onRequest, send),
    dropIdle() {
      for (const agent of [httpAgent, httpsAgent]) {
        for (const sockets of Object.values(agent.freeSockets)) {
          for (const socket of sockets ?? []) socket.destroy();
        }
      }
    },
    destroy() {
      gate.isClosed = true;
      httpAgent.destroy();
      httpsAgent.destroy();
    },
  };
}

const observers = new AsyncLocalStorage<OnRequest>();

/** Decides who may connect. */
class Gate {
  isClosed = false;
  readonly #origin: string;

  constructor({ protocol, hostname, port }: URL) {
    this.#origin = originOf(protocol, hostname, port);
  }

  /** Calls `onSocket` with the reason for a refusal, if there is one. */
  refuses(protocol: string, { host, port }: ClientRequestArgs, onSocket: OnSocket | undefined): boolean {
    const isForeign = originOf(protocol, host ?? '', port ?? '') !== this.#origin;
    if (!isForeign && !this.isClosed) return false;
    const code = this.isClosed ? CLOSED : FOREIGN;
    // The declared type wants a socket even beside an error; Node itself passes none.
    (onSocket as ((reason: Error) => void) | undefined)?.(Object.assign(new Error(code), { code }));
    return true;
  }
}

type OnSocket = (error: Error | null, socket: Duplex) => void;
type HTTPSAgentOptions = ConstructorParameters<typeof HTTPSAgent>[0];

/** What every proxy agent overrides, and the types leave out. */
const PLAIN = HTTPAgent.prototype as unknown as {
  readonly addRequest: (this: HTTPAgent, request: ClientRequest, ...more: unknown[]) => void;
};

/** Called for each request before anybody else can listen to it. */
function observe(request: ClientRequest): void {
  request.once('response', hideLocation);
  observers.getStore()?.(request);
}

function hideLocation({ statusCode = 0, rawHeaders }: IncomingMessage): void {
  if (statusCode < 300 || statusCode > 399) return;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    if (rawHeaders[at]?.toLowerCase() === 'location') rawHeaders[at] = LOCATION;
  }
}

class GatedHTTP extends HTTPAgent {
  readonly #gate: Gate;

  constructor(gate: Gate, options: AgentOptions) {
    super(options);
    this.#gate = gate;
  }

  addRequest(request: ClientRequest, ...more: unknown[]): void {
    observe(request);
    PLAIN.addRequest.call(this, request, ...more);
  }

  override createConnection(options: ClientRequestArgs, onSocket?: OnSocket): Duplex | null | undefined {
    return this.#gate.refuses('http:', options, onSocket)
      ? undefined
      : super.createConnection(options, onSocket);
  }
}

class GatedHTTPS extends HTTPSAgent {
  readonly #gate: Gate;

  constructor(gate: Gate, options: HTTPSAgentOptions) {
    super(options);
    this.#gate = gate;
  }

  addRequest(request: ClientRequest, ...more: unknown[]): void {
    observe(request);
    PLAIN.addRequest.call(this, request, ...more);
  }

  override createConnection(options: RequestOptions, onSocket?: OnSocket): Duplex | null | undefined {
    return this.#gate.refuses('https:', options, onSocket)
      ? undefined
      : super.createConnection(options, onSocket);
  }
}

function originOf(protocol: string, host: string, port: string | number): string {
  const name = host.replace(/^\[|\]$/g, '').toLowerCase();
  return `${protocol} ${name} ${Number(port) || (protocol === 'https:' ? 443 : 80)}`;
}

function tlsOptions(tls: WebDAVTLS | undefined): HTTPSAgentOptions {
  if (tls === undefined) return {};
  const { ca, cert, key, pfx, passphrase, servername } = tls;
  return {
    ...(ca !== undefined && { ca: isList(ca) ? ca.map(pem) : pem(ca) }),
    ...(cert !== undefined && { cert: pem(cert) }),
    ...(key !== undefined && { key: pem(key) }),
    ...(pfx !== undefined && { pfx: pem(pfx) }),
    ...(passphrase !== undefined && { passphrase }),
    ...(servername !== undefined && { servername }),
  };
}

const isList = <T>(value: string | Uint8Array | readonly T[]): value is readonly T[] => Array.isArray(value);

const pem = (value: string | Uint8Array): string | Buffer =>
  typeof value === 'string' ? value : Buffer.from(value);
