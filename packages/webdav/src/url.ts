import type { VFS } from '@holdfast/vfs';
import { invalid, takeCredentials, type WebDAVOptions } from './options.js';
import { webdavVFS } from './webdav-vfs.js';

/**
 * A WebDAV share by its URL: `webdavs://user:password@host/path` over https, `webdav://` over plain http, which is for
 * loopback unless `allowInsecureHttp` is set. User and password are percent-encoded.
 *
 * Simple options can stand in the URL: `?deadlineMs=3000&auth=digest`. There, `auth` says what `user:password` is:
 * `basic` (the default), `digest`, or `bearer`, of which the password is the token. `options` go before the URL's.
 *
 * @throws `VFSError` `EINVAL`, which never shows a secret
 * @example
 * const vfs = webdavVFSFromURL('webdavs://ada:secret@cloud.example/dav/locks');
 */
export function webdavVFSFromURL(url: string | URL, options: Readonly<Omit<WebDAVOptions, 'url'>> = {}): VFS {
  const base = httpOf(String(url));
  const { auth: kind, ...inURL } = Object.fromEntries(base.searchParams);
  base.search = '';
  const credentials = takeCredentials(base);
  if (credentials !== undefined && options.auth !== undefined) {
    throw invalid('auth: the url has credentials too');
  }
  if (credentials === undefined && kind !== undefined)
    throw invalid('auth: the url has no user and password');
  return webdavVFS({
    ...Object.fromEntries(Object.entries(inURL).map(([name, text]) => [name, valueOf(text)])),
    ...options,
    ...(credentials !== undefined && { auth: authOf(kind, credentials) }),
    url: base,
  });
}

/** As http(s): the URL parser normalises host and path of the schemes it knows, and of no others. */
function httpOf(url: string): URL {
  const [, s, rest] = /^webdav(s?):(\/\/[^]*)$/i.exec(url.trim()) ?? [];
  if (rest === undefined) throw invalid('url: neither webdav:// nor webdavs://');
  try {
    return new URL(`http${s === '' ? '' : 's'}:${rest}`);
  } catch {
    throw invalid('url: not a URL', 'Pass something like webdavs://host/path');
  }
}

function authOf(
  kind: string | undefined,
  { username, password }: { username: string; password: string },
): NonNullable<WebDAVOptions['auth']> {
  switch (kind) {
    case undefined:
    case 'basic':
      return { type: 'basic', username, password };
    case 'digest':
      return { type: 'digest', username, password };
    case 'bearer':
      return { type: 'bearer', token: password };
    default:
      throw invalid('auth: neither basic nor digest nor bearer');
  }
}

function valueOf(text: string): unknown {
  if (text === 'true' || text === 'false') return text === 'true';
  return text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : text;
}
