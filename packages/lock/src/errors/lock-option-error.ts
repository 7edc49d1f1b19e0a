import { LockError } from './lock-error.js';

/** An option of the lock is not valid. Thrown by the constructor, and by calls that take options. */
export class LockOptionError extends LockError {
  override readonly name = 'LockOptionError';
  readonly code = 'ELOCKOPTION';

  constructor(faults: string) {
    super(`The options of the lock are not valid: ${faults}`);
  }
}
