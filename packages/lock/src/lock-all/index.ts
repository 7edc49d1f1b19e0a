export { LeaseSet } from './lease-set.js';
export { lockAll, type LockAllItem, type LockAllOptions } from './lock-all.js';
