import { Lock, type LockOptions } from '@holdfast/lock';
import { localVFS } from '@holdfast/local';
import { sftpVFS } from '@holdfast/sftp';
import type { VFS } from '@holdfast/vfs';
import { webdavVFS } from '@holdfast/webdav';
import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { noApache, startApache } from '../servers/apache.js';
import { noSshd, startSshd } from '../servers/sshd.js';
import { Stage } from '../webdav/stage.js';

/** A server and the folder that it serves, as this machine's own disk has it. */
interface Shared {
  readonly folder: string;
  open(): VFS;
  stop(): Promise<void>;
}

const SERVERS = [
  {
    name: 'an SFTP server',
    missing: await noSshd(),
    async start(): Promise<Shared> {
      const server = await startSshd();
      return {
        folder: server.folder,
        open: () => sftpVFS(server.options),
        stop: () => server.stop(),
      };
    },
  },
  {
    name: 'a WebDAV server',
    missing: await noApache(),
    async start(): Promise<Shared> {
      const folder = mkdtempSync(join(tmpdir(), 'holdfast-mixed-'));
      chmodSync(folder, 0o777);
      const server = await startApache({ root: folder });
      return {
        folder,
        open: () => webdavVFS({ url: server.url }),
        async stop() {
          await server.stop();
          rmSync(folder, { recursive: true, force: true });
        },
      };
    },
  },
];

const ROUNDS = 25;

/** A program on the server's own machine uses its disk, and its clients the server: claims are files here and directories there. */
describe.each(SERVERS)('one ledger on a disk and through $name', ({ missing, start }) => {
  let shared: Shared;
  const opened: VFS[] = [];

  beforeAll(async () => {
    if (missing === undefined) shared = await start();
    else if (process.env['CI'] === 'true') throw new Error(missing);
  });
  afterAll(async () => {
    await Promise.all(opened.map((vfs) => vfs.close()));
    await shared?.stop();
  });

  function both(): { disk: VFS; remote: VFS } {
    // Whoever serves the folder is another user than this process.
    const disk = localVFS(shared.folder, { mode: 0o777 });
    const remote = shared.open();
    opened.push(disk, remote);
    return { disk, remote };
  }

  it.skipIf(missing !== undefined)(
    'contenders of both kinds hold in turn, by claims of both kinds',
    async () => {
      const { disk, remote } = both();
      const id = 'in-turn';
      const locks = [disk, remote, disk, remote].map((vfs) => new Lock(vfs, { id, pollMs: 20 }));
      const tokens: number[] = [];
      const kinds = new Set<string>();
      let inside = 0;
      await Promise.all(
        locks.map(async (lock) => {
          for (let round = 0; round < ROUNDS; round++) {
            await lock.with(async ({ token }) => {
              expect(++inside).toBe(1);
              tokens.push(token);
              const claim = join(shared.folder, `lockfile-${id}`, String(token));
              kinds.add(statSync(claim).isFile() ? 'file' : 'directory');
              await new Promise((resolve) => setImmediate(resolve));
              inside--;
            });
          }
        }),
      );
      expect(tokens).toHaveLength(locks.length * ROUNDS);
      expect(tokens).toEqual(tokens.toSorted((a, b) => a - b));
      expect([...kinds].sort()).toEqual(['directory', 'file']);
      // It was cleaned up by both, too.
      expect(readdirSync(join(shared.folder, `lockfile-${id}`)).length).toBeLessThan(60);
    },
  );

  it.skipIf(missing !== undefined)(
    'each sees the other hold and wait, and shared leases are held beside each other',
    async () => {
      const { disk, remote } = both();
      const [here, there] = [disk, remote].map((vfs) => new Lock(vfs, { id: 'shared', pollMs: 20 })) as [
        Lock,
        Lock,
      ];
      const [first, second] = await Promise.all([
        here.acquire({ mode: 'shared' }),
        there.acquire({ mode: 'shared' }),
      ]);
      await expect(there.tryAcquire()).rejects.toMatchObject({ code: 'ELOCKED' });
      const writer = here.acquire();
      await expect.poll(async () => (await there.inspect()).waiters.length).toBe(1);
      expect((await there.inspect()).holders.map(({ mode }) => mode)).toEqual(['shared', 'shared']);
      await first.release();
      await second.release();
      const lease = await writer;
      expect(lease.token).toBeGreaterThan(Math.max(first.token, second.token));
      await lease.release();
    },
  );

  it.skipIf(missing !== undefined)('a lease that was detached on one is taken up on the other', async () => {
    const { disk, remote } = both();
    const [here, there] = [disk, remote].map((vfs) => new Lock(vfs, { id: 'handed-on' })) as [Lock, Lock];
    const handle = await (await here.acquire()).detach({ ttlMs: 60_000 });
    const lease = await there.attach(handle);
    await expect(here.attach(handle)).rejects.toMatchObject({ code: 'ELOCKLOST', reason: 'attached' });
    const back = await here.attach(await lease.detach({ ttlMs: 60_000 }));
    expect([lease.token, back.token, back.held]).toEqual([handle.token, handle.token, true]);
    await back.release();
  });

  it.skipIf(missing !== undefined)('each takes over from the other when that has died', async () => {
    const { disk, remote } = both();
    const stage = new Stage();
    const lockOn = (vfs: VFS, options: Partial<LockOptions> = {}): Lock =>
      new Lock(stage.watching(vfs), { id: 'dead', clock: stage.time.actor(), ...options });
    for (const [dead, heir] of [
      [disk, remote],
      [remote, disk],
    ] as const) {
      // A clock of its own that never goes on: it does not beat, and does not notice.
      const stopped = new Lock(dead, { id: 'dead', clock: new Stage().time.actor() });
      const before = await stopped.acquire();
      const after = await stage.play(lockOn(heir).acquire());
      expect(after.token).toBeGreaterThan(before.token);
      await stage.play(after.release());
    }
  });
});
