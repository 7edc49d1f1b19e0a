import { isVFSError, type Clock } from '@holdfast/vfs';

/** Between tries, in milliseconds; the last one goes on. */
const PAUSES_MS = [20, 50, 100, 250, 500, 1_000];

/** Whether the same call may well succeed a moment later. */
export function isTransient(error: unknown): boolean {
  return isVFSError(error, 'ECONN', 'ETIMEDOUT', 'EBUSY', 'ECONFLICT', 'EIO');
}

/**
 * Repeats `call`, which must be safe to repeat, until it succeeds, fails for good, or `patienceMs` have passed.
 * Time is the injected clock's, which is why no retry library does this.
 */
export async function untilDone(
  call: () => Promise<void>,
  { clock, patienceMs }: { clock: Clock; patienceMs: number },
): Promise<void> {
  const startedAt = clock.monotonic();
  for (let tries = 0; ; tries++) {
    try {
      return await call();
    } catch (error) {
      const pauseMs = pauseAfter(tries);
      if (!isTransient(error) || clock.monotonic() - startedAt + pauseMs > patienceMs) throw error;
      await pause(clock, pauseMs);
    }
  }
}

export function pauseAfter(tries: number): number {
  return PAUSES_MS[Math.min(tries, PAUSES_MS.length - 1)] ?? 0;
}

export function pause(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => clock.schedule(resolve, ms));
}

/** Waits for `work`, which reports its own failures, but not longer than `patienceMs`. Leaves no timer behind. */
export function within(clock: Clock, patienceMs: number, work: Promise<void>): Promise<void> {
  return new Promise((resolve) => {
    const timer = clock.schedule(resolve, patienceMs);
    const end = (): void => {
      timer.cancel();
      resolve();
    };
    work.then(end, end);
  });
}

/** Lets work go on that reports its own failures. */
export function proceed(work: Promise<void>): void {
  work.catch(() => undefined);
}
