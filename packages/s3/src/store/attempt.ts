import type { Clock, Timer } from '@holdfast/vfs';
import { FailedAttempt, whenAborted, type Failure } from '@holdfast/vfs/adapter';
import { failureOf } from '../errors.js';
import { ABORTED, TIMED_OUT } from './failures.js';

export interface AttemptOptions {
  readonly signal: AbortSignal | undefined;
  /** Aborts when the VFS is closed. */
  readonly closed: AbortSignal;
  /** Longest wait for the next sign of life: bytes that move, either way. */
  readonly silenceMs: number;
  /** Longest wait for all of it. */
  readonly longestMs: number;
  readonly clock: Clock;
  /** Called when nothing was heard for a second, and when it is given up without a word. */
  readonly onSilence: () => void;
}

/** Most answers come sooner. After that the wait may be long, and the connection dead. */
const SUSPICIOUS_MS = 1_000;

/**
 * Sends one request, and gives it up when the server stays silent: the SDK has no deadline of its own. A slow transfer
 * goes on as long as it moves. Giving up closes the connection, so that the next attempt goes over a new one.
 *
 * @throws `FailedAttempt`
 */
export async function attempt<T>(
  send: (signal: AbortSignal, progress: () => void) => Promise<T>,
  { signal, closed, silenceMs, longestMs, clock, onSilence }: AttemptOptions,
): Promise<T> {
  if (signal?.aborted === true || closed.aborted) throw new FailedAttempt({ ...ABORTED, outcome: 'failed' });
  const controller = new AbortController();
  return new Promise<T>((resolve, reject) => {
    let moved = false;
    const startedAt = clock.monotonic();
    const end = (): void => {
      timer.cancel();
      suspicion.cancel();
      for (const forget of forgets) forget?.();
    };
    // The SDK is told to stop, but not relied on to do so.
    const giveUp = (failure: Failure): void => {
      end();
      if (!moved) onSilence();
      reject(new FailedAttempt(failure));
      controller.abort();
    };
    const onAbort = (): void => giveUp(ABORTED);
    const listen = (): Timer => {
      moved = false;
      const leftMs = longestMs - (clock.monotonic() - startedAt);
      return clock.schedule(onTimer, Math.max(0, Math.min(silenceMs, leftMs)));
    };
    const onTimer = (): void => {
      // After a stall of this process the timer comes before an answer that arrived in time. One more turn of the
      // event loop lets that be read.
      timer = clock.schedule(() => {
        const isOver = clock.monotonic() - startedAt >= longestMs;
        if (moved && !isOver) timer = listen();
        else giveUp(TIMED_OUT);
      }, 0);
    };
    let timer = listen();
    const suspicion = clock.schedule(() => {
      if (!moved) onSilence();
    }, SUSPICIOUS_MS);
    const forgets = [signal, closed].map((given) => given && whenAborted(given, onAbort));
    send(controller.signal, () => (moved = true))
      .finally(end)
      .then(resolve, (error: unknown) => reject(failureOf(error)));
  });
}
