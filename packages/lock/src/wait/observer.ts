interface Seen {
  readonly signs: string;
  readonly windowMs: number;
  /** When the first look that showed it so had ended. */
  readonly since: number;
  /** When the last look that showed it so had ended. */
  lastAt: number;
}

/** Above so many, those that are gone are forgotten. */
const MANY = 256;

/**
 * Watches claims for signs of life, on this process's monotonic clock alone: clocks of two machines never meet here.
 *
 * A sign was given at the latest when it was first seen, and its owner trusts it for its window from before it was
 * given. So what has not changed from the end of that first look to the beginning of another one, a whole window later,
 * belongs to an owner that no longer trusts itself. Rule 5.
 */
export class Observer {
  readonly #seen = new Map<number, Seen>();
  /** When it was proved that the owner of a claim is dead. */
  readonly #dead = new Map<number, number>();

  /**
   * Takes note of what a look found.
   *
   * @param signs what the look showed of the claim; `undefined` if it could not tell, which proves nothing
   * @param look when it began and ended, on the monotonic clock
   * @param windowMs the window of the claim. Nobody may have failed to look for two of them: after an hour without a look, one
   * listing that is read while the beat is replaced, or a size that has come round, would pass for an hour without a change
   * @returns for how many milliseconds the claim is proved unchanged
   */
  note(
    number: number,
    signs: string | undefined,
    { begunAt, endedAt }: { readonly begunAt: number; readonly endedAt: number },
    windowMs: number,
  ): number {
    if (signs === undefined) {
      this.#seen.delete(number);
      return 0;
    }
    const seen = this.#seen.get(number);
    if (seen?.signs === signs && begunAt - seen.lastAt <= 2 * windowMs) {
      seen.lastAt = Math.max(seen.lastAt, endedAt);
      return Math.max(0, begunAt - seen.since);
    }
    this.#seen.set(number, { signs, windowMs, since: endedAt, lastAt: endedAt });
    return 0;
  }

  /** What was seen last of a claim, if it still counts. */
  last(
    number: number,
  ): { readonly signs: string; readonly windowMs: number; readonly since: number } | undefined {
    return this.#seen.get(number);
  }

  noteDead(number: number, provedAt: number): void {
    this.#dead.set(number, provedAt);
  }

  /**
   * Whether the owner of a claim was proved dead before a look began. A look from before may miss what it did last: it may
   * have detached the claim.
   */
  wasDead(number: number, begunAt: number): boolean {
    const provedAt = this.#dead.get(number);
    return provedAt !== undefined && provedAt <= begunAt;
  }

  /** Begins anew with a claim of which something else became known. */
  forget(number: number): void {
    this.#seen.delete(number);
  }

  /** Forgets all claims but those that `keep` still lists, if there are many. */
  prune(keep: { has(number: number): boolean }): void {
    if (this.#seen.size + this.#dead.size <= MANY) return;
    for (const known of [this.#seen, this.#dead])
      for (const number of known.keys()) if (!keep.has(number)) known.delete(number);
  }
}
