export { s3VFS } from './open.js';
export type { CreateHeader, Encryption, S3Credentials, S3VFSOptions } from './options.js';
export { s3VFSFromURL } from './url.js';
