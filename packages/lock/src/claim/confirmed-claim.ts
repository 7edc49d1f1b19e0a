import type { Claim, ClaimRecord, Look, Wish } from '../ledger/index.js';

/** A confirmed claim that nobody keeps alive yet. Its place in the queue is its number. */
export interface ConfirmedClaim extends Claim, Wish {
  readonly record: ClaimRecord;
  /** From when it is trusted, by the stopwatch: since before it was sent. */
  readonly startedAt: number;
  /** The look that confirmed it. */
  readonly look: Look;
  /** The claims that the confirming look showed below it. Rule 3: none can come to them. */
  readonly below: readonly number[];
}
