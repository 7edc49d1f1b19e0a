/** A call that waits on a {@link Timeline}. */
export interface Due {
  /** The virtual time at which it is to run; may lie in the past; `Infinity` while its actor is suspended. */
  at(): number;
  run(): void;
  /** Whether somebody waits for it: `false` for a background timer. */
  readonly foreground: boolean;
}

/** The one virtual time, in milliseconds, and what waits for it, of all actors. */
export class Timeline {
  #now = 0;
  /** In the order of scheduling, which decides between calls of the same moment. */
  readonly #waiting = new Set<Due>();

  get now(): number {
    return this.#now;
  }

  get size(): number {
    return this.#waiting.size;
  }

  /** Whether anything waits that somebody waits for and that can come without a resume. */
  get busy(): boolean {
    return [...this.#waiting].some((due) => due.foreground && due.at() < Infinity);
  }

  add(due: Due): void {
    this.#waiting.add(due);
  }

  delete(due: Due): void {
    this.#waiting.delete(due);
  }

  /** What runs next, and when: never before now, `undefined` if nothing can run. */
  next(): { readonly due: Due; readonly at: number } | undefined {
    let first: Due | undefined;
    let firstAt = Infinity;
    for (const due of this.#waiting) {
      const at = due.at();
      if (at < firstAt) [first, firstAt] = [due, at];
    }
    return first && { due: first, at: Math.max(firstAt, this.#now) };
  }

  moveTo(at: number): void {
    this.#now = Math.max(this.#now, at);
  }
}
