import type { VFS } from '@holdfast/vfs';
import { z } from 'zod';
import { invalid, type SftpVFSOptions } from './options.js';
import { sftpVFS } from './sftp-vfs.js';

/** What may stand behind the `?` of a URL. Nothing secret: a URL shows in process lists, logs and histories. */
const QUERY = {
  privateKeyPath: 'text',
  agent: 'text',
  knownHostsPath: 'text',
  hostKeyFingerprint: 'list',
  insecureAcceptAnyHostKey: 'flag',
  deadlineMs: 'number',
  answerTimeoutMs: 'number',
  connectTimeoutMs: 'number',
  idleMs: 'number',
} as const satisfies Partial<Record<keyof SftpVFSOptions, 'text' | 'list' | 'flag' | 'number'>>;

const SECRETS: ReadonlySet<string> = new Set(['password', 'passphrase', 'privateKey']);

const parsers = {
  text: z.string().min(1),
  list: z.string().transform((text) => text.split(',')),
  flag: z.enum(['true', 'false']).transform((text) => text === 'true'),
  number: z.string().regex(/^\d+$/, { error: 'must be a number of milliseconds' }).transform(Number),
} as const;

/** Options that go with a URL: those that it does not, or must not, hold. They win over what the URL says. */
export type SftpURLOptions = Partial<SftpVFSOptions>;

/** The variables of the environment that {@link sftpVFSFromURL} reads, for what a URL must not hold. */
export interface SftpEnvironment {
  readonly HOLDFAST_SFTP_PASSWORD?: string | undefined;
  readonly HOLDFAST_SFTP_PASSPHRASE?: string | undefined;
}

/**
 * `sftp://user@host:port/base?privateKeyPath=…` as a VFS; see {@link sftpVFS}.
 *
 * The path is absolute on the server; `/~/locks` begins where the login leads to, and no path at all is that very place.
 * A password or passphrase is taken from `options`, or else from `HOLDFAST_SFTP_PASSWORD` and
 * `HOLDFAST_SFTP_PASSPHRASE`; in the URL it is refused.
 *
 * @throws `VFSError` `EINVAL` that says what is wrong with the URL, without quoting what may be secret
 */
export function sftpVFSFromURL(
  url: string | URL,
  options: SftpURLOptions = {},
  environment: SftpEnvironment = process.env,
): VFS {
  return sftpVFS(optionsFromURL(url, options, environment));
}

/** The options that a URL stands for. */
export function optionsFromURL(
  url: string | URL,
  options: SftpURLOptions = {},
  environment: SftpEnvironment = {},
): SftpVFSOptions {
  const parsed = parse(url);
  const username = decode(parsed.username, 'user');
  const fromURL: SftpURLOptions = {
    host: decode(parsed.hostname.replace(/^\[(.*)\]$/, '$1'), 'host'),
    ...(parsed.port !== '' && { port: Number(parsed.port) }),
    ...(username !== '' && { username }),
    ...(parsed.pathname !== '' && { base: baseOf(decode(parsed.pathname, 'path')) }),
    ...queryOf(parsed.search),
  };
  const merged = { ...fromURL, ...withoutUndefined(options) };
  if (merged.host === undefined || merged.username === undefined) {
    throw invalid('the URL names no user', 'Write sftp://user@host/base');
  }
  const { HOLDFAST_SFTP_PASSWORD: password, HOLDFAST_SFTP_PASSPHRASE: passphrase } = environment;
  const hasKey = (merged.privateKey ?? merged.privateKeyPath) !== undefined;
  return {
    ...(password !== undefined && password !== '' && { password }),
    ...(passphrase !== undefined && passphrase !== '' && hasKey && { passphrase }),
    ...merged,
    host: merged.host,
    username: merged.username,
  };
}

function parse(url: string | URL): URL {
  if (typeof url === 'string' && !URL.canParse(url)) throw invalid('the URL cannot be read', ADVICE);
  const parsed = new URL(url);
  if (parsed.protocol !== 'sftp:') throw invalid(`the URL begins with ${parsed.protocol}, not sftp:`, ADVICE);
  if (parsed.hostname === '') throw invalid('the URL names no host', ADVICE);
  if (parsed.password !== '') throw secretInURL('password');
  if (parsed.hash !== '') throw invalid('the URL has a "#" in it', 'Write %23 for a "#" in a name');
  return parsed;
}

const ADVICE = 'Write sftp://user@host:port/base?privateKeyPath=…';

function baseOf(path: string): string {
  return path.startsWith('/~/') || path === '/~' ? path.slice(1) : path;
}

/** By hand: URLSearchParams makes a space of "+", which fingerprints have. */
function queryOf(search: string): SftpURLOptions {
  const found: Record<string, unknown> = {};
  for (const pair of search.slice(1).split('&')) {
    if (pair === '') continue;
    const [rawName = '', ...rawValue] = pair.split('=');
    const name = decode(rawName, 'query');
    if (SECRETS.has(name)) throw secretInURL(name);
    if (!isQueryName(name)) {
      throw invalid(
        `the URL has an unknown option`,
        `The options of an sftp: URL are ${Object.keys(QUERY).join(', ')}`,
      );
    }
    if (name in found) throw invalid(`the URL has the option ${name} twice`);
    const value = parsers[QUERY[name]].safeParse(decode(rawValue.join('='), name));
    if (!value.success) throw invalid(`${name}: ${value.error.issues[0]?.message ?? 'is not valid'}`);
    found[name] = value.data;
  }
  return found;
}

function isQueryName(name: string): name is keyof typeof QUERY {
  return Object.hasOwn(QUERY, name);
}

function decode(text: string, part: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw invalid(`the ${part} of the URL has a "%" that is no escape`, 'Write %25 for a "%"');
  }
}

function secretInURL(name: string): ReturnType<typeof invalid> {
  return invalid(
    `the URL holds a ${name}, where process lists and logs show it`,
    'Leave it out; pass it as an option, or in HOLDFAST_SFTP_PASSWORD or HOLDFAST_SFTP_PASSPHRASE',
  );
}

function withoutUndefined(options: SftpURLOptions): SftpURLOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}
