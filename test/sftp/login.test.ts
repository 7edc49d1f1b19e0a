import { createHmac, generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { sftpVFS, sftpVFSFromURL, type SftpVFSOptions } from '@holdfast/sftp';
import { isVFSError, type Entry, type VFSError } from '@holdfast/vfs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { freePort } from '../servers/process.js';
import { makeKey, type SSHKey } from '../servers/ssh-keys.js';
import {
  sendBytes,
  startSSHServer,
  string,
  uint32,
  type SSHServer,
  type SSHServerOptions,
} from '../servers/ssh2-server.js';
import { status } from '../servers/ssh2-folder.js';

const PASSWORD = 'hunter2 is no password';
const PASSPHRASE = 'open, sesame';

let folder: string;
const servers: SSHServer[] = [];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-login-'));
});
afterAll(() => rmSync(folder, { recursive: true }));
beforeEach(() => vi.stubEnv('SSH_AUTH_SOCK', undefined));
afterEach(async () => {
  vi.unstubAllEnvs();
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});

async function start(options?: SSHServerOptions): Promise<SSHServer> {
  const server = await startSSHServer(options);
  servers.push(server);
  return server;
}

let files = 0;
function file(text: string): string {
  const path = join(folder, `${++files}`);
  writeFileSync(path, text);
  return path;
}

/** What is listed with these options: nothing, if the login works. */
async function listing(options: SftpVFSOptions): Promise<Entry[]> {
  const vfs = sftpVFS(options);
  try {
    return await vfs.ls('/');
  } finally {
    await vfs.close();
  }
}

async function refusal(options: SftpVFSOptions): Promise<VFSError> {
  const vfs = sftpVFS(options);
  const error: unknown = await vfs.mkdir('/a').catch((reason: unknown) => reason);
  await vfs.close();
  if (!isVFSError(error)) throw new Error('it was not refused', { cause: error });
  expect(error.outcome).toBe('failed');
  return error;
}

/** Everything that a log could show of a value. */
function shown(value: unknown): string {
  const seen = inspect(value, { depth: Infinity, showHidden: true, getters: true });
  const stack = value instanceof Error ? `${value.stack}` : '';
  return `${seen}${stack}${JSON.stringify(value)}`;
}

describe('a login', () => {
  test('works with a key, as text or bytes', async () => {
    const { options } = await start();
    expect(await listing(options)).toEqual([]);
    expect(await listing({ ...options, privateKey: Buffer.from(String(options.privateKey)) })).toEqual([]);
  });

  test('works with the file of a key, which is read for each connection', async () => {
    const { options } = await start();
    const { privateKey, ...rest } = options;
    const path = file('no key yet');
    const vfs = sftpVFS({ ...rest, privateKeyPath: path });
    await expect(vfs.ls('/')).rejects.toMatchObject({ code: 'EINVAL' });
    await vfs.close();
    writeFileSync(path, String(privateKey));
    expect(await listing({ ...rest, privateKeyPath: path })).toEqual([]);
  });

  test('works with an encrypted key and its passphrase, and not with another', async () => {
    const locked = makeKey('ed25519', PASSPHRASE);
    const { options } = await start({ clientKey: locked });
    expect(await listing({ ...options, passphrase: PASSPHRASE })).toEqual([]);
    for (const passphrase of [undefined, 'open, barley']) {
      const error = await refusal({ ...options, passphrase });
      expect(error.code).toBe('EINVAL');
      expect(error.advice).toContain('passphrase');
    }
  });

  test.each(['password', 'dialogue'] as const)(
    'works with a password that is asked for by %s',
    async (asks) => {
      const server = await start({ password: PASSWORD, asks });
      expect(await listing(server.options)).toEqual([]);
      expect((await refusal({ ...server.options, password: 'wrong' })).code).toBe('EAUTH');
    },
  );

  test('tries what was given and nothing else, not even "none"', async () => {
    const server = await start();
    expect(await listing(server.options)).toEqual([]);
    expect(new Set(server.logins)).toEqual(new Set(['publickey']));
  });

  test('with a key that the server does not know is EAUTH, and is not tried again at once', async () => {
    const server = await start();
    const vfs = sftpVFS({ ...server.options, privateKey: makeKey().private });
    for (let call = 0; call < 5; call++) {
      await expect(vfs.mkdir('/a')).rejects.toMatchObject({ code: 'EAUTH', outcome: 'failed' });
    }
    expect(server.accepted).toBe(1);
    await vfs.close();
  });

  test('with an agent that does not run is EAUTH; with a missing key file, EINVAL', async () => {
    const { options } = await start();
    const { privateKey: _, ...rest } = options;
    expect((await refusal({ ...rest, agent: join(folder, 'no-agent') })).code).toBe('EAUTH');
    const missing = await refusal({ ...rest, privateKeyPath: join(folder, 'no-key') });
    expect(missing.code).toBe('EINVAL');
    expect(missing.message).toContain('no-key');
  });

  test('where no SFTP is offered is EACCES; where nobody listens, ECONN', async () => {
    const { options } = await start({ noSftp: true });
    expect((await refusal(options)).code).toBe('EACCES');
    expect((await refusal({ ...options, port: await freePort() })).code).toBe('ECONN');
    expect((await refusal({ ...options, host: 'no-such-host.invalid' })).code).toBe('ECONN');
  });

  test.each([
    ['password', 'Your password has expired.'],
    ['dialogue', 'New password: '],
  ] as const)(
    'with a password that has expired is EAUTH at once, in the words of the server: %s',
    async (asks, expired) => {
      const server = await start({ password: PASSWORD, asks, expired });
      const vfs = sftpVFS({ ...server.options, deadlineMs: 60_000 });
      for (let call = 0; call < 2; call++) {
        const error: unknown = await vfs.stat('/').catch((reason: unknown) => reason);
        expect(error).toMatchObject({ code: 'EAUTH', outcome: 'failed' });
        expect(String(error)).toContain(expired.trim());
      }
      expect(server.accepted).toBe(1);
      await vfs.close();
    },
  );

  test.each([
    ['nologin', 'This account is currently not available.\n'],
    ['a shell whose start files print', 'Welcome back, deploy!\r\n'],
  ])('as a user with %s is EACCES that quotes what came', async (_, text) => {
    const server = await start({ onSession: (sftp) => sendBytes(sftp, Buffer.from(text)) });
    const error = await refusal(server.options);
    expect(error.code).toBe('EACCES');
    expect(error.message).toContain(`"${text.slice(0, 4)}"`);
    expect(error.advice).toContain('ssh USER@HOST true');
  });

  test('as a user whose session ends at once is EACCES', async () => {
    const server = await start({ onSession: (sftp) => sftp.end() });
    expect((await refusal(server.options)).code).toBe('EACCES');
  });

  test.each<[string, (pem: string) => string]>([
    ['with \\n in place of line ends', (pem) => pem.replaceAll('\n', String.raw`\n`)],
    ['with spaces in place of line ends', (pem) => pem.replaceAll('\n', ' ').trim()],
    ['indented, with the line ends of Windows', (pem) => pem.replaceAll('\n', '\r\n    ')],
    ['in base64', (pem) => Buffer.from(pem).toString('base64')],
  ])('works with a key %s', async (_, written) => {
    const { options } = await start();
    expect(await listing({ ...options, privateKey: written(String(options.privateKey)) })).toEqual([]);
  });

  test('works with a key in PKCS#8, encrypted or not', async () => {
    const { privateKey } = generateKeyPairSync('ed25519');
    const der = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    const locked = privateKey
      .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: PASSPHRASE })
      .toString();
    const point = Buffer.from(privateKey.export({ format: 'jwk' }).x ?? '', 'base64url');
    const blob = Buffer.concat([string('ssh-ed25519'), uint32(point.length), point]);
    const clientKey = { private: der, public: `ssh-ed25519 ${blob.toString('base64')}`, fingerprint: '' };
    const { options } = await start({ clientKey });
    expect(await listing({ ...options, privateKey: der })).toEqual([]);
    expect(await listing({ ...options, privateKey: locked, passphrase: PASSPHRASE })).toEqual([]);
    expect((await refusal({ ...options, privateKey: locked })).code).toBe('EINVAL');
  });

  test('can be made by a URL, with the password from the environment', async () => {
    const { options } = await start({ password: PASSWORD });
    const fingerprint = encodeURIComponent([options.hostKeyFingerprint].flat().join(','));
    const url = `sftp://${options.username}@127.0.0.1:${options.port}/?hostKeyFingerprint=${fingerprint}`;
    const vfs = sftpVFSFromURL(url, {}, { HOLDFAST_SFTP_PASSWORD: PASSWORD });
    expect(await vfs.ls('/')).toEqual([]);
    await vfs.close();
  });
});

describe('the key of the host', () => {
  const entry = (name: string, key: SSHKey): string => `${name} ${key.public}\n`;
  const hashed = (name: string): string => {
    const salt = randomBytes(20);
    return `|1|${salt.toString('base64')}|${createHmac('sha1', salt).update(name).digest('base64')}`;
  };
  const knowing = ({ options }: SSHServer, text: string): SftpVFSOptions => ({
    ...options,
    hostKeyFingerprint: undefined,
    knownHostsPath: file(text),
  });

  test('is found in the known_hosts file that was named, plain or hashed', async () => {
    const server = await start();
    const name = `[127.0.0.1]:${server.options.port}`;
    expect(await listing(knowing(server, entry(name, server.hostKey)))).toEqual([]);
    expect(await listing(knowing(server, entry(hashed(name), server.hostKey)))).toEqual([]);
  });

  test('is looked for in ~/.ssh/known_hosts if nothing else was said, and that need not exist', async () => {
    const server = await start();
    const options = { ...server.options, hostKeyFingerprint: undefined };
    vi.stubEnv('HOME', join(folder, 'home'));
    expect((await refusal(options)).code).toBe('EAUTH');
    mkdirSync(join(folder, 'home', '.ssh'), { recursive: true });
    const path = join(folder, 'home', '.ssh', 'known_hosts');
    writeFileSync(path, entry(`[127.0.0.1]:${server.options.port}`, server.hostKey));
    expect(await listing(options)).toEqual([]);
  });

  test('that is not known is refused with its fingerprint, which can be pinned as printed', async () => {
    const server = await start();
    const error = await refusal(knowing(server, entry('another.host', server.hostKey)));
    expect(error.code).toBe('EAUTH');
    const [, printed] = /hostKeyFingerprint: '([^']+)'/.exec(error.message) ?? [];
    expect(printed).toBe(server.hostKey.fingerprint);
    expect(await listing({ ...server.options, hostKeyFingerprint: printed })).toEqual([]);
  });

  test('that is not known sees neither key nor password', async () => {
    const server = await start({ password: PASSWORD });
    await refusal({ ...server.options, hostKeyFingerprint: makeKey().fingerprint });
    expect(server.logins).toEqual([]);
  });

  test.each<[string, (name: string, key: SSHKey) => string]>([
    ['another one on file', (name) => entry(name, makeKey())],
    ['one on file that was revoked', (name, key) => `@revoked ${entry('*', key)}${entry(name, key)}`],
    ['an authority on file alone', (name, key) => `@cert-authority ${entry(name, key)}`],
  ])('with %s is refused', async (_, lines) => {
    const server = await start();
    const name = `[127.0.0.1]:${server.options.port}`;
    const error = await refusal(knowing(server, lines(name, server.hostKey)));
    expect(error.code).toBe('EAUTH');
    expect(error.message).toContain('line 1');
  });

  test('other than the pinned one is refused; any of several pins will do; any key at all if that was said', async () => {
    const { options, hostKey } = await start();
    const other = makeKey().fingerprint;
    const error = await refusal({ ...options, hostKeyFingerprint: other });
    expect(error.code).toBe('EAUTH');
    expect(error.message).toContain(hostKey.fingerprint);
    expect(await listing({ ...options, hostKeyFingerprint: [other, hostKey.fingerprint] })).toEqual([]);
    expect(
      await listing({ ...options, hostKeyFingerprint: undefined, insecureAcceptAnyHostKey: true }),
    ).toEqual([]);
  });

  test('is asked for in the type that is on file, where the host has several', async () => {
    const [ed25519, rsa] = [makeKey('ed25519'), makeKey('rsa')];
    const server = await start({ hostKeys: [ed25519, rsa] });
    const name = `[127.0.0.1]:${server.options.port}`;
    expect(await listing(knowing(server, entry(name, rsa)))).toEqual([]);
    expect(await listing(knowing(server, entry(name, ed25519)))).toEqual([]);
  });

  test('that is pinned is found in whichever type the host has it, and remembered', async () => {
    const keys = [makeKey('ed25519'), makeKey('rsa'), makeKey('ecdsa')];
    const server = await start({ hostKeys: keys });
    for (const { fingerprint } of keys) {
      expect(await listing({ ...server.options, hostKeyFingerprint: fingerprint })).toEqual([]);
    }
    const before = server.accepted;
    const vfs = sftpVFS({ ...server.options, hostKeyFingerprint: keys[1]?.fingerprint });
    await vfs.stat('/');
    const [first] = [server.accepted - before];
    expect(first).toBeGreaterThan(1);
    server.cut();
    await expect.poll(() => server.connections, { timeout: 30_000 }).toBe(0);
    await vfs.stat('/');
    expect(server.accepted - before).toBe(first + 1);
    await vfs.close();
  });

  test('that is pinned, and found in another type, is no reason for a login that is refused', async () => {
    const keys = [makeKey('ed25519'), makeKey('rsa')];
    const server = await start({ hostKeys: keys, password: PASSWORD });
    const error = await refusal({
      ...server.options,
      hostKeyFingerprint: keys[1]?.fingerprint,
      password: 'wrong',
    });
    expect(error.code).toBe('EAUTH');
    expect(error.message).toContain('credentials');
    expect(server.logins.length).toBeGreaterThan(0);
  });

  test('that is pinned, and that the host has in no type, is asked for in each and then refused', async () => {
    const server = await start({ hostKeys: [makeKey('ed25519'), makeKey('rsa')], password: PASSWORD });
    const error = await refusal({ ...server.options, hostKeyFingerprint: makeKey().fingerprint });
    expect(error.code).toBe('EAUTH');
    expect(error.message).toContain('ssh-ed25519');
    expect(server.accepted).toBeLessThanOrEqual(3);
    expect(server.logins).toEqual([]);
  });

  test('cannot be looked up in a file that is not there', async () => {
    const { options } = await start();
    const knownHostsPath = join(folder, 'nowhere');
    const error = await refusal({ ...options, hostKeyFingerprint: undefined, knownHostsPath });
    expect(error.code).toBe('EINVAL');
  });
});

describe('secrets', () => {
  const secretsOf = (options: SftpVFSOptions): string[] => [
    PASSWORD,
    PASSPHRASE,
    ...String(options.privateKey).split('\n').slice(1, -2),
  ];

  test('are in no error, and in nothing that a log could show of a VFS', async () => {
    const locked = makeKey('ed25519', PASSPHRASE);
    const { options } = await start({ clientKey: locked });
    const full: SftpVFSOptions = { ...options, password: PASSWORD, passphrase: PASSPHRASE };
    const errors = [
      await refusal({ ...full, hostKeyFingerprint: makeKey().fingerprint }),
      await refusal({ ...full, port: await freePort() }),
      await refusal({ ...full, passphrase: `${PASSPHRASE}!` }),
      await refusal({ ...full, privateKey: makeKey('ed25519', PASSPHRASE).private }),
    ];
    const vfs = sftpVFS(full);
    await vfs.mkdir('/a');
    const all = [...errors, await vfs.mkdir('/a').catch((error: unknown) => error), vfs]
      .map(shown)
      .join('\n');
    await vfs.close();
    for (const secret of secretsOf(full)) expect(all).not.toContain(secret);
  });

  test('that a server sends back are not repeated', async () => {
    const server = await start({ password: PASSWORD });
    const answer = status(4, `no: you said ${PASSWORD}`);
    server.faults = () => ({ kind: 'answer', answer });
    const error = await refusal(server.options);
    expect(shown(error)).not.toContain(PASSWORD);
    expect(error.message).toContain('***');
  });
});
