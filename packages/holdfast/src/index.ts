export * from '@holdfast/vfs';
export * from '@holdfast/lock';
export * from '@holdfast/lock/node';
export * from '@holdfast/local';
export * from '@holdfast/memory';
export { Lock, type LockOptions } from './lock.js';
export { openVFS, type OpenOptions } from './open/index.js';
