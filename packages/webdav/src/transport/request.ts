import type { Clock } from '@holdfast/vfs';
import { Backoff, FailedAttempt, retry, sleep } from '@holdfast/vfs/adapter';
import { davError, GIVEN_UP, statusFailure, type About } from '../errors.js';
import type { Exchange, Reply, Transport } from './exchange.js';
import { retryAfterMs } from './retry-after.js';

/**
 * When a request may be sent once more.
 * - `read`: it changes nothing.
 * - `overwrite`: twice is as good as once (PUT), even if the first is still on its way.
 * - `remove`: twice is as good as once (DELETE), if it is known that the first is over.
 * - `once`: only if the first was surely not carried out (MKCOL: its success is the claim; MOVE).
 */
export type Repeat = 'read' | 'overwrite' | 'remove' | 'once';

export interface Request extends Omit<Exchange, 'wants' | 'isPatient'> {
  readonly repeat: Repeat;
}

/** The last answer to a request. */
export interface Answer extends Reply {
  /** A try before this one may have been carried out. */
  readonly isDoubtful: boolean;
}

export interface RequesterSettings {
  readonly retries: number;
  readonly deadlineMs: number;
  readonly clock: Clock;
  readonly random?: (() => number) | undefined;
}

/** Sends requests, each again where that is safe. */
export interface Requester {
  /** Resolves to any answer there is; rejects with a `VFSError` if there is none. */
  send(request: Request, about: About, signal: AbortSignal | undefined): Promise<Answer>;
  /** Waits before a request is repeated. Rejects with a `VFSError` if that is given up. */
  pause(ms: number, about: About, signal: AbortSignal | undefined): Promise<void>;
  /** Ends what is under way, and what waits for its next try. */
  close(): void;
}

/**
 * Puts the retries before a transport. All of them together stay within the deadline of the call, and all calls
 * together knock at a server that cannot be reached as often as one would.
 */
export function makeRequester(transport: Transport, settings: RequesterSettings): Requester {
  const { retries, deadlineMs, clock, random } = settings;
  const backoff = new Backoff({ clock, random, longestMs: 2000 });
  const underWay = new Set<AbortController>();
  let isClosed = false;

  /** Runs `work` with a signal that `signal` and `close` abort. */
  const abortable = async <T>(
    signal: AbortSignal | undefined,
    work: (inner: AbortSignal) => Promise<T>,
  ): Promise<T> => {
    const controller = new AbortController();
    const abort = (): void => controller.abort();
    if (isClosed || signal?.aborted === true) abort();
    signal?.addEventListener('abort', abort, { once: true });
    underWay.add(controller);
    try {
      return await work(controller.signal);
    } finally {
      signal?.removeEventListener('abort', abort);
      underWay.delete(controller);
    }
  };

  return {
    send: (request, about, signal) =>
      abortable(signal, async (inner) => {
        let answer: Reply | undefined;
        let isDoubtful = false;
        let mayHaveHappened = false;
        const attempt = async (): Promise<Reply> => {
          isDoubtful ||= mayHaveHappened;
          answer = undefined;
          const reply = await once(transport, request, inner);
          const failed = passingFailure(reply, request.repeat, clock);
          if (failed === undefined) return reply;
          answer = reply;
          throw failed;
        };
        const failureOf = (error: unknown): FailedAttempt => {
          if (!(error instanceof FailedAttempt)) throw error;
          mayHaveHappened = error.failure.outcome === 'unknown' && request.repeat !== 'read';
          // Whether the server is done with a DELETE that it did not answer, nobody can tell.
          const isOver = answer !== undefined || !mayHaveHappened;
          return request.repeat === 'remove' && !isOver
            ? new FailedAttempt({ ...error.failure, retryable: false }, { cause: error })
            : error;
        };
        try {
          const reply = await retry(attempt, {
            idempotent: request.repeat !== 'once',
            failureOf,
            attempts: retries + 1,
            deadlineMs,
            backoff,
            clock,
            random,
            signal: inner,
          });
          return { ...reply, isDoubtful };
        } catch (error) {
          // The last answer says more than that it was the last.
          if (answer !== undefined && !inner.aborted) return { ...answer, isDoubtful };
          throw failedCall(error, inner, about, isDoubtful || mayHaveHappened);
        }
      }),
    pause: (ms, about, signal) =>
      abortable(signal, async (inner) => {
        await sleep(clock, ms, inner).catch((error: unknown) => {
          throw failedCall(error, inner, about, true);
        });
      }),
    close() {
      isClosed = true;
      for (const controller of underWay) controller.abort();
    },
  };
}

/** An answer to a read that is not whole is none: half a listing must never pass for a listing. */
async function once(transport: Transport, request: Request, signal: AbortSignal): Promise<Reply> {
  const { repeat } = request;
  const reply = await transport.exchange(
    {
      ...request,
      wants: repeat === 'read' ? 'content' : 'status',
      isPatient: repeat === 'once' || repeat === 'remove',
    },
    signal,
  );
  if (repeat === 'read' && reply.status < 300 && reply.cut !== undefined) throw reply.cut;
  return reply;
}

/** What makes an answer worth another try. */
function passingFailure(reply: Reply, repeat: Repeat, clock: Clock): FailedAttempt | undefined {
  const waitMs = retryAfterMs(reply, clock);
  const isWorthIt = ((): boolean => {
    switch (reply.status) {
      case 429:
        return true;
      case 423:
        // Whoever holds that lock may do so for hours: only a server that names a time is worth the wait.
        return waitMs !== undefined;
      case 503:
        // A cache says this, with Retry-After, also of a backend that broke off in the middle of the request.
        return repeat === 'read' || (repeat !== 'once' && waitMs !== undefined);
      case 502:
      case 504:
        return repeat === 'read';
      default:
        return false;
    }
  })();
  if (!isWorthIt) return undefined;
  return new FailedAttempt({ ...statusFailure(reply.status), retryable: true }, { retryAfterMs: waitMs });
}

/** What a call is told that got no answer. `signal`: an abort while nothing is on its way comes as its reason. */
function failedCall(error: unknown, signal: AbortSignal, about: About, isDoubtful: boolean): unknown {
  if (error instanceof FailedAttempt) return davError(about, error, { isDoubtful, cause: error });
  if (!signal.aborted) return error;
  return davError(about, { ...GIVEN_UP, outcome: 'failed' }, { isDoubtful });
}
