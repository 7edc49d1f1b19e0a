export { identityOf, nodeIdentity } from './identity/node-identity.js';
