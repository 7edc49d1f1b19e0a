import type { Clock } from '@holdfast/vfs';
import { GIVEN_UP, LostExchange } from './lost.js';
import type { Reply } from './transport.js';

/**
 * When a request may be sent once more.
 * - `always`: it changes nothing.
 * - `same-effect`: twice is as good as once (PUT, DELETE), if it is known that the first is over.
 * - `refused`: only if the first was surely not carried out (MKCOL: its success is the claim; MOVE).
 */
export type Repeat = 'always' | 'same-effect' | 'refused';

/** What an answer leaves to do. `doubt`: the request may have been carried out all the same. */
export type Verdict =
  | { readonly again: false }
  | { readonly again: true; readonly waitMs: number | undefined; readonly doubt: boolean };

const FINAL: Verdict = { again: false };

/** Judges an answer. `waitMs` is what the server asked for. */
export function judge(reply: Reply, repeat: Repeat, clock: Clock): Verdict {
  const waitMs = retryAfterMs(reply, clock);
  switch (reply.status) {
    case 429:
      return { again: true, waitMs, doubt: false };
    case 423:
      // Whoever holds that lock may do so for hours: only a server that names a time is worth the wait.
      return waitMs === undefined ? FINAL : { again: true, waitMs, doubt: false };
    case 503:
      // A cache says this, with Retry-After, also of a backend that broke off in the middle of the request.
      if (repeat === 'always') return { again: true, waitMs, doubt: false };
      return repeat === 'same-effect' && waitMs !== undefined ? { again: true, waitMs, doubt: true } : FINAL;
    case 502:
    case 504:
      return repeat === 'always' ? { again: true, waitMs, doubt: false } : FINAL;
    default:
      return FINAL;
  }
}

/** Retry-After in milliseconds: so many seconds, or a date by the server's own clock. */
export function retryAfterMs(reply: Reply, clock: Clock): number | undefined {
  const value = reply.header('retry-after')?.trim();
  if (value === undefined || value === '') return undefined;
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1000;
  const at = Date.parse(value);
  if (Number.isNaN(at)) return undefined;
  const now = Date.parse(reply.header('date') ?? '');
  return Math.max(0, at - (Number.isNaN(now) ? clock.wall() : now));
}

const FIRST_MS = 100;
const LONGEST_MS = 2000;

/** The pause before try `n` + 1: doubling, and spread, so that those who failed together do not come back together. */
export function backOffMs(n: number, random: () => number = Math.random): number {
  return Math.min(FIRST_MS * 2 ** n, LONGEST_MS) * (0.5 + random() / 2);
}

/** Waits `ms` milliseconds; an abort of any of `signals` ends it with a {@link LostExchange} that was never sent. */
export function pause(
  ms: number,
  clock: Clock,
  signals: readonly (AbortSignal | undefined)[],
): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (): void => {
      timer.cancel();
      for (const signal of signals) signal?.removeEventListener('abort', giveUp);
    };
    const giveUp = (): void => {
      end();
      reject(new LostExchange(GIVEN_UP, false));
    };
    const timer = clock.schedule(() => {
      end();
      resolve();
    }, ms);
    for (const signal of signals) {
      if (signal?.aborted === true) giveUp();
      else signal?.addEventListener('abort', giveUp, { once: true });
    }
  });
}
