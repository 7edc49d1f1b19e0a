import { isVFSError, type Clock } from '@holdfast/vfs';

/** Between tries, in milliseconds; the last one goes on. */
const PAUSES_MS = [20, 50, 100, 250, 500, 1_000];

/** Whether the same call may well succeed a moment later. On a VFS that was closed none ever does. */
export function isTransient(error: unknown): boolean {
  return isVFSError(error, 'ECONN', 'ETIMEDOUT', 'EBUSY', 'ECONFLICT', 'EIO') && !error.closed;
}

/**
 * Repeats `call`, which must be safe to repeat, until it succeeds, fails for good, or `forMs` milliseconds have passed.
 * A full disk may have room again, too. Time is the injected clock's, which is why no retry library does this.
 *
 * `failed`: the error of a first try that was made already.
 */
export async function retryUntil(
  call: () => Promise<void>,
  { clock, forMs, failed }: { readonly clock: Clock; readonly forMs: number; readonly failed?: unknown },
): Promise<void> {
  const startedAt = clock.monotonic();
  const mayRetry = (error: unknown, pauseMs: number): boolean =>
    (isTransient(error) || isVFSError(error, 'ENOSPC')) && clock.monotonic() - startedAt + pauseMs <= forMs;
  let tries = 0;
  if (failed !== undefined) {
    if (!mayRetry(failed, pauseAfter(tries))) throw failed;
    await pause(clock, pauseAfter(tries++));
  }
  for (; ; tries++) {
    try {
      return await call();
    } catch (error) {
      if (!mayRetry(error, pauseAfter(tries))) throw error;
      await pause(clock, pauseAfter(tries));
    }
  }
}

/** Milliseconds to wait after so many failures in a row. */
export function pauseAfter(tries: number): number {
  return PAUSES_MS[Math.min(tries, PAUSES_MS.length - 1)] ?? 0;
}

/** More promises than lie between what settles an `acquire` and the code that waited for it. */
const HOPS = 8;

/** Does `work` within the same turn of the event loop, but after the code that waits for what is being settled now. */
export function afterCaller(work: () => void): void {
  const hop = async (): Promise<void> => {
    for (let left = HOPS; left > 0; left--) await Promise.resolve();
    work();
  };
  detach(hop());
}

export function pause(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => clock.schedule(resolve, ms));
}

/** Waits until `work` has settled, but not longer than `atMostMs`. Leaves no timer behind. */
export function waitAtMost(clock: Clock, atMostMs: number, work: Promise<unknown>): Promise<void> {
  return new Promise((resolve) => {
    const timer = clock.schedule(resolve, atMostMs);
    const end = (): void => {
      timer.cancel();
      resolve();
    };
    work.then(end, end);
  });
}

/** Runs `work` unawaited and swallows its rejection: it has reported its failures itself. */
export function detach(work: Promise<unknown>): void {
  work.catch(() => undefined);
}
