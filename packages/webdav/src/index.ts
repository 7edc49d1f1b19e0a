export type { BasicAuth, BearerAuth, DigestAuth, WebDAVAuth, WebDAVOptions, WebDAVTLS } from './options.js';
export { webdavVFSFromURL } from './url.js';
export { webdavVFS } from './webdav-vfs.js';
