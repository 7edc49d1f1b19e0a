import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Lock } from '@holdfast/lock';
import { sftpVFS, sftpVFSFromURL } from '@holdfast/sftp';
import { isVFSError, type VFS } from '@holdfast/vfs';
import { openVFS } from 'holdfast';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { canMount, makeReadOnly, makeTmpfs } from '../local/places.fixture.js';
import { startServer } from '../servers/process.js';
import { SERVER_USER } from '../servers/sftp-server.js';
import { noSshd, startSshd, type Sshd } from '../servers/sshd.js';

const missing = await noSshd();
/** The user that the servers of tests run as has one where root runs the tests. */
const loginShellIsNologin = readFileSync('/etc/passwd', 'utf8').includes(
  `${SERVER_USER.name}:x:${SERVER_USER.uid}:${SERVER_USER.gid}:${SERVER_USER.name}:/usr/sbin:/usr/sbin/nologin`,
);
const run = promisify(execFile);

describe.skipIf(missing !== undefined)(`OpenSSH${missing ? ` (${missing})` : ''}`, () => {
  let server: Sshd;
  let vfs: VFS;

  beforeAll(async () => {
    server = await startSshd();
    vfs = sftpVFS(server.options);
  });
  afterAll(async () => {
    await vfs?.close();
    await server?.stop();
  });

  test('lets in who has the key in an agent', async () => {
    const socket = join(dirname(server.folder), 'agent');
    const key = join(dirname(server.folder), 'client_key');
    writeFileSync(key, String(server.options.privateKey), { mode: 0o600 });
    const agent = await startServer({
      command: 'ssh-agent',
      args: ['-D', '-a', socket],
      ready: /SSH_AUTH_SOCK/,
    });
    try {
      const { privateKey: _, ...rest } = server.options;
      const agentVFS = sftpVFS({ ...rest, agent: socket });
      await expect(agentVFS.stat('/')).rejects.toMatchObject({ code: 'EAUTH', outcome: 'failed' });
      await agentVFS.close();
      await run('ssh-add', [key], { env: { ...process.env, SSH_AUTH_SOCK: socket } });
      const again = sftpVFS({ ...rest, agent: socket });
      expect((await again.stat('/')).type).toBe('directory');
      await again.close();
    } finally {
      await agent.stop();
    }
  });

  test('begins where the login leads to, if no base is given, or a relative one', async () => {
    mkdirSync(join(server.folder, 'below'));
    writeFileSync(join(server.folder, 'below', 'f'), 'here');
    const { base: _, ...rest } = server.options;
    for (const [base, path] of [
      [undefined, '/below/f'],
      ['.', '/below/f'],
      ['~', '/below/f'],
      ['below', '/f'],
      ['~/below/', '/f'],
    ] as const) {
      const there = sftpVFS({ ...rest, base });
      expect(new TextDecoder().decode(await there.readFile(path))).toBe('here');
      await there.close();
    }
  });

  describe('by URL', () => {
    let url: string;
    beforeAll(() => {
      const { host, port, username, privateKey, hostKeyFingerprint } = server.options;
      const key = join(dirname(server.folder), 'url_key');
      writeFileSync(key, String(privateKey), { mode: 0o600 });
      mkdirSync(join(server.folder, 'by url'), { mode: 0o777 });
      chmodSync(join(server.folder, 'by url'), 0o777);
      const query = `privateKeyPath=${key}&hostKeyFingerprint=${String(hostKeyFingerprint)}&deadlineMs=20000`;
      url = `sftp://${username}@${host}:${port}${server.folder}/by%20url?${query}`;
    });

    test('is opened here and by openVFS', async () => {
      for (const there of [sftpVFSFromURL(url), await openVFS(url)]) {
        expect(await there.ls('/')).toEqual([]);
        await there.close();
      }
    });

    test('is what a command runs under the lock of', async () => {
      const main = fileURLToPath(new URL('../../packages/holdfast/dist/cli/main.js', import.meta.url));
      const script = 'process.stdout.write(process.env.HOLDFAST_TOKEN)';
      const holdfast = async (): Promise<string> => {
        const args = [main, 'run', '--on', url, '--id', 'cli', '--', process.execPath, '-e', script];
        return (await run(process.execPath, args)).stdout;
      };
      const token = Number(await holdfast());
      expect(Number(await holdfast())).toBe(token + 1);
    });
  });

  test('makes no base, unless it was asked to, and then once', async () => {
    const base = `${server.folder}/no/such/place`;
    const lost = sftpVFS({ ...server.options, base });
    for (const call of [
      () => lost.ls('/'),
      () => lost.mkdir('/a', { recursive: true }),
      () => lost.stat('/a/b'),
      () => lost.writeFile('/f', 'x'),
    ]) {
      const told: unknown = await call().catch((error: unknown) => error);
      expect(told).toMatchObject({ code: 'ENOENT', outcome: 'failed' });
      expect(String(told)).toContain(`${base} does not exist on 127.0.0.1:${server.options.port}`);
    }
    await lost.close();

    const made = sftpVFS({ ...server.options, base, create: true });
    await Promise.all([made.mkdir('/a'), made.mkdir('/b')]);
    expect((await vfs.stat('/no/such/place/a')).type).toBe('directory');
    await vfs.rm('/no', { recursive: true });
    await expect(made.mkdir('/a', { recursive: true })).rejects.toMatchObject({ code: 'ENOENT' });
    await made.close();
  });

  const unlessNologin = loginShellIsNologin ? '' : ' (the shell of the test user may run)';
  test.runIf(loginShellIsNologin)(`tells a user whose shell may not run${unlessNologin}`, async () => {
    const strict = await startSshd({ sftp: 'by the login shell' });
    const kept = sftpVFS(strict.options);
    try {
      const told: unknown = await kept.stat('/').catch((error: unknown) => error);
      expect(told).toMatchObject({ code: 'EACCES', outcome: 'failed' });
      expect(String(told)).toContain('"This"');
    } finally {
      await kept.close();
      await strict.stop();
    }
  });

  test('is refused a lock in a directory that it may only read', async () => {
    mkdirSync(join(server.folder, 'read-only'), { mode: 0o555 });
    for (const call of [() => vfs.mkdir('/read-only/a'), () => vfs.writeFile('/read-only/f', 'x')]) {
      await expect(call()).rejects.toMatchObject({ code: 'EACCES', outcome: 'failed' });
    }
    const lock = new Lock(vfs, { id: 'deploy', dir: '/read-only' });
    await expect(lock.acquire()).rejects.toMatchObject({ code: 'EACCES' });
  });

  test('lists what symbolic links are, and follows them', async () => {
    mkdirSync(join(server.folder, 'target'));
    await run('ln', ['-s', 'target', join(server.folder, 'link')]);
    await run('ln', ['-s', 'nowhere', join(server.folder, 'dangling')]);
    const types = new Map((await vfs.ls('/')).map(({ name, type }) => [name, type]));
    expect(types.get('link')).toBe('other');
    expect((await vfs.stat('/link')).type).toBe('directory');
    await expect(vfs.mkdir('/link')).rejects.toMatchObject({ code: 'EEXIST' });
    await expect(vfs.mkdir('/dangling')).rejects.toMatchObject({ code: 'EEXIST' });
    await vfs.rm('/link');
    expect((await vfs.stat('/target')).type).toBe('directory');
  });

  test('answers hundreds of calls at once, all on one connection', async () => {
    await vfs.mkdir('/many');
    const before = server.sessions().length;
    const results = await Promise.all(
      Array.from({ length: 300 }, async (_, index) => {
        await vfs.mkdir(`/many/${index}`);
        return vfs.ls(`/many/${index}`);
      }),
    );
    expect(results.flat()).toEqual([]);
    expect(await vfs.ls('/many')).toHaveLength(300);
    expect(server.sessions()).toHaveLength(before);
  });

  describe.runIf(canMount)('on a file system of its own', () => {
    /** A directory of the server that is a small file system. */
    async function onSmall(options: string, act: (there: VFS, dir: string) => Promise<void>): Promise<void> {
      using place = makeTmpfs(options);
      chmodSync(dirname(place.dir), 0o755);
      const there = sftpVFS({ ...server.options, base: place.dir });
      try {
        await act(there, place.dir);
      } finally {
        await there.close();
      }
    }

    test('that is full says so, and gives no lock', async () => {
      await onSmall('size=64k,mode=777', async (there) => {
        const big = new Uint8Array(256 * 1024);
        await expect(there.writeFile('/f', big)).rejects.toMatchObject({
          code: 'ENOSPC',
          outcome: 'unknown',
        });
        expect((await there.stat('/f')).size).toBeLessThan(big.length);
      });
      await onSmall('nr_inodes=3,mode=777', async (there) => {
        await there.mkdir('/a');
        const failures = await Promise.all(
          [1, 2, 3].map((index) => there.mkdir(`/a/${index}`).catch((error: unknown) => error)),
        );
        expect(failures.filter((error) => isVFSError(error, 'ENOSPC')).length).toBeGreaterThan(0);
        await expect(new Lock(there, { id: 'deploy' }).acquire()).rejects.toMatchObject({ code: 'ENOSPC' });
      });
    });

    test('that is mounted read-only says so, and gives no lock', async () => {
      await onSmall('size=1m,mode=777', async (there, dir) => {
        await there.mkdir('/a');
        makeReadOnly(dir);
        await expect(there.mkdir('/b')).rejects.toMatchObject({ code: 'EACCES', outcome: 'failed' });
        await expect(new Lock(there, { id: 'deploy' }).acquire()).rejects.toMatchObject({ code: 'EACCES' });
      });
    });
  });
});
