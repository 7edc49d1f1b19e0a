export { localVFS } from './open.js';
export type { LocalVFSOptions } from './options.js';
export { localVFSFromURL } from './url.js';
