/**
 * What a history can show to have gone wrong.
 * - `overlap`: two held one lock at the same time.
 * - `outlived`: one was still held, by its own judgement, after a higher token had been granted.
 * - `revived`: one was held, by its own judgement, after it had been given back or lost.
 * - `token-repeated`: one token was granted twice.
 * - `token-order`: a grant that was asked for only after another one was known has a lower token than that.
 * - `lost-update`: a change of the guarded counter does not contain another one, or the counter ended too low.
 * - `unguarded-update`: the counter was changed outside a hold: after the lock was given back, under a lower token than
 *   a change that it builds on, or by nobody who says so.
 * - `never-granted`: a process speaks of a token that it was never granted.
 */
export type HistoryFault =
  | 'overlap'
  | 'outlived'
  | 'revived'
  | 'token-repeated'
  | 'token-order'
  | 'lost-update'
  | 'unguarded-update'
  | 'never-granted';

/** One thing that a history shows to have gone wrong, for certain. */
export interface HistoryViolation {
  readonly fault: HistoryFault;
  readonly lock: string;
  /** The same for people. Its wording is no part of the interface. */
  readonly message: string;
  /** The moments that it is about, in milliseconds, the first and the last. */
  readonly from: number;
  readonly until: number;
  /** Who took part. */
  readonly processes: readonly string[];
}
