import type { Grant } from './contender.js';
import type { LedgerNumber, LedgerView } from './ledger.js';
import type { Settings } from './options.js';
import { isTransient, within } from './persistence.js';
import type { Place } from './place.js';

/** With more old numbers than this, they are removed at once; with fewer, once the lease has lasted a while. */
const TOO_MANY = 4;

/** How long a release waits for a removal, in milliseconds. */
const PATIENCE_MS = 250;

/**
 * Removes what earlier claims left behind. Rule 3: only below the predecessor of a confirmed claim, oldest first, so
 * that no number can come back as the highest and no listing, however slowly read, misses both of the last two.
 */
export class Sweep {
  readonly #place: Place;
  readonly #settings: Settings;
  readonly #token: number;
  readonly #view: LedgerView;
  readonly #mayGoOn: () => boolean;
  #running: Promise<void> | undefined;
  #stopped = false;

  /**
   * @param view the look that confirmed the claim of `token`
   * @param held whether the lease still holds; asked before each removal, since the process may have stood still
   */
  constructor(place: Place, settings: Settings, { token, view }: Grant, held: () => boolean) {
    this.#place = place;
    this.#settings = settings;
    this.#token = token;
    this.#view = view;
    this.#mayGoOn = () => !this.#stopped && held();
  }

  /** Whether there is so much to remove that it should not wait. */
  get urgent(): boolean {
    return this.#view.numbers.size > TOO_MANY;
  }

  /** Begins, once, in the background. */
  start(): void {
    if (!this.#stopped) this.#running ??= this.#sweep();
  }

  /** Begins nothing more. */
  stop(): void {
    this.#stopped = true;
  }

  /**
   * Waits for the removal that is under way, so that many short leases remove as much as they leave. Not for long: it
   * may hang, and touches old numbers only.
   */
  async idle(): Promise<void> {
    if (this.#running !== undefined) await within(this.#settings.clock, PATIENCE_MS, this.#running);
  }

  async #sweep(): Promise<void> {
    const { ledger } = this.#place;
    for (const number of this.#old()) {
      if (!this.#mayGoOn()) return;
      await this.#attempt(() => ledger.erase(number));
    }
    for (const name of this.#view.leftovers) {
      if (!this.#mayGoOn()) return;
      await this.#attempt(() => ledger.eraseLeftover(name));
    }
  }

  /** Below the predecessor, oldest first, without what stays for ever. */
  #old(): LedgerNumber[] {
    return [...this.#view.numbers.values()]
      .filter(({ token }) => token < this.#token - 1)
      .filter(
        ({ token, claim, beat, beats }) =>
          token > 1 || claim !== undefined || beat !== undefined || beats.length > 0,
      )
      .sort((a, b) => a.token - b.token);
  }

  /** What cannot be removed now may be by the next holder; it must not keep the rest from being removed. */
  async #attempt(removal: () => Promise<void>): Promise<void> {
    try {
      await removal();
    } catch (error) {
      if (this.#stopped) return;
      this.#settings.emit({ type: 'storage-error', during: 'cleanup', error });
      if (isTransient(error)) this.#stopped = true;
    }
  }
}
