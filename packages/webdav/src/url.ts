import type { VFS } from '@holdfast/vfs';
import { invalid, type WebDAVOptions } from './options.js';
import { webdavVFS } from './webdav-vfs.js';

/**
 * A WebDAV share by its URL: `webdavs://user:password@host/path` over https, `webdav://` over plain http, which is for
 * loopback unless `allowInsecureHttp` is set. User and password are percent-encoded; anything else goes into `options`.
 *
 * @throws `VFSError` `EINVAL`
 * @example
 * const vfs = webdavVFSFromURL('webdavs://ada:secret@cloud.example/dav/locks');
 */
export function webdavVFSFromURL(url: string | URL, options: Omit<WebDAVOptions, 'url'> = {}): VFS {
  // As http(s): the URL parser normalises host and path of the schemes it knows, and of no others.
  const [, s, rest] = /^webdav(s?):(\/\/[^]*)$/i.exec(String(url).trim()) ?? [];
  if (rest === undefined) throw invalid('url: neither webdav:// nor webdavs://');
  return webdavVFS({ ...options, url: `http${s === '' ? '' : 's'}:${rest}` });
}
