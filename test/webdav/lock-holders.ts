import { Lock } from '@holdfast/lock';
import { checkHistory, HistoryRecorder, parseHistory } from '@holdfast/testkit';
import { isVFSError } from '@holdfast/vfs';
import { webdavVFS } from '@holdfast/webdav';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { eventually } from '../processes/eventually.js';
import { standsStill } from '../processes/stands-still.js';
import type { ProxyRequest } from '../servers/http-proxy.js';
import { startNode } from './child.js';
import type { Ground } from './lock-on-dav.js';
import { Stage } from './stage.js';

const STALE_AFTER_MS = 10_000;
const DEADLINE_MS = 1000;
const CONTENDERS = 20;

/** Who holds the lock when processes die, servers stand still and requests come late. */
export function lockHolders(
  open: () => Promise<Ground>,
  { ownProcess }: { readonly ownProcess: boolean },
): void {
  /** A client with a time of its own, by which also its deadlines pass, and what it wrote down. */
  const client = (url: string, name: string, lines: string[]) => {
    const stage = new Stage();
    const { time } = stage;
    const vfs = stage.watching(webdavVFS({ url, deadlineMs: DEADLINE_MS, clock: time }));
    const lock = new Lock(vfs, { id: 'deploy', staleAfterMs: STALE_AFTER_MS, clock: time });
    return { vfs, lock, stage, record: recorder(name, lines) };
  };
  const recorder = (process: string, lines: string[]) =>
    new HistoryRecorder({ process, lock: 'deploy', write: (line) => void lines.push(line) });
  const judge = (lines: readonly string[], counters = {}) => {
    const { violations, ...report } = checkHistory(parseHistory(lines.join('')), { counters });
    expect(violations).toEqual([]);
    return report;
  };

  test(`${CONTENDERS} contenders take turns, and lose none of each other's changes`, async () => {
    const { url } = await open();
    const lines: string[] = [];
    await Promise.all(
      Array.from({ length: CONTENDERS }, async (_, n) => {
        // Nobody is to be taken for dead, or to give up, because the machine is busy.
        const vfs = webdavVFS({ url, deadlineMs: 60_000 });
        const lock = new Lock(vfs, { id: 'deploy', staleAfterMs: 600_000, pollMs: 250 });
        const record = recorder(`${n}`, lines);
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

  test('a process waits for another to release, and takes over from one that was killed', async () => {
    const { url } = await open();
    let text = '';
    const start = () => {
      const child = startNode('holder.mjs', [url, '2000']);
      child.stdout?.on('data', (chunk: Buffer) => (text += chunk.toString()));
      return child;
    };
    const grants = (): number => text.split('"acquired"').length - 1;
    const children = [start(), start()];
    try {
      await eventually(() => grants() >= 1, 'one process got the lock');
      const first = children.find(({ pid }) => new RegExp(`"${pid}"[^\n]*"acquired"`).test(text));
      const second = children.find((child) => child !== first);
      expect(first).toBeDefined();
      first?.kill('SIGKILL');
      await eventually(() => grants() >= 2, 'the other process took over');
      // A third one waits for it, and gets it as soon as it is told to stop.
      const third = start();
      children.push(third);
      second?.stdin?.write('stop\n');
      await eventually(() => grants() >= 3, 'the third process got the lock');
      third.stdin?.write('stop\n');
      await once(third, 'exit');
    } finally {
      for (const child of children) child.kill('SIGKILL');
    }
    expect(judge([text]).grants).toBeGreaterThanOrEqual(3);
  });

  /** Holds back all that `matches`, until the test lets it go on. */
  const hold = ({ trap }: Ground, matches: (request: ProxyRequest) => boolean) =>
    trap({ matches, fate: 'hold', every: true });

  test.concurrent('a claim that lands after its claimant gave up is freed by it', async () => {
    const ground = await open();
    const { vfs, lock, stage } = client(ground.url, 'a', []);
    const first = await lock.tryAcquire();
    await first.release();
    const late = hold(ground, isClaim);
    const attempt = lock.tryAcquire().catch((reason: unknown) => reason);
    await late.sprung;
    await stage.time.advance(DEADLINE_MS);
    expect(await attempt).toMatchObject({ code: 'ETIMEDOUT', outcome: 'unknown' });
    await late.release();
    const lateName = claimName(first.token + 1);
    await eventually(
      async () => (await vfs.ls('/lockfile-deploy')).some(({ name }) => name === `${lateName}.free`),
      'the late claim was freed',
    );
    const lease = await stage.play(lock.tryAcquire());
    expect(lease.token).toBe(first.token + 2);
    await stage.play(lease.release());
    await vfs.close();
  });

  test.concurrent('a claim that lands after its claimant has gone is waited out', async () => {
    const ground = await open();
    const gone = client(ground.url, 'a', []);
    const first = await gone.lock.tryAcquire();
    await first.release();
    const late = hold(ground, isClaim);
    const attempt = gone.lock.tryAcquire().catch((reason: unknown) => reason);
    await late.sprung;
    await gone.stage.time.advance(DEADLINE_MS);
    expect(isVFSError(await attempt, 'ETIMEDOUT')).toBe(true);
    await gone.vfs.close();
    await late.release();
    const { vfs, lock, stage } = client(ground.url, 'b', []);
    expect(await lock.inspect()).toMatchObject({ holders: [{ token: first.token + 1 }] });
    const lease = await stage.play(lock.acquire());
    expect(lease.token).toBeGreaterThan(first.token + 1);
    expect(stage.time.now).toBeGreaterThanOrEqual(STALE_AFTER_MS);
    await stage.play(lease.release());
    await vfs.close();
  });

  test.concurrent('beats and a release that land after a takeover change nothing of it', async () => {
    const ground = await open();
    const lines: string[] = [];
    const old = client(ground.url, 'old', lines);
    old.record.acquire();
    const lost = await old.lock.tryAcquire();
    old.record.acquired(lost);
    const name = claimName(lost.token);
    const beats = hold(ground, ({ method, path }) => method === 'PUT' && path.includes(`/${name}.beat.`));
    const release = hold(ground, ({ method, path }) => method === 'MKCOL' && path.endsWith(`/${name}.free`));
    // The first beat, and those after it: all come to their deadline, and none to the server.
    await old.stage.time.advance(STALE_AFTER_MS);
    expect(lost.signal.reason).toMatchObject({ code: 'ELOCKLOST', reason: 'expired' });

    const heir = client(ground.url, 'heir', lines);
    heir.record.acquire();
    const lease = await heir.stage.play(heir.lock.acquire());
    heir.record.acquired(lease);
    expect([lost.held, lease.held]).toEqual([false, true]);
    expect(lease.token).toBeGreaterThan(lost.token);
    const releasing = lost.release().catch((error: unknown) => error);
    await release.sprung;
    await Promise.all([beats.release(), release.release()]);
    await old.stage.play(releasing);

    await lease.verify();
    heir.record.held(lease);
    expect(await heir.lock.inspect()).toMatchObject({ holders: [{ token: lease.token }] });
    // It looks at the holder for a while, whose time must go on meanwhile.
    const refused = old.lock.tryAcquire().catch((error: unknown) => error);
    const [refusal] = await Promise.all([old.stage.play(refused), heir.stage.play(refused)]);
    expect(refusal).toMatchObject({ code: 'ELOCKED', token: lease.token });
    heir.record.release(lease);
    await heir.stage.play(lease.release());
    heir.record.released(lease);
    await old.vfs.close();
    await heir.vfs.close();
    judge(lines);
  });

  test.skipIf(!ownProcess)(
    'a server that stands still past the lease ends it before anybody else gets it',
    async () => {
      const { url, server } = await open();
      const lines: string[] = [];
      const old = client(url, 'old', lines);
      old.record.acquire();
      const lost = await old.lock.tryAcquire();
      old.record.acquired(lost);
      server?.signal('SIGSTOP');
      try {
        await eventually(() => server === undefined || standsStill(server.pid), 'the server stood still');
        await old.stage.time.advance(STALE_AFTER_MS / 2);
        expect(old.record.held(lost)).toBe(true);
        await old.stage.time.advance(STALE_AFTER_MS / 2);
      } finally {
        server?.signal('SIGCONT');
      }
      expect(lost.signal.reason).toMatchObject({ code: 'ELOCKLOST', reason: 'expired' });
      const heir = client(url, 'heir', lines);
      heir.record.acquire();
      const lease = await heir.stage.play(heir.lock.acquire());
      heir.record.acquired(lease);
      await old.stage.play(lost.release());
      await lease.verify();
      heir.record.release(lease);
      await heir.stage.play(lease.release());
      // And the old one is as good as new.
      const again = await old.stage.play(old.lock.acquire());
      expect(again.token).toBeGreaterThan(lease.token);
      await old.stage.play(again.release());
      await old.vfs.close();
      await heir.vfs.close();
      judge(lines);
    },
  );
}

const claimName = (number: number): string => String(number).padStart(16, '0');

const isClaim = ({ method, path }: ProxyRequest): boolean => method === 'MKCOL' && /\/\d{16}$/.test(path);

function absent(error: unknown): Uint8Array {
  if (isVFSError(error, 'ENOENT')) return new TextEncoder().encode('0');
  throw error;
}
