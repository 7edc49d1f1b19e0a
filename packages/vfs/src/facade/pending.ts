import type { Clock, Timer } from '../contract/clock.js';
import type { Answer } from './driver.js';
import { whenAborted } from '../adapter/when-aborted.js';
import { outcomeOfSilence, VFSError, type Operation } from '../errors/error.js';

export interface Limits {
  readonly signal: AbortSignal | undefined;
  /** Milliseconds; `Infinity` for none. */
  readonly deadlineMs: number;
  readonly clock: Clock;
  /** What to name in the error of a passed deadline. */
  readonly about: { readonly op: Operation; readonly path: string; readonly adapter: string };
  /** Whose answer is waited for, where that is one of several: host and port. */
  readonly server?: string | undefined;
}

/**
 * Runs `start` for as long as its caller is willing to wait.
 *
 * The caller is let go at an abort or at the deadline even if `start` ignores its signal; what becomes of the call
 * then can be seen only through the `settled` promise of the error. What answers at once is handed on as it is.
 */
export function pending<T>(
  start: (signal: AbortSignal | undefined) => Answer<T>,
  { signal, deadlineMs, clock, about, server }: Limits,
): Answer<T> {
  if (signal?.aborted === true) return Promise.reject(signal.reason);
  if (deadlineMs === Infinity) {
    const call = start(signal);
    return signal === undefined || !isPromise(call) ? call : untilAborted(call, signal);
  }

  const controller = new AbortController();
  const call = start(controller.signal);
  if (!isPromise(call)) return call;
  return new Promise<T>((resolve, reject) => {
    const end = (): void => {
      timer.cancel();
      forget?.();
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
        detail: `no answer within ${deadlineMs} ms${server === undefined ? '' : ` (${server})`}`,
        settled: call.then(() => undefined),
      });
    const onAbort = (): void => giveUp(signal?.reason);
    const onDeadline = (): void => {
      // After a stall of the process the timer comes before an answer that has long arrived. It gets one more turn of
      // the event loop, in which such an answer is read.
      timer = clock.schedule(() => giveUp(deadlineError()), 0);
    };

    let forget: (() => void) | undefined;
    let timer: Timer = clock.schedule(onDeadline, deadlineMs);
    call.then(resolve, reject).finally(end);
    // Aborted from within the call: the event has passed.
    if (signal?.aborted === true) onAbort();
    else if (signal !== undefined) forget = whenAborted(signal, onAbort);
  });
}

function untilAborted<T>(call: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason);
    if (signal.aborted) onAbort();
    const forget = signal.aborted ? undefined : whenAborted(signal, onAbort);
    call.then(resolve, reject).finally(forget);
  });
}

/** Whether an answer is still to come. */
export function isPromise<T>(answer: Answer<T>): answer is Promise<T> {
  return (
    typeof answer === 'object' && answer !== null && 'then' in answer && typeof answer.then === 'function'
  );
}
