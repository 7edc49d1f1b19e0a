import { AuthType, createClient, type WebDAVClient } from 'webdav';
import { makeAgents } from './agent.js';
import { GIVEN_UP, LostExchange, TOO_LONG } from './lost.js';
import type { Settings } from './options.js';
import { following } from './redirect.js';

/** One request, ready to be sent. */
export interface Exchange {
  readonly method: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
  /** Bytes of the answer's body that are read. An answer that is longer is not `complete`. */
  readonly limit?: number;
}

/** An answer, whatever its status. */
export interface Reply {
  readonly status: number;
  /** Where it came from in the end: a redirect may have added a `/` or moved the base. */
  readonly url: string;
  readonly body: Uint8Array;
  /** Why the body is not whole, if it is not. */
  readonly cut: LostExchange | undefined;
  header(name: string): string | undefined;
}

export interface Transport {
  /** Rejects with a {@link LostExchange} if there is no answer. */
  exchange(exchange: Exchange, signal: AbortSignal | undefined): Promise<Reply>;
  /** Closes every connection. */
  close(): void;
}

/** What the client resolves to on Node; its own types know less of it. */
interface Response {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly body: AsyncIterable<Uint8Array> | null;
}

/** An error page, or the few words that servers put under a 201. */
const BODY_OF_CHANGES = 64 * 1024;

/** The `webdav` client as a means to send one request and get one answer. */
export function makeTransport(settings: Settings): Transport {
  const agents = makeAgents(settings);
  const client = makeClient(settings, agents);
  const inFlight = new Set<AbortController>();
  let closed = false;

  const exchange = async (
    { method, headers = {}, body, limit = BODY_OF_CHANGES }: Exchange,
    url: string,
    signal: AbortSignal,
  ): Promise<Reply> => {
    const response = await answerOf(
      // A path that is set as `url` is not touched; one passed as such is encoded in a way that can be escaped.
      client.customRequest('/', {
        method,
        url,
        headers: { ...headers },
        // The client takes a Buffer as it is; it would send a plain Uint8Array as JSON.
        ...(body !== undefined && { data: typeof body === 'string' ? body : Buffer.from(body) }),
        signal,
      }),
    ).catch((error: unknown) => {
      throw lossOf(error, signal);
    });
    const content = await read(response, limit, signal);
    const header = (name: string): string | undefined => response.headers.get(name) ?? undefined;
    return { status: response.status, url, header, ...content };
  };

  return {
    async exchange(wanted, outer) {
      if (closed || outer?.aborted === true) throw new LostExchange(GIVEN_UP, false);
      const controller = new AbortController();
      const giveUp = (): void => controller.abort();
      outer?.addEventListener('abort', giveUp, { once: true });
      inFlight.add(controller);
      try {
        return await following(settings.base, wanted.url, (url) => exchange(wanted, url, controller.signal));
      } finally {
        outer?.removeEventListener('abort', giveUp);
        inFlight.delete(controller);
      }
    },
    close() {
      closed = true;
      // Those that wait for a connection would wait for ever.
      for (const controller of inFlight) controller.abort();
      agents.destroy();
    },
  };
}

function makeClient({ base, auth }: Settings, agents: ReturnType<typeof makeAgents>): WebDAVClient {
  const pools = { httpAgent: agents.httpAgent, httpsAgent: agents.httpsAgent };
  switch (auth?.type) {
    case 'digest':
      return createClient(base.href, {
        ...pools,
        authType: AuthType.Digest,
        username: auth.username,
        password: auth.password,
      });
    case 'bearer':
      return createClient(base.href, { ...pools, headers: { Authorization: `Bearer ${auth.token}` } });
    case 'basic': {
      // The client encodes as Latin-1 and throws at anything beyond; servers compare UTF-8 (RFC 7617, section 2.1).
      const pair = Buffer.from(`${auth.username}:${auth.password}`, 'utf8').toString('base64');
      return createClient(base.href, { ...pools, headers: { Authorization: `Basic ${pair}` } });
    }
    case undefined:
      return createClient(base.href, pools);
  }
}

/** The client throws at a status from 400, with the response in the error. Here every answer is one. */
async function answerOf(request: Promise<unknown>): Promise<Response> {
  try {
    return (await request) as Response;
  } catch (error) {
    if (error instanceof Error && 'response' in error) return error.response as Response;
    throw error;
  }
}

/** Reads up to `limit` bytes. What is left unread ends the connection: an endless answer must not keep it. */
async function read(
  response: Response,
  limit: number,
  signal: AbortSignal,
): Promise<{ body: Uint8Array; cut: LostExchange | undefined }> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  let cut: LostExchange | undefined;
  try {
    for await (const chunk of response.body ?? []) {
      length += chunk.length;
      if (length > limit) {
        cut = new LostExchange(TOO_LONG, true);
        break;
      }
      chunks.push(chunk);
    }
  } catch (error) {
    cut = lossOf(error, signal);
  }
  return { body: Buffer.concat(chunks), cut };
}

/** Keeps the code alone. `getaddrinfo` and `connect` come before anything is sent. */
function lossOf(error: unknown, signal: AbortSignal): LostExchange {
  if (signal.aborted) return new LostExchange(GIVEN_UP, true);
  const { code, erroredSysCall } = (typeof error === 'object' && error !== null ? error : {}) as {
    code?: unknown;
    erroredSysCall?: unknown;
  };
  const unsent = erroredSysCall === 'connect' || erroredSysCall === 'getaddrinfo';
  return new LostExchange(typeof code === 'string' ? code : 'no code', !unsent);
}
