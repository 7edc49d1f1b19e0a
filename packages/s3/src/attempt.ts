import type { Clock } from '@holdfast/vfs';
import { BY_KIND, failureOf, S3Failure, type Row } from './errors.js';

export interface AttemptOptions {
  readonly signal: AbortSignal | undefined;
  /** Aborts when the VFS is closed. */
  readonly closed: AbortSignal;
  readonly attemptMs: number;
  readonly clock: Clock;
}

/**
 * Sends one request, and gives it up after `attemptMs`: the SDK has no deadline of its own. Giving up closes the
 * connection, so that the next attempt goes over a new one.
 *
 * @throws `S3Failure`
 */
export async function attempt<T>(
  send: (signal: AbortSignal) => Promise<T>,
  { signal, closed, attemptMs, clock }: AttemptOptions,
): Promise<T> {
  if (signal?.aborted === true || closed.aborted) throw new S3Failure({ ...ABORTED, effect: 'none' });
  const controller = new AbortController();
  return new Promise<T>((resolve, reject) => {
    const end = (): void => {
      timer.cancel();
      signal?.removeEventListener('abort', onAbort);
      closed.removeEventListener('abort', onAbort);
    };
    // The SDK is told to stop, but not relied on to do so.
    const giveUp = (row: Row): void => {
      end();
      reject(new S3Failure(row));
      controller.abort();
    };
    const onAbort = (): void => giveUp(ABORTED);
    const timer = clock.schedule(() => giveUp(TOO_LATE), attemptMs);
    signal?.addEventListener('abort', onAbort, { once: true });
    closed.addEventListener('abort', onAbort, { once: true });
    send(controller.signal)
      .finally(end)
      .then(resolve, (error: unknown) => reject(failureOf(error)));
  });
}

const ABORTED = BY_KIND['AbortError'] as Row;
const TOO_LATE = BY_KIND['AttemptTimeout'] as Row;
