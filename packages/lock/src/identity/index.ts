export { describeHolder, type HeldClaim, type Holder } from './holder.js';
export type { HostIdentity, ProcessIdentity } from './identity.js';
