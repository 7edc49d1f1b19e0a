import type { Clock } from '@holdfast/vfs';
import { failureOf } from './errors.js';

/** Most times that one request is sent. */
export const TRIES = 4;
const FIRST_PAUSE_MS = 100;

export interface AgainOptions {
  readonly signal: AbortSignal | undefined;
  readonly clock: Clock;
}

/**
 * Sends a request that may be repeated: a read, or a change that comes to the same whether it is made once or twice.
 * The SDK's own retries are off, so that this is the only place where requests are repeated.
 *
 * @throws `S3Failure`, the last one; its effect is `maybe` if that of any attempt was
 */
export async function again<T>(send: () => Promise<T>, { signal, clock }: AgainOptions): Promise<T> {
  let doubt = false;
  for (let tries = 1; ; tries += 1) {
    try {
      return await send();
    } catch (error) {
      const failure = failureOf(error);
      doubt ||= failure.row.effect === 'maybe';
      if (!failure.row.again || tries === TRIES || signal?.aborted === true)
        throw doubt ? failure.inDoubt() : failure;
      await pause(tries, { signal, clock });
    }
  }
}

/** Waits before attempt `tries + 1`: a random part of a time that doubles, so that rivals do not meet again. */
export function pause(tries: number, { signal, clock }: AgainOptions): Promise<void> {
  if (signal?.aborted === true) return Promise.resolve();
  return new Promise((resolve) => {
    const end = (): void => {
      timer.cancel();
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = clock.schedule(end, FIRST_PAUSE_MS * 2 ** (tries - 1) * (0.5 + Math.random() / 2));
    signal?.addEventListener('abort', end, { once: true });
  });
}
