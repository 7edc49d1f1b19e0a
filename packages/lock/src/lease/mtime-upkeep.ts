import type { VFS } from '@holdfast/vfs';
import { beatName, type Ledger, type Look } from '../ledger/index.js';
import { isTransient } from '../time/index.js';

/** Whether a rewrite moves the mtime, as seen once on each storage. */
const rewriteMoves = new WeakMap<VFS, boolean>();

/**
 * Keeps the mtime of a heartbeat true where a rewrite does not move it. No verdict rests on it: it is for people, and for
 * tools that look at mtimes. Rule 6.
 */
export class MtimeUpkeep {
  readonly #ledger: Ledger;
  readonly #number: number;
  readonly #windowMs: number;
  #first: { readonly mtimeMs: number; readonly at: number } | undefined;
  #unmoved = 0;
  /** Times cannot be set here, although the storage says so. */
  #refused = false;

  constructor(ledger: Ledger, number: number, windowMs: number) {
    this.#ledger = ledger;
    this.#number = number;
    this.#windowMs = windowMs;
  }

  /**
   * To be called after each beat that succeeded.
   *
   * @param look from about that time
   * @param wall the time to set
   * @returns `undefined` where there is nothing to do
   */
  afterBeat(look: Look, wall: number): Promise<void> | undefined {
    const { vfs } = this.#ledger;
    if (!vfs.capabilities.chtimes || this.#refused || rewriteMoves.get(vfs) === true) return undefined;
    return this.#keepUp(look, wall);
  }

  async #keepUp(look: Look, wall: number): Promise<void> {
    const moves = rewriteMoves.get(this.#ledger.vfs) ?? (await this.#find(look, wall));
    if (moves !== false) return;
    try {
      await this.#ledger.touchBeat(this.#number, this.#windowMs, new Date(wall));
    } catch (error) {
      this.#refused = !isTransient(error);
      throw error;
    }
  }

  /** Compares the mtimes of two beats that lie far enough apart for the storage to tell them apart. */
  async #find(look: Look, wall: number): Promise<boolean | undefined> {
    const { vfs } = this.#ledger;
    const name = beatName(this.#number, this.#windowMs);
    const listed = look.numbers.get(this.#number)?.beats.find((entry) => entry.name === name);
    const mtimeMs = listed?.mtimeMs ?? (await this.#ledger.stat(name))?.mtimeMs;
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
