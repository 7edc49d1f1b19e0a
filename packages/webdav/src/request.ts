import type { Clock } from '@holdfast/vfs';
import { isTransient, lossError, LostExchange, surelyUnsent } from './lost.js';
import { backOffMs, judge, pause, type Repeat } from './retry.js';
import type { About } from './status.js';
import type { Exchange, Reply, Transport } from './transport.js';

export interface Request extends Exchange {
  readonly repeat: Repeat;
}

/** The last answer to a request. */
export interface Answer extends Reply {
  /** A try before this one may have been carried out. */
  readonly doubt: boolean;
}

export interface RequesterSettings {
  readonly retries: number;
  readonly deadlineMs: number;
  readonly clock: Clock;
  /** Ends what waits for its next try. */
  readonly closing?: AbortSignal;
}

/** Sends a request, again where that is safe. Resolves to any answer there is; rejects with a `VFSError` if none. */
export type Requester = (request: Request, about: About, signal: AbortSignal | undefined) => Promise<Answer>;

/** Puts the retries before a transport. All of them together stay within the deadline of the call. */
export function makeRequester(transport: Transport, settings: RequesterSettings): Requester {
  const { retries, deadlineMs, clock, closing } = settings;
  return async (request, about, signal) => {
    const giveUpAt = clock.monotonic() + deadlineMs;
    let doubt = false;
    for (let n = 0; ; n++) {
      const attempt = await once(transport, request, signal);
      const next =
        attempt instanceof LostExchange ? judgeLoss(attempt, request) : judge(attempt, request.repeat, clock);
      if (next.again && n < retries) {
        const waitMs = next.waitMs ?? backOffMs(n);
        // No point in holding the caller for an answer that would come too late.
        if (clock.monotonic() + waitMs < giveUpAt) {
          doubt ||= next.doubt;
          await pause(waitMs, clock, [signal, closing]).catch((lost: LostExchange) => {
            throw lossError(lost, about, doubt);
          });
          continue;
        }
      }
      if (attempt instanceof LostExchange) throw lossError(attempt, about, doubt);
      return { ...attempt, doubt };
    }
  };
}

/** An answer to a read that is not whole is none: half a listing must never pass for a listing. */
async function once(
  transport: Transport,
  request: Request,
  signal: AbortSignal | undefined,
): Promise<Reply | LostExchange> {
  try {
    const reply = await transport.exchange(request, signal);
    return request.repeat === 'always' && reply.status < 300 ? (reply.cut ?? reply) : reply;
  } catch (error) {
    if (error instanceof LostExchange) return error;
    throw error;
  }
}

function judgeLoss(lost: LostExchange, { repeat }: Request): ReturnType<typeof judge> {
  const safe = repeat === 'always' || surelyUnsent(lost);
  return safe && isTransient(lost) ? { again: true, waitMs: undefined, doubt: false } : { again: false };
}
