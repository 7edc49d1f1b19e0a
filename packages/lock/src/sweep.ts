import type { LedgerView } from './ledger.js';
import type { Settings } from './options.js';
import type { Place } from './place.js';

/** With more old numbers than this, they are removed at once; with fewer, once the lease has lasted a while. */
const TOO_MANY = 4;

/**
 * Removes what earlier claims left behind. Rule 3: only below the predecessor of a confirmed claim, oldest first, so
 * that no number can come back as the highest and no listing, however slowly read, misses both of the last two.
 */
export class Sweep {
  readonly #place: Place;
  readonly #settings: Settings;
  readonly #token: number;
  readonly #view: LedgerView;
  #running: Promise<void> | undefined;
  #stopped = false;

  /** @param view the look that confirmed the claim of `token` */
  constructor(place: Place, settings: Settings, token: number, view: LedgerView) {
    this.#place = place;
    this.#settings = settings;
    this.#token = token;
    this.#view = view;
  }

  /** Whether there is so much to remove that it should not wait. */
  get urgent(): boolean {
    return this.#view.numbers.size > TOO_MANY;
  }

  /** Begins, once, in the background. */
  start(): void {
    if (!this.#stopped) this.#running ??= this.#sweep();
  }

  /** Begins nothing more, and waits for the removal that is under way. Never rejects. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }

  async #sweep(): Promise<void> {
    const { ledger } = this.#place;
    const old = [...this.#view.numbers.values()]
      .filter(({ token }) => token < this.#token - 1)
      .sort((a, b) => a.token - b.token);
    try {
      for (const number of old) {
        if (this.#stopped) return;
        await ledger.erase(number);
      }
      for (const name of this.#view.leftovers) {
        if (this.#stopped) return;
        await ledger.eraseLeftover(name);
      }
    } catch (error) {
      // The next holder tries again.
      this.#settings.emit({ type: 'storage-error', during: 'cleanup', error });
    }
  }
}
