import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Lock, LockTimeoutError, UnsafeStorageError, type Lease, type LockOptions } from '@holdfast/lock';
import { sftpVFS } from '@holdfast/sftp';
import { VirtualClock } from '@holdfast/testkit';
import { isVFSError, type VFS } from '@holdfast/vfs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { noProftpd, startProftpd } from '../servers/proftpd.js';
import { noRcloneSFTP, startRcloneSFTP } from '../servers/rclone-sftp.js';
import { startSSHServer, type SSHServer } from '../servers/ssh2-server.js';
import { turning } from './turning.js';

const PATIENTLY = { timeout: 30_000 };

describe('a claim that was given up on', () => {
  /** A window so long that nobody is taken for dead because a machine is busy. */
  const LOCK: LockOptions = { id: 'deploy', staleAfterMs: 60_000, pollMs: 50 };
  let server: SSHServer;
  let opened: VFS[];

  beforeEach(async () => {
    server = await startSSHServer();
    opened = [];
  });
  afterEach(async () => {
    await Promise.all(opened.map((vfs) => vfs.close()));
    await server.stop();
  });

  /** @param clock for its deadlines. Default: one that stands still, so that none passes because a machine is busy */
  function client(clock = new VirtualClock()): VFS {
    const vfs = sftpVFS({ ...server.options, clock });
    opened.push(vfs);
    return vfs;
  }

  /** Keeps the request that makes the first claim from being carried out, until it is let go on. */
  function holdBackTheFirstClaim(): { readonly sent: Promise<string>; goOn(): void } {
    let goOn: () => void = () => undefined;
    const until = new Promise<void>((resolve) => (goOn = resolve));
    const sent = new Promise<string>((resolve) => {
      server.faults = ({ op, path }) => {
        if (op !== 'MKDIR' || !/\/[0-9]{16}$/.test(path)) return undefined;
        server.faults = undefined;
        resolve(path);
        return { kind: 'late', until };
      };
    });
    return { sent, goOn };
  }

  /** Tries to obtain the lock, and is not answered to its claim. @returns the claim's path, and what came of it */
  async function loseTheAnswer(sent: Promise<string>): Promise<{ claim: string; error: unknown }> {
    const clock = new VirtualClock();
    const attempt = new Lock(client(clock), { ...LOCK, clock }).tryAcquire().catch((error: unknown) => error);
    const claim = await sent;
    await clock.advance(4_000);
    return { claim, error: await attempt };
  }

  const isMade = (path: string): boolean => existsSync(join(server.folder, path));
  const tokenOf = (claim: string): number => Number(basename(claim));

  test('and is made later locks nobody out, and is never counted as held', async () => {
    const { sent, goOn } = holdBackTheFirstClaim();
    const { claim, error } = await loseTheAnswer(sent);
    expect(isVFSError(error, 'ETIMEDOUT') && error.outcome).toBe('unknown');
    expect(isMade(claim)).toBe(false);
    goOn();
    await expect.poll(() => isMade(claim), PATIENTLY).toBe(true);

    const clock = new VirtualClock();
    const acquired: Lease[] = [];
    void new Lock(client(), { ...LOCK, clock }).acquire().then((lease) => acquired.push(lease));
    await turning(clock, () => acquired.length > 0, 50);
    expect(acquired[0]?.token).toBe(tokenOf(claim) + 1);
    await acquired[0]?.release();
  });

  test('and is made after the same number was claimed again changes nothing', async () => {
    const { sent, goOn } = holdBackTheFirstClaim();
    const { claim } = await loseTheAnswer(sent);
    const lease = await new Lock(client(), LOCK).acquire();
    expect(lease.token).toBe(tokenOf(claim));
    goOn();
    await lease.verify();
    expect(lease.held).toBe(true);
    await lease.release();
  });

  test('by a caller who ran out of time is freed as soon as it is made', async () => {
    const { sent, goOn } = holdBackTheFirstClaim();
    const clock = new VirtualClock();
    const late = new Lock(client(), { ...LOCK, clock }).acquire({ timeoutMs: 200 });
    const timedOut = expect(late).rejects.toBeInstanceOf(LockTimeoutError);
    const claim = await sent;
    await clock.advance(200);
    await timedOut;
    goOn();
    await expect.poll(() => isMade(`${claim}.free`), PATIENTLY).toBe(true);
    const lease = await new Lock(client(), LOCK).acquire();
    expect(lease.token).toBe(tokenOf(claim) + 1);
    await lease.release();
  });
});

describe('a lock in a directory that cannot be made', () => {
  test('says at once what is missing', async () => {
    const server = await startSSHServer();
    const vfs = sftpVFS({ ...server.options, base: '/no/such/place' });
    await expect(new Lock(vfs, { id: 'deploy' }).acquire()).rejects.toMatchObject({ code: 'ENOENT' });
    await vfs.close();
    await server.stop();
  });
});

const noDaemon = await noProftpd();
describe.skipIf(noDaemon !== undefined)(`ProFTPD${noDaemon ? ` (${noDaemon})` : ''}`, () => {
  test('gives a lock to one of several clients at a time', async () => {
    const server = await startProftpd();
    const clients = Array.from({ length: 4 }, () => sftpVFS(server.options));
    const tokens: number[] = [];
    let inside = 0;
    const contend = async (vfs: VFS): Promise<void> => {
      const lock = new Lock(vfs, { id: 'deploy', staleAfterMs: 60_000, pollMs: 20 });
      for (let round = 0; round < 5; round++) {
        await lock.with(async ({ token }) => {
          expect(++inside).toBe(1);
          tokens.push(token);
          await vfs.writeFile('/guarded', `${token}`);
          inside--;
        });
      }
    };
    try {
      await Promise.all(clients.map(contend));
      expect(tokens).toHaveLength(20);
      expect(tokens).toEqual(tokens.toSorted((a, b) => a - b));
    } finally {
      await Promise.all(clients.map((vfs) => vfs.close()));
      await server.stop();
    }
  });
});

const missing = await noRcloneSFTP();
describe.skipIf(missing !== undefined)(`rclone serve sftp${missing ? ` (${missing})` : ''}`, () => {
  test('is refused, since it makes what exists', async () => {
    const server = await startRcloneSFTP();
    const vfs = sftpVFS(server.options);
    try {
      await vfs.mkdir('/twice');
      await vfs.mkdir('/twice');
      for (const attempt of [1, 2]) {
        const lock = new Lock(vfs, { id: `deploy-${attempt}` });
        await expect(lock.acquire()).rejects.toBeInstanceOf(UnsafeStorageError);
        await expect(lock.tryAcquire()).rejects.toBeInstanceOf(UnsafeStorageError);
      }
    } finally {
      await vfs.close();
      await server.stop();
    }
  });
});
