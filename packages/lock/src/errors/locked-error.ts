import { describeHolder, type HeldClaim, type Holder } from '../identity/index.js';
import { LockError } from './lock-error.js';

/** Somebody else holds the lock, and shows life. */
export class LockedError extends LockError {
  override readonly name = 'LockedError';
  readonly code = 'ELOCKED';
  readonly id: string;
  readonly token: number;
  readonly holder: Holder | undefined;
  readonly since: Date | undefined;

  constructor(id: string, claim: HeldClaim) {
    super(
      `Lock "${id}" is held by ${describeHolder(claim.holder)}, token ${claim.token}. ` +
        'Use acquire() to wait for it, or try again later.',
    );
    this.id = id;
    this.token = claim.token;
    this.holder = claim.holder;
    this.since = claim.since;
  }
}
