import { isVFSError, type Watcher } from '@holdfast/vfs';
import type { Settings } from './options.js';
import type { Patience } from './patience.js';
import type { Place } from './place.js';

/** How long the wait for a lease of this process goes on without a look, in milliseconds. */
const OURS_MS = 60_000;

/**
 * The pauses of one waiting contender between two looks: short at first, growing, jittered, and cut short by a
 * release in this process or by a `watch` event.
 */
export class Wait {
  readonly #place: Place;
  readonly #settings: Settings;
  #delayMs: number;
  #watcher: Watcher | undefined;
  #watching = false;
  #closed = false;
  /** This process has released since the last pause: the look that was under way may have missed it. */
  #called = false;
  /** A change was seen since the last look. */
  #changed = false;
  #wake: (() => void) | undefined;
  #onChange: (() => void) | undefined;
  readonly #stopListening: () => void;

  constructor(place: Place, settings: Settings) {
    this.#place = place;
    this.#settings = settings;
    this.#delayMs = settings.firstPollMs;
    this.#stopListening = place.queue.onWake(() => {
      this.#called = true;
      this.#wake?.();
    });
  }

  /** Short pauses again: something has happened. */
  reset(): void {
    this.#delayMs = this.#settings.firstPollMs;
  }

  /**
   * Pauses until it is time to look again, at the latest after `atMostMs`. Rejects when `patience` ends.
   *
   * @param forOurs pause for as long as a lease of this very process holds the lock: it tells of its end itself, and to
   * ask the storage meanwhile would be waste
   */
  async pause(
    atMostMs: number,
    patience: Patience,
    { forOurs = false }: { forOurs?: boolean } = {},
  ): Promise<void> {
    this.#watch();
    if (this.#called) {
      this.#called = false;
      return;
    }
    const { clock, firstPollMs, pollMs, random } = this.#settings;
    const ours = forOurs && this.#place.holder?.held === true;
    // Below a millisecond, rounding alone would decide whether time goes on.
    const delayMs = Math.min(this.#delayMs * (0.7 + 0.6 * random()), Math.max(atMostMs, 1));
    this.#delayMs = Math.min(this.#delayMs * 1.6, pollMs);
    // Events come in bursts; one look a burst is enough.
    const soonMs = Math.min(firstPollMs * random(), delayMs);
    // Even for ours: something must keep the process alive that waits.
    const pauseMs = ours ? OURS_MS : this.#changed ? soonMs : delayMs;
    let timer = clock.schedule(() => this.#wake?.(), pauseMs);
    let early = this.#changed;
    const woken = new Promise<void>((resolve) => {
      this.#wake = resolve;
      this.#onChange = (): void => {
        if (ours || early) return;
        early = true;
        timer.cancel();
        timer = clock.schedule(resolve, soonMs);
      };
    });
    try {
      await patience.race(woken);
    } finally {
      timer.cancel();
      this.#wake = undefined;
      this.#onChange = undefined;
      this.#changed = false;
      this.#called = false;
    }
  }

  close(): void {
    this.#closed = true;
    this.#stopListening();
    this.#watcher?.close();
  }

  /** Begins to watch, where the storage can. A hint that is missing costs latency only, so a failure is no matter. */
  #watch(): void {
    const { vfs, path } = this.#place.ledger;
    if (this.#watching || !vfs.capabilities.watch) return;
    this.#watching = true;
    const onChange = (): void => {
      this.#changed = true;
      this.#onChange?.();
    };
    vfs.watch(path, onChange).then(
      (watcher) => {
        this.#watcher = watcher;
        if (this.#closed) watcher.close();
        else onChange(); // What happened before the watch began may have gone unseen.
      },
      (error: unknown) => {
        if (!isVFSError(error, 'ENOENT'))
          this.#settings.emit({ type: 'storage-error', during: 'acquire', error });
      },
    );
  }
}
