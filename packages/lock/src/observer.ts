/**
 * Watches one number for change, on this process's monotonic clock alone. Clocks of two machines never meet here.
 *
 * A version was written at the latest when it was first seen, and its writer trusts it for `staleAfterMs` from before
 * it was written. So what has not changed from the end of that first look to the beginning of another one, a whole
 * window later, belongs to a holder that no longer trusts itself.
 */
export class Observer {
  #seen: { token: number; version: string; since: number; lastAt: number } | undefined;

  /**
   * Takes note of what a look found.
   *
   * @param version what the look showed of the holder; `undefined` if it could not tell, which proves nothing
   * @param begunAt monotonic time before the look
   * @param endedAt monotonic time after it
   * @param gapMs for how long nobody may have looked: after an hour without a look, one listing that is read while the
   * beat is replaced, or a size that has come round, would pass for an hour without a change
   * @returns for how many milliseconds the number is proved unchanged
   */
  note(token: number, version: string | undefined, begunAt: number, endedAt: number, gapMs: number): number {
    if (version === undefined) {
      this.#seen = undefined;
      return 0;
    }
    const seen = this.#seen;
    if (seen?.token === token && seen.version === version && begunAt - seen.lastAt <= gapMs) {
      seen.lastAt = Math.max(seen.lastAt, endedAt);
      return Math.max(0, begunAt - seen.since);
    }
    this.#seen = { token, version, since: endedAt, lastAt: endedAt };
    return 0;
  }
}
