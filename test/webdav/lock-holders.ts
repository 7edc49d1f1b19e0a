import { Lock, type LockOptions } from '@holdfast/lock';
import { checkHistory, HistoryRecorder, parseHistory, VirtualClock } from '@holdfast/testkit';
import { isVFSError, type VFS } from '@holdfast/vfs';
import { webdavVFS } from '@holdfast/webdav';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { eventually } from '../processes/eventually.js';
import type { ProxyRequest } from '../servers/http-proxy.js';
import { startNode } from './child.js';
import type { Ground } from './lock-on-dav.js';

const STALE_AFTER_MS = 2000;
const DEADLINE_MS = 1000;
const CONTENDERS = 20;

/** Who holds the lock when processes die, servers stand still and requests come late. */
export function lockHolders(open: () => Ground, { ownProcess }: { readonly ownProcess: boolean }): void {
  /** A client of its own, and what it wrote down. Its deadlines pass when the test turns `time`, and not by load. */
  const client = (url: string, name: string, lines: string[], options: Partial<LockOptions> = {}) => {
    const time = new VirtualClock();
    const vfs: VFS = webdavVFS({ url, deadlineMs: DEADLINE_MS, clock: time });
    const lock = new Lock(vfs, { id: 'deploy', staleAfterMs: STALE_AFTER_MS, pollMs: 100, ...options });
    const write = (line: string): void => void lines.push(line);
    return { vfs, lock, time, record: new HistoryRecorder({ process: name, lock: lock.id, write }) };
  };
  const makePlace = async (): Promise<Ground> => {
    const ground = open();
    const vfs = webdavVFS({ url: ground.url });
    await vfs.mkdir('/', { recursive: true });
    await vfs.close();
    return ground;
  };
  const judge = (lines: readonly string[], counters = {}) => {
    const { violations, ...report } = checkHistory(parseHistory(lines.join('')), { counters });
    expect(violations).toEqual([]);
    return report;
  };

  test(`${CONTENDERS} contenders take turns, and lose none of each other's changes`, async () => {
    const { url } = await makePlace();
    const lines: string[] = [];
    await Promise.all(
      Array.from({ length: CONTENDERS }, async (_, n) => {
        // The window is of no concern here: nobody is to be taken for dead because the machine is busy.
        const { vfs, lock, record } = client(url, `${n}`, lines, { staleAfterMs: 60_000 });
        record.acquire();
        const lease = await lock.acquire();
        record.acquired(lease);
        const from = Number(new TextDecoder().decode(await vfs.readFile('/counter').catch(absent)));
        await vfs.writeFile('/counter', String(from + 1));
        record.update(lease, from, from + 1);
        record.release(lease);
        await lease.release();
        record.released(lease);
        await vfs.close();
      }),
    );
    expect(judge(lines, { deploy: CONTENDERS })).toMatchObject({ grants: CONTENDERS, updates: CONTENDERS });
  });

  test.concurrent(
    'a process waits for another to release, and takes over from one that was killed',
    async () => {
      const { url } = await makePlace();
      let text = '';
      const start = () => {
        const child = startNode('holder.mjs', [url, String(STALE_AFTER_MS)]);
        child.stdout?.on('data', (chunk: Buffer) => (text += chunk.toString()));
        return child;
      };
      const grants = (): number => text.split('"acquired"').length - 1;
      const children = [start(), start()];
      try {
        await eventually(() => grants() === 1, 'one process got the lock');
        const first = children.find(({ pid }) => new RegExp(`"${pid}"[^\n]*"acquired"`).test(text));
        const second = children.find((child) => child !== first);
        expect(first).toBeDefined();
        first?.kill('SIGKILL');
        await eventually(() => grants() === 2, 'the other process took over');
        // A third one waits for it, and gets it as soon as it is told to stop.
        const third = start();
        children.push(third);
        second?.stdin?.write('stop\n');
        await eventually(() => grants() === 3, 'the third process got the lock');
        third.stdin?.write('stop\n');
        await once(third, 'exit');
      } finally {
        for (const child of children) child.kill('SIGKILL');
      }
      expect(judge([text])).toMatchObject({ grants: 3 });
    },
  );

  /** Holds back all that `matches`, until the test lets it go on. */
  const hold = ({ trap }: Ground, matches: (request: ProxyRequest) => boolean) =>
    trap({ matches, fate: 'hold', every: true });

  test.concurrent('a claim that lands after its claimant gave up is freed by it', async () => {
    const ground = await makePlace();
    const { url } = ground;
    const { vfs, lock, time } = client(url, 'a', []);
    await (await lock.acquire()).release();
    const late = hold(ground, ({ method, path }) => method === 'MKCOL' && path.endsWith('/000000000002'));
    const attempt = lock.tryAcquire().catch((reason: unknown) => reason);
    await late.sprung;
    await time.advance(DEADLINE_MS);
    expect(await attempt).toMatchObject({ code: 'ETIMEDOUT', outcome: 'unknown' });
    await late.release();
    await eventually(
      async () => (await vfs.ls('/lockfile-deploy')).some(({ name }) => name === '000000000002.free'),
      'the late claim was freed',
    );
    const lease = await lock.tryAcquire();
    expect(lease.token).toBe(3);
    await lease.release();
    await vfs.close();
  });

  test.concurrent('a claim that lands after its claimant has gone is waited out', async () => {
    const ground = await makePlace();
    const { url } = ground;
    const gone = client(url, 'a', []);
    await (await gone.lock.acquire()).release();
    const late = hold(ground, ({ method, path }) => method === 'MKCOL' && path.endsWith('/000000000002'));
    const attempt = gone.lock.tryAcquire().catch((reason: unknown) => reason);
    await late.sprung;
    await gone.time.advance(DEADLINE_MS);
    expect(isVFSError(await attempt, 'ETIMEDOUT')).toBe(true);
    await gone.vfs.close();
    await late.release();
    const { vfs, lock } = client(url, 'b', []);
    expect(await lock.inspect()).toMatchObject({ token: 2 });
    const lease = await lock.acquire();
    expect(lease.token).toBe(3);
    await lease.release();
    await vfs.close();
  });

  test.concurrent('beats and a release that land after a takeover change nothing of it', async () => {
    const ground = await makePlace();
    const { url } = ground;
    const lines: string[] = [];
    const old = client(url, 'old', lines, { heartbeatMs: 100 });
    old.record.acquire();
    const lost = await old.lock.acquire();
    old.record.acquired(lost);
    const beats = hold(ground, (request) => request.method === 'PUT' && request.path.endsWith('1.beat'));
    const release = hold(ground, (request) => request.method === 'MKCOL' && request.path.endsWith('1.free'));
    await beats.sprung;

    const heir = client(url, 'heir', lines, { heartbeatMs: 100 });
    heir.record.acquire();
    const lease = await heir.lock.acquire();
    heir.record.acquired(lease);
    expect([lost.held, lease.held, lease.token]).toEqual([false, true, 2]);
    const releasing = lost.release().catch((error: unknown) => error);
    await old.time.advance(DEADLINE_MS);
    await release.sprung;
    await Promise.all([beats.release(), release.release()]);
    await releasing;

    await lease.verify();
    heir.record.held(lease);
    expect(await heir.lock.inspect()).toMatchObject({ token: 2 });
    await expect(old.lock.tryAcquire()).rejects.toMatchObject({ code: 'ELOCKED', token: 2 });
    heir.record.release(lease);
    await lease.release();
    heir.record.released(lease);
    await old.vfs.close();
    await heir.vfs.close();
    judge(lines);
  });

  test.skipIf(!ownProcess)(
    'a server that stands still past the lease ends it before anybody else gets it',
    async () => {
      const { url, server } = await makePlace();
      const lines: string[] = [];
      const old = client(url, 'old', lines);
      old.record.acquire();
      const lost = await old.lock.acquire();
      old.record.acquired(lost);
      server?.signal('SIGSTOP');
      try {
        const proving = setInterval(() => old.record.held(lost), 5);
        await new Promise((resolve) => lost.signal.addEventListener('abort', resolve));
        clearInterval(proving);
      } finally {
        server?.signal('SIGCONT');
      }
      expect(lost.signal.reason).toMatchObject({ code: 'ELOCKLOST', reason: 'expired' });
      const heir = client(url, 'heir', lines);
      heir.record.acquire();
      const lease = await heir.lock.acquire();
      heir.record.acquired(lease);
      heir.record.held(lease);
      await lost.release();
      await lease.verify();
      await lease.release();
      // And the old one is as good as new.
      const again = await old.lock.acquire();
      expect(again.token).toBeGreaterThan(lease.token);
      await again.release();
      await old.vfs.close();
      await heir.vfs.close();
      judge(lines);
    },
  );
}

function absent(error: unknown): Uint8Array {
  if (isVFSError(error, 'ENOENT')) return new TextEncoder().encode('0');
  throw error;
}
