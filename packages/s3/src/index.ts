export { s3VFS, type S3Wiring } from './open.js';
export type { CreateHeader, S3Credentials, S3Options } from './options.js';
export { optionsOfURL, s3VFSFromURL } from './url.js';
