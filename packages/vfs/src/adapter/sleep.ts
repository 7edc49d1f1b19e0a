import type { Clock } from '../contract/clock.js';
import { whenAborted } from './when-aborted.js';

/** Waits `ms` milliseconds. Rejects with the reason of `signal` when that aborts; then no timer is left. */
export function sleep(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted === true) return Promise.reject(signal.reason);
  return new Promise((resolve, reject) => {
    const timer = clock.schedule(() => {
      forget?.();
      resolve();
    }, ms);
    const onAbort = (): void => {
      timer.cancel();
      reject(signal?.reason);
    };
    const forget = signal === undefined ? undefined : whenAborted(signal, onAbort);
  });
}
