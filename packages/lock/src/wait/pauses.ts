import type { Settings } from '../options.js';
import type { Cancellation } from '../time/index.js';
import type { Judgement } from './way.js';

/**
 * The pauses of a waiter between two looks. Who is next in line looks often, the others the more rarely the further back
 * they are, and at least twice a window.
 */
export class Pauses {
  readonly #settings: Settings;
  #delayMs: number;
  /** Something happened since the last pause: the look that was under way may have missed it. */
  #called = false;
  #end: (() => void) | undefined;

  constructor(settings: Settings) {
    this.#settings = settings;
    this.#delayMs = settings.firstPollMs;
  }

  /** Ends the pause, or lets the next one not begin. */
  wake(): void {
    this.#called = true;
    this.#end?.();
  }

  /** Short pauses again: something has changed. */
  reset(): void {
    this.#delayMs = this.#settings.firstPollMs;
  }

  /**
   * Pauses until it is time to look again. Rejects if the caller leaves.
   *
   * @param told whether a change is told of: by the storage, so that there is no need to look often, or by this very
   * process, whose claims all of those in the way are, so that to look would be waste
   */
  async untilNextLook(
    judgement: Judgement,
    cancellation: Cancellation,
    told: 'by the storage' | 'by this process' | undefined,
  ): Promise<void> {
    const { pollMs, random } = this.#settings;
    const base = told === undefined ? this.#delayMs : told === 'by the storage' ? pollMs : Infinity;
    this.#delayMs = Math.min(this.#delayMs * 1.6, pollMs);
    const { ahead } = judgement;
    // Of a hundred who are told of changes, those far back need not look for what they may have missed.
    const usual = base * (told === 'by the storage' ? ahead ** 2 : ahead) * (0.7 + 0.6 * random());
    await this.pause(Math.min(usual, judgement.windowMs / 2, judgement.remainingMs), cancellation);
  }

  async pause(ms: number, cancellation: Cancellation): Promise<void> {
    if (!this.#called) {
      // Below a millisecond, rounding alone would decide whether time goes on.
      const timer = this.#settings.clock.schedule(() => this.#end?.(), Math.max(ms, 1));
      try {
        await cancellation.race(new Promise<void>((resolve) => (this.#end = resolve)));
      } finally {
        timer.cancel();
        this.#end = undefined;
      }
    }
    this.#called = false;
  }
}
