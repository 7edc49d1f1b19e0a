import { describeHolder, type HeldClaim, type Holder } from '../identity/index.js';
import { LockError } from './lock-error.js';

/** The lock was not obtained within `timeoutMs`. It is not held, and no claim of this call stays behind. */
export class LockTimeoutError extends LockError {
  override readonly name = 'LockTimeoutError';
  readonly code = 'ELOCKTIMEOUT';
  readonly id: string;
  /** Milliseconds. */
  readonly timeoutMs: number;
  /** The token in the way when it was last looked at. */
  readonly token: number | undefined;
  readonly holder: Holder | undefined;
  readonly since: Date | undefined;

  constructor(id: string, timeoutMs: number, claim: HeldClaim | undefined, cause?: unknown) {
    const who =
      claim === undefined ? '' : ` It is held by ${describeHolder(claim.holder)}, token ${claim.token}.`;
    super(
      `Lock "${id}" was not obtained within ${timeoutMs} ms.${who} Wait longer, or see with "holdfast status" who else waits.`,
      cause,
    );
    this.id = id;
    this.timeoutMs = timeoutMs;
    this.token = claim?.token;
    this.holder = claim?.holder;
    this.since = claim?.since;
  }
}
