export { identityOf, nodeIdentity } from './node-identity.js';
