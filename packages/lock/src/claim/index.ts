export { assertPermits, Claimant, type Attempt } from './claimant.js';
export type { ConfirmedClaim } from './confirmed-claim.js';
export { nonce } from './nonce.js';
