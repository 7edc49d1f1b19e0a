export { localVFS } from './open.js';
export type { LocalOptions } from './options.js';
