import type { Clock } from '../contract/clock.js';
import { whenAborted } from './when-aborted.js';

export interface BackoffOptions {
  readonly clock: Clock;
  /** From 0 up to 1: spreads those who failed together, so that they do not come back together. Default `Math.random`. */
  readonly random?: (() => number) | undefined;
  /** Milliseconds after the first failure; doubled after each further one. Default 100. */
  readonly firstMs?: number | undefined;
  /** Milliseconds that are never exceeded. Default 5000. */
  readonly longestMs?: number | undefined;
}

/** An attempt to reach the storage. Its end is told by exactly one of the two. */
export interface Attempt {
  /** The storage answered, if only to refuse. */
  reached(): void;
  /** It could not be reached. */
  missed(): void;
}

/** The pause after so many failures in a row, in milliseconds: doubling, and spread between half of it and all of it. */
export function backoffMs(
  failures: number,
  { random = Math.random, firstMs = 100, longestMs = 5000 }: Omit<BackoffOptions, 'clock'> = {},
): number {
  if (failures === 0) return 0;
  return Math.min(firstMs * 2 ** Math.min(failures - 1, 30), longestMs) * (0.5 + random() / 2);
}

/**
 * What all calls of one VFS share while its storage cannot be reached: then one of them at a time tries, after a pause
 * that grows, and as soon as one gets through all go on. So a thousand locks knock as often as one does.
 */
export class Backoff {
  readonly #options: BackoffOptions;
  /** Failures in a row. Those of attempts that were under way together count as one. */
  #failures = 0;
  /** The moment before which nobody tries. */
  #notBefore = -Infinity;
  /** Each ends the pause of one who waits. */
  readonly #waiting = new Set<() => void>();

  constructor(options: BackoffOptions) {
    this.#options = options;
  }

  /** Resolves when an attempt may be made: at once while all is well. Rejects with the reason of `signal`. */
  async begin(signal?: AbortSignal): Promise<Attempt> {
    for (;;) {
      signal?.throwIfAborted();
      const now = this.#options.clock.monotonic();
      if (this.#failures === 0) return this.#attempt();
      if (now >= this.#notBefore) {
        // This one tries. The next has its turn after a pause even if nothing is ever heard of this attempt.
        this.#notBefore = now + backoffMs(this.#failures, this.#options);
        return this.#attempt();
      }
      await this.#pause(this.#notBefore - now, signal);
    }
  }

  #attempt(): Attempt {
    const failuresBefore = this.#failures;
    return {
      reached: () => {
        this.#failures = 0;
        for (const end of this.#waiting) end();
      },
      missed: () => {
        if (this.#failures !== failuresBefore) return;
        this.#failures++;
        this.#notBefore = this.#options.clock.monotonic() + backoffMs(this.#failures, this.#options);
      },
    };
  }

  #pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        timer.cancel();
        forget?.();
        this.#waiting.delete(end);
        resolve();
      };
      const timer = this.#options.clock.schedule(end, ms);
      const forget = signal === undefined ? undefined : whenAborted(signal, end);
      this.#waiting.add(end);
    });
  }
}
