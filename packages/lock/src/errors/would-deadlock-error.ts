import { LockError } from './lock-error.js';

/** This very call chain holds the lock, so to wait for it would be to wait for itself. Nothing was claimed. */
export class WouldDeadlockError extends LockError {
  override readonly name = 'WouldDeadlockError';
  readonly code = 'EWOULDDEADLOCK';
  readonly id: string;
  /** The directory of the lock. */
  readonly path: string;
  /** The token of the lease that this call chain holds. */
  readonly token: number;

  constructor(id: string, path: string, token: number) {
    super(
      `"${id}" in ${path} is held by this very call chain, token ${token}, which would wait for itself for ever. ` +
        'Pass the lease on to what needs it, or release it before.',
    );
    this.id = id;
    this.path = path;
    this.token = token;
  }
}
