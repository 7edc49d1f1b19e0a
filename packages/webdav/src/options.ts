import { describeIssues, systemClock, VFSError, type Clock } from '@holdfast/vfs';
import { z } from 'zod';

/** User and password, sent with every request: use it over https. */
export interface BasicAuth {
  readonly type: 'basic';
  readonly username: string;
  readonly password: string;
}

/** User and password that never cross the wire (RFC 7616 with MD5; costs one request more at the start). */
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

export interface WebDAVOptions {
  /**
   * The collection that becomes `/`: `https://host/path`. Plain `http:` is for loopback, unless `allowInsecureHttp`.
   * May carry `user:password@` in place of `auth`.
   */
  readonly url: string | URL;
  /** Default: none. */
  readonly auth?: WebDAVAuth | undefined;
  readonly tls?: WebDAVTLS | undefined;
  /** Allows plain http to a host that is not this machine: anyone on the way can read and change all. Default `false`. */
  readonly allowInsecureHttp?: boolean | undefined;
  /** Longest wait for one call, retries included, in milliseconds. Default 10,000. */
  readonly deadlineMs?: number | undefined;
  /** How often a request is repeated where that is safe. Default 2. */
  readonly retries?: number | undefined;
  /** Connections open at a time. Default 8. */
  readonly maxConnections?: number | undefined;
  /** Largest listing that is read, in bytes. Default 16 MiB, some 30,000 entries. */
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

const authSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('basic'), username, password }),
  z.strictObject({ type: z.literal('digest'), username, password }),
  z.strictObject({
    type: z.literal('bearer'),
    token: z.string().regex(/^[\x21-\x7e]+$/, 'is not printable ASCII'),
  }),
]);
const schema = z.strictObject({
  url: z.union([z.string(), z.instanceof(URL)]),
  auth: authSchema.optional(),
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
  allowInsecureHttp: z.boolean().default(false),
  deadlineMs: z.number().positive().default(10_000),
  retries: z.int().min(0).max(10).default(2),
  maxConnections: z.int().min(1).max(256).default(8),
  maxListingBytes: z
    .int()
    .min(1024)
    .default(16 * MIB),
  maxFileBytes: z
    .int()
    .min(1)
    .default(64 * MIB),
  clock: z.custom<Clock>((value) => typeof value === 'object' && value !== null).default(systemClock),
});

const KNOWN = Object.keys(schema.shape).join(', ');

/**
 * Checks what a caller passed, once.
 *
 * @throws `VFSError` `EINVAL` that names the option and never shows a value: it may be a secret
 */
export function parseOptions(options: WebDAVOptions): Settings {
  const { url, auth, tls, allowInsecureHttp, ...rest } = checked(schema, options);
  const base = parseBase(url);
  const inURL = takeCredentials(base);
  if (inURL !== undefined && auth !== undefined) throw invalid('auth: the url has credentials too');
  if (base.protocol === 'http:') {
    if (tls !== undefined) throw invalid('tls: the url is plain http');
    if (!allowInsecureHttp && !isLoopback(base.hostname)) {
      throw invalid(
        'url: plain http to another machine',
        'Use https (webdavs://), or pass allowInsecureHttp: true if everyone on the way may read and change all',
      );
    }
  }
  // Exact optional properties: zod's optional ones may be `undefined`, which means the same to node:tls.
  return {
    ...rest,
    base,
    auth: inURL === undefined ? auth : checked(authSchema, { type: 'basic', ...inURL }),
    tls: tls as WebDAVTLS | undefined,
  };
}

function checked<T>(by: z.ZodType<T>, given: unknown): T {
  const parsed = by.safeParse(given);
  if (parsed.success) return parsed.data;
  throw invalid(describeIssues(parsed.error), `The options are ${KNOWN}; see WebDAVOptions`);
}

/** An option that is not as it should be. */
export function invalid(detail: string, advice = 'Correct the option'): VFSError {
  return new VFSError({ code: 'EINVAL', op: 'open', path: '/', adapter: 'webdav', detail, advice });
}

function parseBase(url: string | URL): URL {
  let base: URL;
  try {
    base = new URL(url);
  } catch {
    throw invalid('url: not a URL', 'Pass something like https://host/path');
  }
  if (base.protocol !== 'http:' && base.protocol !== 'https:') {
    throw invalid('url: neither http nor https', 'Pass something like https://host/path');
  }
  if (base.search !== '' || base.hash !== '') throw invalid('url: has a query or a fragment');
  if (!base.pathname.endsWith('/')) base.pathname += '/';
  return base;
}

/** Takes user and password off `base`, so that no message made from it can show them. */
export function takeCredentials(base: URL): { username: string; password: string } | undefined {
  const { username: user, password: secret } = base;
  base.username = '';
  base.password = '';
  if (user === '' && secret === '') return undefined;
  try {
    return { username: decodeURIComponent(user), password: decodeURIComponent(secret) };
  } catch {
    throw invalid('url: user or password is not percent-encoded', 'Write %25 for a %, or pass auth');
  }
}

function isLoopback(hostname: string): boolean {
  return /^(?:localhost|.+\.localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname);
}
