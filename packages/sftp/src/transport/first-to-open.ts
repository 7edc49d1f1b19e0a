import type { Clock } from '@holdfast/vfs';
import { FailedAttempt, failure } from '@holdfast/vfs/adapter';
import type { Link } from './link.js';

export interface FirstToOpenOptions {
  readonly clock: Clock;
  readonly secondAttemptMs: number;
  /** Cuts all attempts off. Aborted here once one of them has won. */
  readonly abort: AbortController;
}

/**
 * Opens a link. If that takes longer than `secondAttemptMs`, another attempt is made beside the first, and the faster of
 * them wins: a connection that got lost on its way need not hold everybody up for as long as a slow login may take.
 */
export function firstToOpen(
  dial: (signal: AbortSignal) => Promise<Link>,
  { clock, secondAttemptMs, abort }: FirstToOpenOptions,
): Promise<Link> {
  return new Promise((resolve, reject) => {
    let underWay = 0;
    let decided = false;
    const decide = (act: () => void): void => {
      decided = true;
      second.cancel();
      act();
      abort.abort(new FailedAttempt(SLOWER));
    };
    const start = (): void => {
      underWay++;
      dial(abort.signal).then(
        (link) => (decided ? link.end(new FailedAttempt(SLOWER)) : decide(() => resolve(link))),
        (error: unknown) => {
          underWay--;
          const isLast = underWay === 0 || (error instanceof FailedAttempt && !error.failure.retryable);
          if (!decided && isLast) decide(() => reject(error));
        },
      );
    };
    const second = clock.schedule(start, secondAttemptMs, { background: true });
    start();
  });
}

const SLOWER = failure('ECONN', { retryable: true, detail: 'another attempt to connect was faster' });
