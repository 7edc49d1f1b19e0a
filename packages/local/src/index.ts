export { localVFS } from './local.js';
export type { LocalOptions } from './options.js';
