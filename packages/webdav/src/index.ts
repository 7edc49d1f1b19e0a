export { webdavVFS } from './open.js';
export type {
  BasicAuth,
  BearerAuth,
  DigestAuth,
  WebDAVAuth,
  WebDAVTLS,
  WebDAVVFSOptions,
} from './options.js';
export { webdavVFSFromURL, type WebDAVEnvironment } from './url.js';
