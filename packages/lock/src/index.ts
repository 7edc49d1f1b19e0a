export {
  isLockError,
  LedgerError,
  LockedError,
  LockError,
  LockLostError,
  LockOptionError,
  LockTimeoutError,
  NotLeaderError,
  StaleLockError,
  UnsafeStorageError,
  WouldDeadlockError,
  type LedgerFault,
  type LockErrorCode,
  type LossReason,
  type PermitsConflict,
} from './errors/index.js';
export type { LockEvent, LockEventListener } from './events.js';
export { Election, type Leader, type Leadership } from './election/index.js';
export { directoryName, ledgerOf, lockId, type LedgerKind } from './id.js';
export {
  describeHolder,
  type HeldClaim,
  type Holder,
  type HostIdentity,
  type ProcessIdentity,
} from './identity/index.js';
export { inspectAll, type ClaimInfo, type LockInfo, type UnreadableLock } from './inspect.js';
export { type Lease, type DetachedLease, type DetachOptions } from './lease/index.js';
export { LeaseSet, lockAll, type LockAllItem, type LockAllOptions } from './lock-all/index.js';
export { Lock } from './lock.js';
export type { Mode } from './ledger/index.js';
export type {
  BreakOptions,
  CampaignOptions,
  ElectionOptions,
  LockOptions,
  SemaphoreOptions,
  TryOptions,
  WaitOptions,
} from './options.js';
export {
  lockManager,
  type LockManagerOptions,
  type StorageLock,
  type StorageLockManager,
  type WebLock,
  type WebLockInfo,
  type WebLockManager,
  type WebLockManagerSnapshot,
  type WebLockOptions,
} from './web-locks/index.js';
export { Semaphore, type PermitTryOptions, type PermitWaitOptions } from './semaphore/index.js';
