import type { Clock } from '../contract/clock.js';
import { backoffMs, type Backoff } from './backoff.js';
import type { FailedAttempt } from './failure.js';
import { sleep } from './sleep.js';

export interface RetryOptions {
  /**
   * Whether the call comes to the same whether it is made once or twice: a read, or writing the same again. Otherwise
   * it is repeated only where the attempt before surely had no effect.
   */
  readonly idempotent: boolean;
  /** What an attempt that threw comes to. */
  readonly failureOf: (error: unknown) => FailedAttempt;
  /** Most attempts. Default 4. */
  readonly attempts?: number | undefined;
  /** Milliseconds of the whole call, after which no attempt is begun. Default: none. */
  readonly deadlineMs?: number | undefined;
  /** Shared by all calls of the VFS, for the time that its storage cannot be reached. */
  readonly backoff?: Backoff | undefined;
  readonly clock: Clock;
  /** From 0 up to 1. Default `Math.random`. */
  readonly random?: (() => number) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Makes `attempt` until it succeeds, as often as that is safe and makes sense.
 *
 * @throws `FailedAttempt`, the last one; its outcome is `unknown` if that of any attempt was. Or the reason of `signal`,
 *   if it aborts while nothing is under way
 */
export async function retry<T>(attempt: () => Promise<T>, options: RetryOptions): Promise<T> {
  const { idempotent, failureOf, backoff, clock, random, signal } = options;
  const { attempts = 4, deadlineMs = Infinity } = options;
  const endsAt = clock.monotonic() + deadlineMs;
  let doubt = false;
  for (let made = 1; ; made++) {
    const under = await backoff?.begin(signal);
    let failed: FailedAttempt;
    try {
      const result = await attempt();
      under?.reached();
      return result;
    } catch (error) {
      failed = failureOf(error);
    }
    const { code, outcome, retryable } = failed.failure;
    if (code === 'ECONN' && retryable) under?.missed();
    else if (code !== 'ETIMEDOUT') under?.reached();
    doubt ||= outcome === 'unknown';
    const waitMs = failed.retryAfterMs ?? backoffMs(made, { random, longestMs: 2000 });
    if (
      !retryable ||
      (doubt && !idempotent) ||
      made >= attempts ||
      signal?.aborted === true ||
      clock.monotonic() + waitMs >= endsAt
    ) {
      throw doubt ? failed.inDoubt() : failed;
    }
    await sleep(clock, waitMs, signal);
  }
}
