import { systemClock, type Clock } from '@holdfast/vfs';
import { isClock, optionError, parseOptions as parse } from '@holdfast/vfs/adapter';
import { z } from 'zod';

/** User and password, sent with every request: use it over https. */
export interface BasicAuth {
  readonly type: 'basic';
  readonly username: string;
  readonly password: string;
}

/** User and password that never cross the wire (RFC 7616; costs one request more at the start). */
export interface DigestAuth {
  readonly type: 'digest';
  readonly username: string;
  readonly password: string;
}

/** A token, as OAuth 2.0 and app passwords use it. */
export interface BearerAuth {
  readonly type: 'bearer';
  readonly token: string;
}

export type WebDAVAuth = BasicAuth | DigestAuth | BearerAuth;

/** Whom to trust and who to be on a TLS connection. All in PEM, except `pfx`. */
export interface WebDAVTLS {
  /** The authorities to trust instead of the well-known ones. */
  readonly ca?: string | Uint8Array | readonly (string | Uint8Array)[];
  /** The client certificate, with its chain. Goes with `key`. */
  readonly cert?: string | Uint8Array;
  /** The private key of `cert`. */
  readonly key?: string | Uint8Array;
  /** The client certificate and its key in one, PKCS #12. */
  readonly pfx?: string | Uint8Array;
  /** Unlocks `key` or `pfx`. */
  readonly passphrase?: string;
  /** The name that the server's certificate must carry. Default: the host of the URL. */
  readonly servername?: string;
}

export interface WebDAVVFSOptions {
  /**
   * The collection that becomes `/`: `https://host/path`. Plain `http:` is for loopback, unless `allowInsecureHttp`.
   * Without user and password: pass those as `auth`.
   */
  readonly url: string | URL;
  /** Default: none. */
  readonly auth?: WebDAVAuth | undefined;
  readonly tls?: WebDAVTLS | undefined;
  /** Makes the collection of `url`, and those above it, if they are missing: once, at the first call. Default `false`. */
  readonly create?: boolean | undefined;
  /** Allows plain http to a host that is not this machine: anyone on the way can read and change all. Default `false`. */
  readonly allowInsecureHttp?: boolean | undefined;
  /**
   * Longest wait for one call, retries included, in milliseconds. A request that is silent for three tenths of it is
   * sent again on a new connection, where that is safe. Default 10,000.
   */
  readonly deadlineMs?: number | undefined;
  /** How often a request is repeated where that is safe. Default 2. */
  readonly retries?: number | undefined;
  /** Requests that are on their way at a time; those that the server leaves without an answer do not count. Default 8. */
  readonly maxConnections?: number | undefined;
  /** Largest listing that is read, in bytes. Default 256 MiB, some 400,000 entries. */
  readonly maxListingBytes?: number | undefined;
  /** Largest file that is read, in bytes. Default 64 MiB. */
  readonly maxFileBytes?: number | undefined;
  /** Default: the machine's clock. */
  readonly clock?: Clock | undefined;
}

/** The options as the rest of the adapter uses them. */
export interface Settings {
  /** Without credentials, query and fragment; its path ends with `/`. */
  readonly base: URL;
  readonly auth: WebDAVAuth | undefined;
  readonly tls: WebDAVTLS | undefined;
  readonly create: boolean;
  readonly deadlineMs: number;
  readonly retries: number;
  readonly maxConnections: number;
  readonly maxListingBytes: number;
  readonly maxFileBytes: number;
  readonly clock: Clock;
}

const MIB = 2 ** 20;
const bytes = z.union([z.string(), z.instanceof(Uint8Array)]);
// A colon would end the name early (RFC 7617, section 2), a control character the header.
const username = z.string().regex(/^[^:\p{Cc}]*$/u, 'has a colon or a control character');
const password = z.string().regex(/^\P{Cc}*$/u, 'has a control character');

const schema = z.strictObject({
  url: z.union([z.string(), z.instanceof(URL)]),
  auth: z
    .discriminatedUnion('type', [
      z.strictObject({ type: z.literal('basic'), username, password }),
      z.strictObject({ type: z.literal('digest'), username, password }),
      z.strictObject({
        type: z.literal('bearer'),
        token: z.string().regex(/^[\x21-\x7e]+$/, 'is not printable ASCII'),
      }),
    ])
    .optional(),
  tls: z
    .strictObject({
      ca: z.union([bytes, z.array(bytes).readonly()]).optional(),
      cert: bytes.optional(),
      key: bytes.optional(),
      pfx: bytes.optional(),
      passphrase: z.string().optional(),
      servername: z.string().optional(),
    })
    .optional(),
  create: z.boolean().default(false),
  allowInsecureHttp: z.boolean().default(false),
  deadlineMs: z.number().positive().default(10_000),
  retries: z.int().min(0).max(10).default(2),
  maxConnections: z.int().min(1).max(256).default(8),
  maxListingBytes: z
    .int()
    .min(1024)
    .default(256 * MIB),
  maxFileBytes: z
    .int()
    .min(1)
    .default(64 * MIB),
  clock: z.custom<Clock>(isClock, 'is no clock').default(systemClock),
});

/** Where secrets go instead of a URL. */
export const SECRETS =
  'Pass it as auth, or in HOLDFAST_WEBDAV_PASSWORD with a URL for webdavVFSFromURL or openVFS';

/**
 * Checks what a caller passed, once.
 *
 * @throws `VFSError` `EINVAL` that names the option and never shows a value: it may be a secret
 */
export function parseOptions(options: WebDAVVFSOptions): Settings {
  const { url, tls, allowInsecureHttp, auth, ...rest } = parse(schema, options, 'webdav', 'WebDAVVFSOptions');
  const base = parseBase(url);
  if (base.protocol === 'http:') {
    if (tls !== undefined) throw optionError('webdav', 'tls: the url is plain http');
    if (!allowInsecureHttp && !isLoopback(base.hostname)) {
      throw optionError(
        'webdav',
        'url: plain http to another machine',
        'Use https (webdavs://), or pass allowInsecureHttp: true if everyone on the way may read and change all',
      );
    }
  }
  // Exact optional properties: zod's optional ones may be `undefined`, which means the same to node:tls.
  return { ...rest, base, auth, tls: tls as WebDAVTLS | undefined };
}

function parseBase(url: string | URL): URL {
  const advice = 'Pass something like https://host/path';
  // The parser's own error quotes what it was given, and that may hold a password.
  if (!URL.canParse(String(url))) throw optionError('webdav', 'url: not a URL', advice);
  const base = new URL(url);
  if (base.protocol !== 'http:' && base.protocol !== 'https:') {
    throw optionError('webdav', 'url: neither http nor https', advice);
  }
  if (base.username !== '' || base.password !== '') {
    throw optionError('webdav', 'url: holds a user or a password', SECRETS);
  }
  if (base.search !== '' || base.hash !== '') {
    throw optionError(
      'webdav',
      'url: has a query or a fragment',
      'Write %3F for a "?" and %23 for a "#" in a name',
    );
  }
  if (!base.pathname.endsWith('/')) base.pathname += '/';
  return base;
}

function isLoopback(hostname: string): boolean {
  return /^(?:localhost|.+\.localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname);
}
