import { systemClock, type Clock } from '@holdfast/vfs';
import { isClock, optionError, parseOptions } from '@holdfast/vfs/adapter';
import { z } from 'zod';

/** Where the server is, who asks, and how long to wait. Read once, by {@link sftpVFS}. */
export interface SftpVFSOptions {
  /** Name or address of the server. */
  readonly host: string;
  /** Default 22. */
  readonly port?: number | undefined;
  /** The user to log in as. Never guessed. */
  readonly username: string;
  /**
   * The directory on the server that is `/` of the VFS. A relative one begins at the directory that the login leads to.
   * Default: that directory itself.
   */
  readonly base?: string | undefined;
  /**
   * Makes `base`, with its parents, if it does not exist when the VFS is first used; never later. Default `false`: it must
   * exist.
   */
  readonly create?: boolean | undefined;

  /**
   * A private key, as the text of a key file in the format of OpenSSH, PEM or PKCS#8. Line feeds may have become `\\n` or
   * spaces, as in a variable of the environment; the whole may be in base64.
   */
  readonly privateKey?: string | Uint8Array | undefined;
  /** The file that holds the private key. Read each time a connection is opened. */
  readonly privateKeyPath?: string | undefined;
  /** Opens an encrypted private key. */
  readonly passphrase?: string | undefined;
  /** The socket of an SSH agent. Default, if no other credential is given: `SSH_AUTH_SOCK` of the environment. */
  readonly agent?: string | undefined;
  readonly password?: string | undefined;

  /** A file in the format of OpenSSH that lists the host's keys. Default `~/.ssh/known_hosts`. */
  readonly knownHostsPath?: string | undefined;
  /** The fingerprint of the host's key as `SHA256:…`, or several, any of which is accepted. Then no file is read. */
  readonly hostKeyFingerprint?: string | readonly string[] | undefined;
  /**
   * `true`: any host key is accepted, so anybody can intercept the connection. For tests on a loopback address. Default
   * `false`.
   */
  readonly insecureAcceptAnyHostKey?: boolean | undefined;

  /** Longest milliseconds for one call with all that it takes; then it rejects with `ETIMEDOUT`. Default 10 000. */
  readonly deadlineMs?: number | undefined;
  /**
   * Longest milliseconds that a request waits while no answer comes to it, nor to any that was sent before it. Then reads,
   * and writes that may be repeated, go to another connection. Well below the `staleAfterMs` of a lock, so that its holder
   * has the time for that. Default: a third of `deadlineMs`.
   */
  readonly answerTimeoutMs?: number | undefined;
  /**
   * Longest milliseconds to open a connection. After `answerTimeoutMs` a second attempt begins beside the first. Default
   * 0.8 × `deadlineMs`.
   */
  readonly connectTimeoutMs?: number | undefined;
  /** Milliseconds after which a connection that nobody uses is closed. Default 30 000. */
  readonly idleMs?: number | undefined;

  /** Default: the machine's clock. */
  readonly clock?: Clock | undefined;
  /** From 0 up to 1, spreads reconnections. Default `Math.random`. */
  readonly random?: (() => number) | undefined;
}

/** What proves who we are. */
export interface Credentials {
  readonly privateKey: string | Uint8Array | undefined;
  readonly privateKeyPath: string | undefined;
  readonly passphrase: string | undefined;
  readonly agent: string | undefined;
  readonly password: string | undefined;
}

/** What must prove who the host is. */
export type HostKeyPolicy =
  | { readonly kind: 'pinned'; readonly fingerprints: readonly string[] }
  /** `must` exist, since it was named; the default one need not. */
  | { readonly kind: 'known-hosts'; readonly path: string | undefined; readonly must: boolean }
  | { readonly kind: 'any' };

/** The options, checked and complete. */
export interface Settings {
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly base: string;
  readonly create: boolean;
  readonly credentials: Credentials;
  readonly hostKey: HostKeyPolicy;
  readonly deadlineMs: number;
  readonly answerTimeoutMs: number;
  readonly connectTimeoutMs: number;
  readonly idleMs: number;
  readonly clock: Clock;
  readonly random: () => number;
}

export const ADAPTER = 'sftp';
/** Where a password comes from that must not stand in a URL. */
export const PASSWORD_VARIABLE = 'HOLDFAST_SFTP_PASSWORD';
export const PASSPHRASE_VARIABLE = 'HOLDFAST_SFTP_PASSPHRASE';

const milliseconds = z.number().positive().max(86_400_000);

const fingerprint = z
  .string()
  .transform((text) => text.replace(/=+$/, ''))
  .refine((text) => /^SHA256:[A-Za-z0-9+/]{43}$/.test(text), {
    error: 'must be a fingerprint such as SHA256:nThbg6kXUpJWGl7E1IGOCspRomTxdCARLviKw6E5SY8',
  });

const base = z
  .string()
  .min(1)
  .refine((path) => !/[\u0000-\u001f\u007f-\u009f]/.test(path), { error: 'holds a control character' })
  .refine((path) => !path.split('/').includes('..'), { error: 'must not have a ".." segment' })
  .transform(tidied);

const host = z
  .string()
  .regex(/^[^\s/@]+$/, { error: 'must be a host name or an address' })
  .refine((name) => !/^[^:]+:\d*$/.test(name), { error: 'has a port in it; give that as the option port' })
  .transform((name) => name.replace(/^\[(.*)\]$/, '$1'));

const schema = z
  .strictObject({
    host,
    port: z.int().min(1).max(65_535).default(22),
    username: z.string().min(1, { error: 'must name the user to log in as' }),
    base: base.default('.'),
    create: z.boolean().default(false),
    privateKey: z.union([z.string().min(1), z.instanceof(Uint8Array)]).optional(),
    privateKeyPath: z.string().min(1).optional(),
    passphrase: z.string().optional(),
    agent: z.string().min(1).optional(),
    password: z.string().optional(),
    knownHostsPath: z.string().min(1).optional(),
    hostKeyFingerprint: z.union([fingerprint, z.array(fingerprint).min(1)]).optional(),
    insecureAcceptAnyHostKey: z.boolean().default(false),
    deadlineMs: milliseconds.default(10_000),
    answerTimeoutMs: milliseconds.optional(),
    connectTimeoutMs: milliseconds.optional(),
    idleMs: milliseconds.default(30_000),
    clock: z.custom<Clock>(isClock, { error: 'is not a Clock' }).default(systemClock),
    random: z
      .custom<() => number>((value) => typeof value === 'function', { error: 'must be a function' })
      .default(() => Math.random),
  })
  .refine((given) => given.privateKey === undefined || given.privateKeyPath === undefined, {
    error: 'privateKey and privateKeyPath: give one of them',
  })
  .refine(
    (given) => given.passphrase === undefined || (given.privateKey ?? given.privateKeyPath) !== undefined,
    {
      error: 'passphrase: goes with privateKey or privateKeyPath',
    },
  )
  .refine((given) => waysToVerifyTheHost(given) <= 1, {
    error: 'knownHostsPath, hostKeyFingerprint, insecureAcceptAnyHostKey: give one of them',
  });

type Given = z.infer<typeof schema>;

/**
 * @param environment where `SSH_AUTH_SOCK` is looked up, the only variable that counts
 * @throws `VFSError` `EINVAL` that names each option that is wrong, never its value
 */
export function settingsOf(
  options: SftpVFSOptions,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Settings {
  const given = parseOptions(schema, options, ADAPTER, 'SftpVFSOptions');
  const { port, username, deadlineMs, idleMs, clock, random } = given;
  return {
    host: given.host,
    port,
    username,
    base: given.base,
    create: given.create,
    credentials: credentialsOf(given, environment),
    hostKey: hostKeyOf(given),
    deadlineMs,
    answerTimeoutMs: given.answerTimeoutMs ?? Math.round(deadlineMs / 3),
    connectTimeoutMs: given.connectTimeoutMs ?? deadlineMs * 0.8,
    idleMs,
    clock,
    random,
  };
}

function credentialsOf(given: Given, environment: Readonly<Record<string, string | undefined>>): Credentials {
  const { privateKey, privateKeyPath, passphrase, password } = given;
  const named = privateKey ?? privateKeyPath ?? password ?? given.agent;
  const agent = given.agent ?? (named === undefined ? environment['SSH_AUTH_SOCK'] || undefined : undefined);
  if ((named ?? agent) === undefined) {
    throw optionError(
      ADAPTER,
      `there is nothing to log in to ${given.host} with`,
      `Give privateKeyPath, privateKey, agent or password; for a URL, set the variable ${PASSWORD_VARIABLE}; or start an SSH agent (SSH_AUTH_SOCK)`,
    );
  }
  return { privateKey, privateKeyPath, passphrase, agent, password };
}

function hostKeyOf({ hostKeyFingerprint, insecureAcceptAnyHostKey, knownHostsPath }: Given): HostKeyPolicy {
  if (insecureAcceptAnyHostKey) return { kind: 'any' };
  if (hostKeyFingerprint !== undefined) return { kind: 'pinned', fingerprints: [hostKeyFingerprint].flat() };
  return { kind: 'known-hosts', path: knownHostsPath, must: knownHostsPath !== undefined };
}

function waysToVerifyTheHost(given: {
  readonly hostKeyFingerprint?: unknown;
  readonly insecureAcceptAnyHostKey: boolean;
  readonly knownHostsPath?: unknown;
}): number {
  const { hostKeyFingerprint, insecureAcceptAnyHostKey, knownHostsPath } = given;
  return [hostKeyFingerprint !== undefined, insecureAcceptAnyHostKey, knownHostsPath !== undefined].filter(
    Boolean,
  ).length;
}

/** `~` is the directory that the login leads to, where a relative path begins anyway. */
function tidied(path: string): string {
  const absolute = path.startsWith('/');
  const segments = path.split('/').filter((segment) => segment !== '' && segment !== '.');
  if (!absolute && segments[0] === '~') segments.shift();
  return absolute ? `/${segments.join('/')}` : segments.join('/') || '.';
}
