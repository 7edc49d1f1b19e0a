export type { SftpVFSOptions } from './options.js';
export { sftpVFS } from './sftp-vfs.js';
export { sftpVFSFromURL, type SftpEnvironment, type SftpURLOptions } from './url.js';
