import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Lock, LockLostError } from '@holdfast/lock';
import { sftpVFS } from '@holdfast/sftp';
import { VirtualClock } from '@holdfast/testkit';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startSSHServer, type SSHServer } from '../servers/ssh2-server.js';

const PROGRAM = fileURLToPath(new URL('short-life.mjs', import.meta.url));

let server: SSHServer;
beforeEach(async () => {
  server = await startSSHServer();
});
afterEach(() => server.stop());

describe('a process', () => {
  test.each(['connection', 'lock'])('with an idle %s ends by itself', async (what) => {
    const child = fork(PROGRAM);
    child.send({ options: server.options, what });
    const [told] = (await once(child, 'message')) as [unknown];
    const [status] = (await once(child, 'exit')) as [unknown];
    expect(told).toEqual({ titleKept: true });
    expect(status).toBe(0);
  });
});

describe('an idle connection', () => {
  test('is closed after a while, and the next call opens another', async () => {
    const clock = new VirtualClock();
    const vfs = sftpVFS({ ...server.options, clock, idleMs: 10_000 });
    await vfs.ls('/');
    await clock.advance(9_999);
    expect(server.connections).toBe(1);
    await clock.advance(1);
    await expect.poll(() => server.connections, { timeout: 30_000 }).toBe(0);
    await vfs.ls('/');
    expect(server.accepted).toBe(2);
    await vfs.close();
  });

  test('is let go by close, which may come twice', async () => {
    const vfs = sftpVFS(server.options);
    await vfs.ls('/');
    await vfs.close();
    await vfs.close();
    await expect.poll(() => server.connections, { timeout: 30_000 }).toBe(0);
    await expect(vfs.ls('/')).rejects.toMatchObject({ code: 'ECONN', outcome: 'failed' });
  });
});

describe('a function that is frozen with a lease, and thawed', () => {
  test('knows that it has lost it before any request is sent, and never uses the old connection', async () => {
    const time = new VirtualClock();
    const clock = time.actor({});
    const vfs = sftpVFS({ ...server.options, clock });
    const lock = new Lock(vfs, { id: 'frozen', clock });
    const lease = await lock.acquire();
    expect(lease.held).toBe(true);

    clock.suspend('machine');
    await time.advance(60_000);
    server.recount();
    clock.resume();
    expect(lease.held).toBe(false);
    expect(lease.signal.reason).toBeInstanceOf(LockLostError);
    await expect(lease.verify()).rejects.toBeInstanceOf(LockLostError);
    expect(server.requests).toEqual([]);
    expect(server.accepted).toBe(1);

    await lease.release();
    const again = await lock.acquire();
    expect(again.token).toBeGreaterThan(lease.token);
    expect(server.accepted).toBe(2);
    await again.release();
    await vfs.close();
  });
});
