import type { LedgerError } from './ledger-error.js';
import type { LockError, LockErrorCode } from './lock-error.js';
import type { LockLostError } from './lock-lost-error.js';
import type { LockOptionError } from './lock-option-error.js';
import type { LockTimeoutError } from './lock-timeout-error.js';
import type { LockedError } from './locked-error.js';
import type { NotLeaderError } from './not-leader-error.js';
import type { StaleLockError } from './stale-lock-error.js';
import type { UnsafeStorageError } from './unsafe-storage-error.js';
import type { WouldDeadlockError } from './would-deadlock-error.js';

interface ErrorOfCode {
  ELOCKED: LockedError;
  ELOCKSTALE: StaleLockError;
  ELOCKTIMEOUT: LockTimeoutError;
  ELOCKLOST: LockLostError;
  EUNSAFESTORAGE: UnsafeStorageError;
  ELEDGER: LedgerError;
  ELOCKOPTION: LockOptionError;
  ENOTLEADER: NotLeaderError;
  EWOULDDEADLOCK: WouldDeadlockError;
}

/**
 * Whether `error` came from the lock, with one of `codes` if any are given; then it is narrowed to their classes. Also
 * true across duplicate installs.
 *
 * @example
 * if (isLockError(error, 'ELOCKED')) console.log(error.holder);
 */
export function isLockError<C extends LockErrorCode>(error: unknown, ...codes: C[]): error is ErrorOfCode[C];
export function isLockError(error: unknown, ...codes: LockErrorCode[]): error is LockError {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return false;
  // By its name too: other libraries use some of the codes.
  const code = CODE_OF_NAME.get(error.name);
  return code === error.code && (codes.length === 0 || codes.includes(code));
}

const CODE_OF_NAME: ReadonlyMap<string, LockErrorCode> = new Map<string, LockErrorCode>([
  ['LockedError', 'ELOCKED'],
  ['StaleLockError', 'ELOCKSTALE'],
  ['LockTimeoutError', 'ELOCKTIMEOUT'],
  ['LockLostError', 'ELOCKLOST'],
  ['UnsafeStorageError', 'EUNSAFESTORAGE'],
  ['LedgerError', 'ELEDGER'],
  ['LockOptionError', 'ELOCKOPTION'],
  ['NotLeaderError', 'ENOTLEADER'],
  ['WouldDeadlockError', 'EWOULDDEADLOCK'],
]);
