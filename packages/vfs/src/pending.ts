import type { Clock, Timer } from './clock.js';
import { outcomeOfSilence, VFSError, type Operation } from './error.js';

export interface Limits {
  readonly signal: AbortSignal | undefined;
  /** Milliseconds; `Infinity` for none. */
  readonly deadlineMs: number;
  readonly clock: Clock;
  /** What to name in the error of a passed deadline. */
  readonly about: { readonly op: Operation; readonly path: string; readonly adapter: string };
}

/**
 * Runs `start` for as long as its caller is willing to wait.
 *
 * The caller is let go at an abort or at the deadline even if `start` ignores its signal; what becomes of the call
 * then can be seen only through the `settled` promise of the error.
 */
export function pending<T>(
  start: (signal: AbortSignal | undefined) => Promise<T>,
  { signal, deadlineMs, clock, about }: Limits,
): Promise<T> {
  if (signal?.aborted === true) return Promise.reject(signal.reason);
  if (signal === undefined && deadlineMs === Infinity) return start(undefined);

  return new Promise<T>((resolve, reject) => {
    const controller = new AbortController();
    let timer: Timer | undefined;
    const end = (): void => {
      timer?.cancel();
      signal?.removeEventListener('abort', onAbort);
    };
    const giveUp = (reason: unknown): void => {
      end();
      reject(reason);
      controller.abort(reason);
    };
    const deadlineError = (): VFSError =>
      new VFSError({
        code: 'ETIMEDOUT',
        ...about,
        outcome: outcomeOfSilence(about.op),
        detail: `no answer within ${deadlineMs} ms`,
        settled: call.then(() => undefined),
      });
    const onAbort = (): void => giveUp(signal?.reason);

    const call = start(controller.signal);
    call.then(resolve, reject).finally(end);
    if (signal?.aborted === true) {
      // Aborted from within the call; the event has passed.
      onAbort();
      return;
    }
    signal?.addEventListener('abort', onAbort, { once: true });
    if (deadlineMs !== Infinity) {
      timer = clock.schedule(() => giveUp(deadlineError()), deadlineMs);
    }
  });
}
