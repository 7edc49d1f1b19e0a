export {
  isLockError,
  LockedError,
  LockError,
  LockLostError,
  LockOptionError,
  LockTimeoutError,
  StaleLockError,
  UnsafeStorageError,
  type LockErrorCode,
  type LossReason,
} from './errors/index.js';
export type { LockEvent, LockEventListener } from './events.js';
export { describeHolder, type HeldClaim, type Holder } from './holder.js';
export { directoryName, lockId } from './id.js';
export type { HostIdentity, ProcessIdentity } from './identity.js';
export { inspectAll, type LockInfo } from './info.js';
export type { Lease } from './lease.js';
export { Lock } from './lock.js';
export type { LockOptions, WaitOptions } from './options.js';
