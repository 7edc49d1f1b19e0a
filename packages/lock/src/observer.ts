/**
 * Watches one number for change, on this process's monotonic clock alone. Clocks of two machines never meet here.
 *
 * A version was written at the latest when it was first seen, and its writer trusts it for `staleAfterMs` from before
 * it was written. So what has not changed from the end of that first look to the beginning of another one, a whole
 * window later, belongs to a holder that no longer trusts itself.
 */
export class Observer {
  #seen: { readonly token: number; readonly version: string; readonly since: number } | undefined;

  /**
   * Takes note of what a look found.
   *
   * @param version what the look showed of the holder; `undefined` if it could not tell, which proves nothing
   * @param begunAt monotonic time before the look
   * @param endedAt monotonic time after it
   * @returns for how many milliseconds the number is proved unchanged
   */
  note(token: number, version: string | undefined, begunAt: number, endedAt: number): number {
    if (version === undefined) {
      this.#seen = undefined;
      return 0;
    }
    if (this.#seen?.token === token && this.#seen.version === version) {
      return Math.max(0, begunAt - this.#seen.since);
    }
    this.#seen = { token, version, since: endedAt };
    return 0;
  }
}
