export { nodeIdentity } from './node-identity.js';
