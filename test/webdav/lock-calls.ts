import { isLockError, Lock, type LockEvent, type LockOptions } from '@holdfast/lock';
import { isVFSError, type VFS } from '@holdfast/vfs';
import { webdavVFS } from '@holdfast/webdav';
import { expect, test } from 'vitest';
import type { HTTPProxy, ProxyRequest } from '../servers/http-proxy.js';
import type { Ground } from './lock-on-dav.js';
import { Stage } from './stage.js';

/** The calls of the lock, by what they look like on the wire. */
const DIRECTORY = /\/lockfile-deploy$/;
const CLAIM = /\/\d{16}$/;
const BEAT = /\/\d{16}\.beat\.\d+$/;
const is =
  (method: string, path: RegExp, depth?: string) =>
  (request: ProxyRequest): boolean =>
    request.method === method && path.test(request.path) && (depth === undefined || request.depth === depth);
const isList = is('PROPFIND', DIRECTORY, '1');

/** The first request that matches `then`, once one has matched `first`. */
function after(first: (request: ProxyRequest) => boolean, then: (request: ProxyRequest) => boolean) {
  let begun = false;
  return (request: ProxyRequest): boolean => {
    if (begun && then(request)) return true;
    begun ||= first(request);
    return false;
  };
}

/** What each call is, in the order of a cycle. */
const CALLS: Readonly<Record<string, () => (request: ProxyRequest) => boolean>> = {
  'the first look': () => isList,
  'the proof that mkdir refuses what exists': () => is('MKCOL', DIRECTORY),
  'the origin': () => is('MKCOL', /\/\d{16}\.origin$/),
  'the claim': () => is('MKCOL', CLAIM),
  'the look that confirms the claim': () => after(is('MKCOL', CLAIM), isList),
  'the first beat': () => is('PUT', BEAT),
  'a beat': () => after(is('PUT', BEAT), is('PUT', BEAT)),
  'the look of a beat': () => after(is('PUT', BEAT), isList),
  'the release': () => is('MKCOL', /\.free$/),
};

interface Client {
  readonly vfs: VFS;
  readonly lock: Lock;
  readonly stage: Stage;
  /** Resolves once the claim of `token` has beaten `times` times. */
  beats(token: number, times: number): Promise<void>;
  /** Resolves once it has begun to wait. */
  waits(): Promise<void>;
}

function setUp(url: string, options: Partial<LockOptions> = {}, stage: Stage = new Stage()): Client {
  const vfs = stage.watching(webdavVFS({ url, deadlineMs: 60_000 }));
  const events: LockEvent[] = [];
  const watching = new Set<() => void>();
  const onEvent = (event: LockEvent): void => {
    events.push(event);
    for (const look of watching) look();
  };
  /** Resolves once so many events have come of those that match. */
  const have = (times: number, matches: (event: LockEvent) => boolean): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (events.filter(matches).length >= times) resolve();
      };
      watching.add(look);
      look();
    });
  return {
    vfs,
    stage,
    lock: new Lock(vfs, { id: 'deploy', clock: stage.time, onEvent, ...options }),
    beats: (token, times) => have(times, (event) => event.type === 'beat' && event.token === token),
    waits: () => have(1, ({ type }) => type === 'waiting'),
  };
}

const refusalOf = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => undefined,
    (error: unknown) => error,
  );

/** What came by since the last call, as `METHOD name status`, a claim of `token` as `N`. */
function passedBy({ passed }: HTTPProxy, token: number): string[] {
  const number = String(token).padStart(16, '0');
  const lines = passed.map(
    ({ method, path, status }) =>
      `${method} ${(/[^/]*$/.exec(path)?.[0] ?? '').replace(number, 'N')} ${status}`,
  );
  passed.length = 0;
  return lines;
}
const LISTED = 'PROPFIND lockfile-deploy 207';

/** What the lock asks of the storage, counted and cut off. */
export function lockCalls(open: () => Promise<Ground>): void {
  test('a call that is not refused costs one request', async () => {
    const { proxy, url } = await open();
    const vfs = webdavVFS({ url });
    proxy.passed.length = 0;
    await vfs.mkdir('/d');
    await vfs.writeFile('/d/f', 'x');
    await vfs.ls('/d');
    await vfs.stat('/d/f');
    expect(proxy.passed.map(({ method }) => method)).toEqual(['MKCOL', 'PUT', 'PROPFIND', 'PROPFIND']);
    proxy.passed.length = 0;
    await vfs.readFile('/d/f');
    // Looked at and read side by side.
    expect(proxy.passed.map(({ method }) => method).sort()).toEqual(['GET', 'PROPFIND']);
    proxy.passed.length = 0;
    await vfs.rm('/d/f');
    expect(proxy.passed.map(({ method }) => method)).toEqual(['PROPFIND', 'DELETE']);
    await vfs.close();
  });

  test('a lock costs 3 waits at first and 2 later, 1 to release, 1 a beat, on few connections', async () => {
    const { proxy, url } = await open();
    const before = setUp(url);
    await (await before.lock.tryAcquire()).release();
    await before.vfs.close();

    const { vfs, lock, stage, beats } = setUp(url);
    const connections = proxy.connections;
    proxy.passed.length = 0;
    const first = await lock.acquire();
    const opening = passedBy(proxy, first.token);
    // The proof goes beside the first look, which also tells why it was refused.
    const proof = expect.stringMatching(/^MKCOL lockfile-deploy [45]\d\d$/);
    expect(opening.slice(0, 2).sort()).toEqual([proof, LISTED]);
    expect(opening.slice(2)).toEqual(['MKCOL N 201', LISTED]);
    await first.release();
    expect(passedBy(proxy, first.token)).toEqual(['MKCOL N.free 201']);

    const second = await lock.acquire();
    expect(passedBy(proxy, second.token)).toEqual(['MKCOL N 201', LISTED]);
    await stage.play(beats(second.token, 8));
    const life = passedBy(proxy, second.token);
    const puts = life.filter((line) => line.startsWith('PUT N.beat.10000 '));
    // Side by side, but for the first, before which the claim was confirmed by a look.
    expect(puts).toHaveLength(8);
    expect([7, 8]).toContain(life.filter((line) => line === LISTED).length);
    await second.release();
    expect(passedBy(proxy, second.token)).toEqual(['MKCOL N.free 201']);
    // A beat is two at a time, and clean-up may come beside it.
    expect(proxy.connections - connections).toBeLessThanOrEqual(3);
    await vfs.close();
  });

  test('a waiter takes over with one listing, and asking for a lock that is held costs one', async () => {
    const { proxy, url } = await open();
    const holder = setUp(url);
    const waiter = setUp(url, {}, holder.stage);
    const { stage } = holder;
    const lease = await stage.play(holder.lock.acquire());
    const refused = () => stage.play(refusalOf(waiter.lock.tryAcquire()));
    expect(await refused()).toMatchObject({ code: 'ELOCKED', token: lease.token });
    proxy.passed.length = 0;
    expect(await refused()).toMatchObject({ code: 'ELOCKED', token: lease.token });
    expect(passedBy(proxy, lease.token)).toEqual([LISTED]);

    const waiting = waiter.lock.acquire();
    await stage.play(waiter.waits());
    proxy.passed.length = 0;
    await stage.play(lease.release());
    const next = await stage.play(waiting);
    expect(passedBy(proxy, lease.token)).toEqual(['MKCOL N.free 201', LISTED]);
    await stage.play(next.release());
    await holder.vfs.close();
    await waiter.vfs.close();
  });

  test.concurrent.each(Object.keys(CALLS))(
    '%s that is carried out, and whose reply is lost, never makes two holders',
    async (call) => {
      const { trap, url } = await open();
      const { vfs, lock, stage, beats } = setUp(url);
      await vfs.mkdir('/lockfile-deploy');
      const caught = trap({ matches: CALLS[call]?.() ?? isList, fate: 'cut-reply' });

      const tokens: number[] = [];
      const cycle = async (): Promise<void> => {
        const lease = await stage.play(lock.acquire());
        tokens.push(lease.token);
        await stage.play(beats(lease.token, 3));
        expect(lease.held).toBe(true);
        await stage.play(lease.release());
      };
      // Whoever loses the reply to its very first request is told so, and may try again.
      await cycle().catch((error: unknown) => {
        if (!isVFSError(error, 'ECONN')) throw error;
        return cycle();
      });
      await caught.sprung;

      // Somebody else gets it after that, at once, as it was released.
      const other = setUp(url, {}, stage);
      const lease = await other.stage.play(other.lock.tryAcquire());
      expect(lease.token).toBeGreaterThan(Math.max(...tokens));
      const refusal = await stage.play(lock.tryAcquire().catch((error: unknown) => error));
      expect(isLockError(refusal, 'ELOCKED')).toBe(true);
      await other.stage.play(lease.release());
      await vfs.close();
      await other.vfs.close();
    },
  );
}
