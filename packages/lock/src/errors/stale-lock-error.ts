import { describeHolder, type HeldClaim, type Holder } from '../identity/index.js';
import { LockError } from './lock-error.js';

/** The holder has shown no life for the whole window, and `onStale` is `'fail'`. */
export class StaleLockError extends LockError {
  override readonly name = 'StaleLockError';
  readonly code = 'ELOCKSTALE';
  readonly id: string;
  readonly token: number;
  readonly holder: Holder | undefined;
  readonly since: Date | undefined;

  constructor(id: string, claim: HeldClaim) {
    super(
      `Lock "${id}" is stale: ${describeHolder(claim.holder)}, token ${claim.token}, shows no life. ` +
        "Call releaseIfStale(), or use onStale: 'takeover'.",
    );
    this.id = id;
    this.token = claim.token;
    this.holder = claim.holder;
    this.since = claim.since;
  }
}
