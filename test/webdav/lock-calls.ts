import { isLockError, Lock, type LockEvent, type LockOptions } from '@holdfast/lock';
import { isVFSError, type VFS } from '@holdfast/vfs';
import { webdavVFS } from '@holdfast/webdav';
import { expect, test } from 'vitest';
import { eventually } from '../processes/eventually.js';
import type { ProxyRequest } from '../servers/http-proxy.js';
import type { Ground } from './lock-on-dav.js';

/** The calls of the lock, by what they look like on the wire. */
const DIRECTORY = /\/lockfile-deploy$/;
const CLAIM = /\/\d{12}$/;
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
  'the look that tells why it was refused': () => is('PROPFIND', DIRECTORY, '0'),
  'the window': () => is('MKCOL', /\/window\.[^/]*$/),
  'the claim': () => is('MKCOL', CLAIM),
  'the look that confirms the claim': () => after(is('MKCOL', CLAIM), isList),
  'the first beat': () => is('PUT', /\.beat$/),
  'a beat': () => after(is('PUT', /\.beat$/), is('PUT', /\.beat$/)),
  'the look of a beat': () => after(is('PUT', /\.beat$/), isList),
  'the release': () => is('MKCOL', /\.free$/),
};

const STALE_AFTER_MS = 2000;

/** What the lock asks of the storage, counted and cut off. */
export function lockCalls(open: () => Ground): void {
  const setUp = (
    url: string,
    options: Partial<LockOptions> = {},
  ): { vfs: VFS; lock: Lock; events: LockEvent[] } => {
    const vfs = webdavVFS({ url });
    const events: LockEvent[] = [];
    const onEvent = (event: LockEvent): void => void events.push(event);
    return { vfs, lock: new Lock(vfs, { id: 'deploy', onEvent, ...options }), events };
  };

  test('a lock costs 3 requests and the proof at first, 2 later, 1 to release, 2 a beat, on few connections', async () => {
    const { proxy, url } = open();
    const before = setUp(url);
    await before.vfs.mkdir('/', { recursive: true });
    await (await before.lock.acquire()).release();
    await before.vfs.close();

    const { vfs, lock, events } = setUp(url, { heartbeatMs: 50 });
    const connections = proxy.connections;
    const passed = (): string[] => {
      const lines = proxy.passed.map(
        ({ method, path, status }) => `${method} ${/[^/]*$/.exec(path)?.[0]} ${status}`,
      );
      proxy.passed.length = 0;
      return lines;
    };
    passed();
    const first = await lock.acquire();
    const opening = passed();
    // The proof: asked once, beside the first look. What refuses says it in many ways, so it takes a look.
    const proof = ['MKCOL lockfile-deploy', 'PROPFIND lockfile-deploy 207'];
    expect(opening.filter((line) => line.startsWith('MKCOL lockfile'))).toHaveLength(1);
    expect(opening).toHaveLength(3 + proof.length);
    expect(opening.slice(-2)).toEqual(['MKCOL 000000000002 201', 'PROPFIND lockfile-deploy 207']);
    await first.release();
    passed();

    const second = await lock.acquire();
    expect(passed()).toEqual(['MKCOL 000000000003 201', 'PROPFIND lockfile-deploy 207']);
    const beats = (): number =>
      events.filter(({ type, ...event }) => type === 'beat' && 'token' in event && event.token === 3).length;
    await eventually(() => beats() >= 8, 'there were eight beats');
    await second.release();
    const life = passed();
    expect(life.at(-1)).toBe('MKCOL 000000000003.free 201');
    const puts = life.filter((line) => line.startsWith('PUT 000000000003.beat'));
    // The first beat goes without a look: the claim was confirmed by one a moment before.
    const lists = life.filter((line) => line === 'PROPFIND lockfile-deploy 207');
    expect([puts.length, lists.length]).toEqual([beats(), beats() - 1]);
    // A beat is two at a time, and tidying up may come beside it.
    expect(proxy.connections - connections).toBeLessThanOrEqual(3);
    await vfs.close();
  });

  test.concurrent.each(Object.keys(CALLS))(
    '%s that is carried out, and whose reply is lost, never makes two holders',
    async (call) => {
      const { trap, url } = open();
      const options = { staleAfterMs: STALE_AFTER_MS, heartbeatMs: 100, pollMs: 50 };
      const { vfs, lock, events } = setUp(url, options);
      await vfs.mkdir('/', { recursive: true });
      // All but the window is asked for also where the directory is there.
      if (call !== 'the window') await vfs.mkdir('/lockfile-deploy');
      const matches = CALLS[call]?.() ?? isList;
      const caught = trap({ matches, fate: 'cut-reply' });

      const tokens: number[] = [];
      const cycle = async (): Promise<void> => {
        const lease = await lock.acquire();
        tokens.push(lease.token);
        const beats = (): number =>
          events.filter((event) => event.type === 'beat' && event.token === lease.token).length;
        await eventually(() => beats() >= 3 || !lease.held, 'the lease was kept alive');
        expect(lease.held).toBe(true);
        await lease.release();
      };
      // Whoever loses the reply to its very first request is told so, and may try again.
      await cycle().catch((error: unknown) => {
        if (!isVFSError(error, 'ECONN')) throw error;
        return cycle();
      });
      await caught.sprung;

      // Somebody else gets it after that, at once, as it was released.
      const other = setUp(url, options);
      const lease = await other.lock.tryAcquire();
      expect(lease.token).toBeGreaterThan(Math.max(...tokens));
      await expect(lock.tryAcquire()).rejects.toSatisfy((error) => isLockError(error, 'ELOCKED'));
      await lease.release();
      await vfs.close();
      await other.vfs.close();
    },
  );
}
