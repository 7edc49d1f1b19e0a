import type { VFS } from '@holdfast/vfs';
import { optionError, parseURL } from '@holdfast/vfs/adapter';
import { webdavVFS } from './open.js';
import { SECRETS, type WebDAVAuth, type WebDAVVFSOptions } from './options.js';

/** What may stand behind the `?` of a URL. Nothing secret: a URL shows in lists of processes, logs and histories. */
const QUERY = {
  auth: 'text',
  create: 'flag',
  allowInsecureHttp: 'flag',
  deadlineMs: 'number',
  retries: 'number',
  maxConnections: 'number',
  maxListingBytes: 'number',
  maxFileBytes: 'number',
} as const;

/** The variable of the environment that {@link webdavVFSFromURL} reads, for what a URL must not hold. */
export interface WebDAVEnvironment {
  /** The password of the user in the URL; with `?auth=bearer`, the token. */
  readonly HOLDFAST_WEBDAV_PASSWORD?: string | undefined;
}

/**
 * A WebDAV share by its URL: `webdavs://user@host/path` over https, `webdav://` over plain http, which is for loopback
 * unless `allowInsecureHttp` is set. The user is percent-encoded.
 *
 * The password is taken from `options.auth`, or else from `HOLDFAST_WEBDAV_PASSWORD`; in the URL it is refused. Simple
 * options can stand in the URL: `?deadlineMs=3000&auth=digest`. There, `auth` says what it is a password of: `basic`
 * (the default), `digest`, or `bearer`, which has no user and whose token it is. `options` go before the URL's.
 *
 * @throws `VFSError` `EINVAL`, which never shows a secret
 * @example
 * const vfs = webdavVFSFromURL('webdavs://ada@cloud.example/dav/locks');
 */
export function webdavVFSFromURL(
  url: string | URL,
  options: Readonly<Omit<WebDAVVFSOptions, 'url'>> = {},
  environment: WebDAVEnvironment = process.env,
): VFS {
  const text = String(url).trim();
  const { user, options: inURL } = parseURL(text, {
    adapter: 'webdav',
    schemes: ['webdav:', 'webdavs:'],
    form: 'webdavs://user@host/folder',
    options: QUERY,
    secrets: SECRETS,
  });
  const { auth: kind, ...simple } = inURL;
  const auth = options.auth ?? authOf(user, kind, environment.HOLDFAST_WEBDAV_PASSWORD || undefined);
  return webdavVFS({ ...simple, ...options, auth, url: httpOf(text) });
}

/** As http(s): the URL parser normalises host and path of the schemes it knows, and of no others. */
function httpOf(url: string): URL {
  const base = new URL(url.replace(/^webdav(s?):/i, 'http$1:'));
  base.username = '';
  base.search = '';
  return base;
}

function authOf(user: string, kind: string | undefined, secret: string | undefined): WebDAVAuth | undefined {
  const missing = 'Set HOLDFAST_WEBDAV_PASSWORD, or pass auth';
  switch (kind) {
    case undefined:
    case 'basic':
    case 'digest':
      if (user === '') {
        if (kind === undefined) return undefined;
        throw optionError('webdav', 'the URL names no user', 'Write webdavs://user@host/folder');
      }
      if (secret === undefined) {
        throw optionError('webdav', 'the URL names a user, and there is no password', missing);
      }
      return { type: kind ?? 'basic', username: user, password: secret };
    case 'bearer':
      if (secret === undefined) throw optionError('webdav', 'there is no token for auth=bearer', missing);
      return { type: 'bearer', token: secret };
    default:
      throw optionError('webdav', 'auth: neither basic nor digest nor bearer');
  }
}
