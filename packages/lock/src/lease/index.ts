export { detachedLeaseSchema, type DetachedLease, type DetachOptions } from './detached-lease.js';
export { Lease } from './lease.js';
export { LiveClaim } from './live-claim.js';
