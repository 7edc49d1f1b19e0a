import { FailedAttempt, failure } from '@holdfast/vfs/adapter';
import { Readable } from 'node:stream';
import { createClient } from 'webdav';
import { GIVEN_UP, SILENT } from '../errors.js';
import type { Settings } from '../options.js';
import { Attempt } from './attempt.js';
import { authorizationOf } from './authorization.js';
import { graceFor, readBody, type Body } from './body.js';
import type { BodyLimit, Exchange, Reply, Transport } from './exchange.js';
import { makePool } from './pool.js';
import { following } from './redirect.js';
import { Silence } from './silence.js';
import { Slots } from './slots.js';

/** What the client resolves to on Node; its own types know less of it. */
interface Response {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly body: Body;
}

/** Of what nobody needs: an error page, or the few words under a 201. */
const SMALL_BODY: BodyLimit = {
  bytes: 64 * 1024,
  failure: failure('EIO', { detail: 'the answer is too long' }),
};
/** A larger body is sent piece by piece, so that a slow upload is told from one that stands still. */
const PIECE = 64 * 1024;
/** A request is sent so often at most, because of a nonce that has grown old on the way. */
const MOST_RENEWALS = 3;

/**
 * How long an attempt may be silent, as a part of the deadline of a call: so that there is time for two more, and that
 * a beat of the lock, which has a limit of about a third, still gets its second one.
 */
const SILENCE = 0.3;
/** After this part of it, others may go past. */
const PAUSE = 0.15;

/**
 * The `webdav` client as a means to send one request and get one answer.
 *
 * The client makes the request of it and speaks HTTP, by node-fetch. What it has no say in is here and in the files
 * beside: which connections there are (pool.ts, by Node's agents), how many requests at a time (slots.ts), how long one
 * may be silent (silence.ts), where redirects may lead (redirect.ts), how much of an answer is read (body.ts), and who
 * we are (authorization.ts).
 */
export function makeTransport(settings: Settings): Transport {
  const { base, clock, deadlineMs } = settings;
  const pool = makePool(settings);
  const client = createClient(base.href, { httpAgent: pool.httpAgent, httpsAgent: pool.httpsAgent });
  const authorization = authorizationOf(settings.auth);
  const slots = new Slots(settings.maxConnections);
  const silenceMs = deadlineMs * SILENCE;

  /** Sends one request, and resolves to the head of the answer. */
  const send = async (
    exchange: Exchange,
    url: string,
    credentials: string | undefined,
    attempt: Attempt,
    onPiece: () => void,
  ): Promise<Response> => {
    const { method, headers = {}, body } = exchange;
    const sending = pool.observing(
      (request) => attempt.isMadeBy(request),
      () =>
        client.customRequest('/', {
          method,
          // A path that is set as `url` is not touched; one passed as such is encoded in a way that can be escaped.
          url,
          headers: {
            ...headers,
            ...lengthOf(body),
            ...(credentials !== undefined && { Authorization: credentials }),
          },
          ...(body !== undefined && { data: dataOf(body, onPiece) }),
          signal: attempt.signal,
        }),
    );
    try {
      return (await sending) as unknown as Response;
    } catch (error) {
      // The client throws at a status from 400, with the response in the error. Here every answer is one.
      if (error instanceof Error && 'response' in error) return error.response as Response;
      throw attempt.failureOf(error);
    }
  };

  /** Waits for its turn, sends one request, and reads of the answer what is wanted. */
  const once = async (
    exchange: Exchange,
    url: string,
    credentials: string | undefined,
    signal: AbortSignal,
  ): Promise<Reply> => {
    const { wants, limit = SMALL_BODY, reader } = exchange;
    const slot = await slots.take(signal).catch(() => {
      throw new FailedAttempt({ ...GIVEN_UP, outcome: 'failed' });
    });
    const attempt = new Attempt(signal, clock, exchange);
    const silence = new Silence({
      clock,
      pauseMs: silenceMs * PAUSE,
      onPause: () => slot.stepAside(() => attempt.giveUp(SILENT)),
      silenceMs,
      onSilence: () => {
        // Whatever made this connection silent may have done so to those that idle.
        pool.dropIdle();
        attempt.giveUpForSilence();
      },
    });
    const end = (): void => {
      silence.end();
      slot.leave();
      attempt.end();
    };
    const heard = (): void => silence.heard();
    const failureOf = (error: unknown): FailedAttempt => attempt.failureOf(error);
    try {
      const { status, headers, body } = await send(exchange, url, credentials, attempt, heard);
      heard();
      const head = { status, url, header: (name: string) => headers.get(name) ?? undefined };
      if (status === 207 || (wants === 'content' && status === 200)) {
        const into = status === 207 ? reader?.() : undefined;
        return { ...head, ...(await readBody(body, { limit, reader: into, onPiece: heard, failureOf })) };
      }
      attempt.isAnswered = true;
      const rest = readBody(body, { limit: SMALL_BODY, onPiece: heard, failureOf }).finally(end);
      slot.leave();
      await graceFor(rest, clock);
      return { ...head, body: new Uint8Array(), cut: undefined };
    } finally {
      if (!attempt.isAnswered) end();
    }
  };

  /** Sends one request, again if the server asks for other credentials that we have. */
  const ask = async (exchange: Exchange, url: string, signal: AbortSignal): Promise<Reply> => {
    const request = { method: exchange.method, target: new URL(url).pathname };
    let reply = await once(exchange, url, authorization.header(request), signal);
    for (let renewals = 0; reply.status === 401 && renewals < MOST_RENEWALS; renewals++) {
      const renewed = authorization.renewed(reply.header('www-authenticate') ?? '', renewals, request);
      if (renewed === undefined) break;
      reply = await once(exchange, url, renewed, signal);
    }
    return reply;
  };

  return {
    exchange: (exchange, signal) => following(base, exchange.url, (url) => ask(exchange, url, signal)),
    close() {
      pool.destroy();
    },
  };
}

/** The client takes a Buffer as it is; it would send a plain Uint8Array as JSON. */
function dataOf(body: Uint8Array | string, onPiece: () => void): string | Buffer | Readable {
  if (typeof body === 'string') return body;
  const all = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  if (all.length <= PIECE) return all;
  return Readable.from(
    (function* () {
      for (let at = 0; at < all.length; at += PIECE) {
        onPiece();
        yield all.subarray(at, at + PIECE);
      }
    })(),
    { objectMode: false },
  );
}

/** Of a body that is sent piece by piece, which would go out as chunks else, and not every server takes those. */
function lengthOf(body: Uint8Array | string | undefined): Record<string, string> {
  return body !== undefined && typeof body !== 'string' && body.length > PIECE
    ? { 'Content-Length': String(body.length) }
    : {};
}
