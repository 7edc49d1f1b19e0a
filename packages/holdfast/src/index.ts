export {
  describeHolder,
  inspectAll,
  isLockError,
  LockedError,
  LockError,
  LockLostError,
  LockOptionError,
  LockTimeoutError,
  StaleLockError,
  UnsafeStorageError,
  type HeldClaim,
  type Holder,
  type HostIdentity,
  type Lease,
  type LockErrorCode,
  type LockEvent,
  type LockEventListener,
  type LockInfo,
  type LossReason,
  type WaitOptions,
} from '@holdfast/lock';
export { nodeIdentity } from '@holdfast/lock/node';
export { localVFS, type LocalOptions } from '@holdfast/local';
export {
  isVFSError,
  printable,
  VFSError,
  type Capabilities,
  type Clock,
  type Entry,
  type FileInfo,
  type VFS,
  type VFSErrorCode,
} from '@holdfast/vfs';
export { Lock, type LockOptions } from './lock.js';
export { openVFS, type OpenOptions } from './open/index.js';
