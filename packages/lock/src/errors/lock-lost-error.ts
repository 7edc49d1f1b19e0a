import { LockError } from './lock-error.js';

/**
 * Why a lease was lost.
 * - `expired`: no beat succeeded in time, or the process or machine stood still.
 * - `broken`: somebody marked this very claim as over: see `breakLock`, or it was passed as stale.
 * - `removed`: the claim is gone from the storage, or the whole directory is.
 * - `duplicated`: somebody else beats for the same claim. The machine was cloned while it held the lock.
 * - `attached`: it was detached, and somebody else has attached to it, or passed it.
 * - `detached`, `released`: it was handed out, or given back; only `verify` and the like say so.
 */
export type LossReason =
  'expired' | 'broken' | 'removed' | 'duplicated' | 'attached' | 'detached' | 'released';

const WHAT: Record<LossReason, string> = {
  expired: 'no heartbeat succeeded in time',
  broken: 'somebody has broken it, or passed it as stale',
  removed: 'its claim was removed from the storage',
  duplicated: 'another process beats for the same claim, as the clone of a running machine does',
  attached: 'somebody else has attached to it, or passed it as stale',
  detached: 'it has been detached',
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
