export { isLockError } from './is-lock-error.js';
export { LedgerError, type LedgerFault, type PermitsConflict } from './ledger-error.js';
export { LockError, type LockErrorCode } from './lock-error.js';
export { LockLostError, type LossReason } from './lock-lost-error.js';
export { LockOptionError } from './lock-option-error.js';
export { LockTimeoutError } from './lock-timeout-error.js';
export { LockedError } from './locked-error.js';
export { StaleLockError } from './stale-lock-error.js';
export { UnsafeStorageError } from './unsafe-storage-error.js';
