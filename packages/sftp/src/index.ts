export { sftpVFS } from './open.js';
export type { SftpVFSOptions } from './options.js';
export { sftpVFSFromURL, type SftpEnvironment, type SftpURLOptions } from './url.js';
