import type { VFS } from '@holdfast/vfs';
import { optionError, parseURL, type OptionKind } from '@holdfast/vfs/adapter';
import { sftpVFS } from './open.js';
import { ADAPTER, PASSPHRASE_VARIABLE, PASSWORD_VARIABLE, type SftpVFSOptions } from './options.js';

/** What may stand behind the `?` of a URL. Nothing secret: a URL shows in process lists, logs and histories. */
const QUERY = {
  create: 'flag',
  privateKeyPath: 'text',
  agent: 'text',
  knownHostsPath: 'text',
  hostKeyFingerprint: 'list',
  insecureAcceptAnyHostKey: 'flag',
  deadlineMs: 'number',
  answerTimeoutMs: 'number',
  connectTimeoutMs: 'number',
  idleMs: 'number',
} as const satisfies Partial<Record<keyof SftpVFSOptions, OptionKind>>;

const RULES = {
  adapter: ADAPTER,
  schemes: ['sftp:'],
  form: 'sftp://user@host:port/base?privateKeyPath=…',
  options: QUERY,
  secrets: `Leave it out; set the variable ${PASSWORD_VARIABLE} or ${PASSPHRASE_VARIABLE}, or pass it as an option`,
} as const;

/** Options that go with a URL: those that it does not, or must not, hold. They win over what the URL says. */
export type SftpURLOptions = Partial<SftpVFSOptions>;

/** The variables of the environment that {@link sftpVFSFromURL} reads, for what a URL must not hold. */
export interface SftpEnvironment {
  readonly [PASSWORD_VARIABLE]?: string | undefined;
  readonly [PASSPHRASE_VARIABLE]?: string | undefined;
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
  const { user, host, port, path, options: query } = parseURL(url, RULES);
  if (host === '') throw optionError(ADAPTER, 'the URL names no host', `Write ${RULES.form}`);
  const merged: SftpURLOptions = {
    host,
    ...(port !== undefined && { port }),
    ...(user !== '' && { username: user }),
    ...(path !== '' && { base: baseOf(path) }),
    ...query,
    ...withoutUndefined(options),
  };
  if (merged.username === undefined) {
    throw optionError(ADAPTER, 'the URL names no user', 'Write sftp://user@host/base');
  }
  const { [PASSWORD_VARIABLE]: password, [PASSPHRASE_VARIABLE]: passphrase } = environment;
  const hasKey = (merged.privateKey ?? merged.privateKeyPath) !== undefined;
  return {
    ...(password !== undefined && password !== '' && { password }),
    ...(passphrase !== undefined && passphrase !== '' && hasKey && { passphrase }),
    ...merged,
    host: merged.host ?? host,
    username: merged.username,
  };
}

function baseOf(path: string): string {
  return path.startsWith('/~/') || path === '/~' ? path.slice(1) : path;
}

function withoutUndefined(options: SftpURLOptions): SftpURLOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}
