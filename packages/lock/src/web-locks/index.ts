export { lockManager, type LockManagerOptions } from './lock-manager.js';
export type {
  StorageLock,
  StorageLockManager,
  WebLock,
  WebLockInfo,
  WebLockManager,
  WebLockManagerSnapshot,
  WebLockOptions,
} from './types.js';
