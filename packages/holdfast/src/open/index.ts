export { openVFS } from './open-vfs.js';
export type { OpenOptions } from './schemes.js';
