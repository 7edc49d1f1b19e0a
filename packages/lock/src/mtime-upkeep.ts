import type { VFS } from '@holdfast/vfs';
import type { LedgerView } from './ledger.js';
import { isTransient } from './persistence.js';
import type { Place } from './place.js';

/** Whether a rewrite moves the mtime, as seen once on each storage. */
const rewriteMoves = new WeakMap<VFS, boolean>();

/**
 * Keeps the mtime of a beat file true where a rewrite does not move it. No verdict rests on it: it is for people, and
 * for tools that look at mtimes.
 */
export class MtimeUpkeep {
  readonly #place: Place;
  readonly #token: number;
  #first: { readonly mtimeMs: number; readonly at: number } | undefined;
  #unmoved = 0;
  /** Times cannot be set here, although the storage says so. */
  #refused = false;

  constructor(place: Place, token: number) {
    this.#place = place;
    this.#token = token;
  }

  /**
   * To be called after each beat that succeeded.
   *
   * @param view a look from about that time, where there was one
   * @param wall the time to set
   */
  async afterBeat(view: LedgerView | undefined, wall: number): Promise<void> {
    const { vfs } = this.#place.ledger;
    if (!vfs.capabilities.chtimes) return;
    const moves = rewriteMoves.get(vfs) ?? (await this.#find(view, wall));
    if (moves !== false || this.#refused) return;
    try {
      await this.#place.ledger.touchBeat(this.#token, new Date(wall));
    } catch (error) {
      this.#refused = !isTransient(error);
      throw error;
    }
  }

  /** Compares the mtimes of two beats that lie far enough apart for the storage to tell them apart. */
  async #find(view: LedgerView | undefined, wall: number): Promise<boolean | undefined> {
    const { vfs } = this.#place.ledger;
    const number = view?.numbers.get(this.#token);
    if (number?.beat === undefined) return undefined;
    const mtimeMs = await this.#place.ledger.mtimeOf(number);
    if (mtimeMs === undefined) return undefined;
    this.#first ??= { mtimeMs, at: wall };
    if (mtimeMs !== this.#first.mtimeMs) {
      rewriteMoves.set(vfs, true);
      return true;
    }
    if (wall - this.#first.at < 2 * vfs.capabilities.mtimeGranularityMs + 1) return undefined;
    // Two beats of one mtime may be one beat seen twice: a look runs beside its beat. A third one settles it.
    if (++this.#unmoved < 2) return undefined;
    rewriteMoves.set(vfs, false);
    return false;
  }
}
