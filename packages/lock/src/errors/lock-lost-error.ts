import { LockError } from './lock-error.js';

/**
 * Why a lease was lost.
 * - `expired`: no beat succeeded in time, or the process or machine stood still.
 * - `superseded`: another contender has claimed a higher number.
 * - `broken`: somebody marked this very number free, see `breakLock`.
 * - `removed`: the claim is gone from the storage, or the whole directory is.
 * - `released`: it was given back; only `verify` says so.
 */
export type LossReason = 'expired' | 'superseded' | 'broken' | 'removed' | 'released';

const WHAT: Record<LossReason, string> = {
  expired: 'no heartbeat succeeded in time',
  superseded: 'another contender has taken it over',
  broken: 'somebody has broken it',
  removed: 'its claim was removed from the storage',
  released: 'it has been released',
};

/** The lease ended before it was released. Stop at once: somebody else may hold the lock now. */
export class LockLostError extends LockError {
  override readonly name = 'LockLostError';
  readonly code = 'ELOCKLOST';
  readonly id: string;
  readonly token: number;
  readonly reason: LossReason;

  constructor(id: string, token: number, reason: LossReason, cause?: unknown) {
    super(
      `Lock "${id}", token ${token}, was lost: ${WHAT[reason]}. ` +
        'Stop what it guards; storage that checks the token refuses you from now on.',
      cause,
    );
    this.id = id;
    this.token = token;
    this.reason = reason;
  }
}
