import { isLockError, Lock, type LockEvent, type LockOptions } from '@holdfast/lock';
import { isVFSError, type VFS } from '@holdfast/vfs';
import { webdavVFS } from '@holdfast/webdav';
import { expect, test } from 'vitest';
import type { ProxyRequest } from '../servers/http-proxy.js';
import type { Ground } from './lock-on-dav.js';
import { Stage } from './stage.js';

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

interface Client {
  readonly vfs: VFS;
  readonly lock: Lock;
  readonly stage: Stage;
  /** Resolves once the claim of `token` has beaten `times` times. */
  beats(token: number, times: number): Promise<void>;
}

function setUp(url: string, options: Partial<LockOptions> = {}): Client {
  const stage = new Stage();
  const vfs = stage.watching(webdavVFS({ url, create: true, deadlineMs: 60_000 }));
  const beaten: number[] = [];
  const waiting = new Set<() => void>();
  const onEvent = (event: LockEvent): void => {
    if (event.type !== 'beat') return;
    beaten.push(event.token);
    for (const look of waiting) look();
  };
  return {
    vfs,
    stage,
    lock: new Lock(vfs, { id: 'deploy', clock: stage.time, onEvent, ...options }),
    beats: (token, times) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (beaten.filter((of) => of === token).length >= times) resolve();
        };
        waiting.add(look);
        look();
      }),
  };
}

/** What the lock asks of the storage, counted and cut off. */
export function lockCalls(open: () => Ground): void {
  test('a lock costs 3 requests and the proof at first, 2 later, 1 to release, 2 a beat, on few connections', async () => {
    const { proxy, url } = open();
    const before = setUp(url);
    await (await before.lock.tryAcquire()).release();
    await before.vfs.close();

    const { vfs, lock, stage, beats } = setUp(url);
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
    // The proof: asked once, beside the first look. Servers refuse in many ways, so it takes a look to know.
    const [refused, looked] = ['MKCOL lockfile-deploy', 'PROPFIND lockfile-deploy 207'];
    expect(opening.filter((line) => line.startsWith(refused))).toHaveLength(1);
    expect(opening.filter((line) => line === looked)).toHaveLength(3);
    expect(opening).toHaveLength(5);
    expect(opening.slice(-2)).toEqual(['MKCOL 000000000002 201', looked]);
    await first.release();
    expect(passed()).toEqual(['MKCOL 000000000002.free 201']);

    const second = await lock.acquire();
    expect(passed()).toEqual(['MKCOL 000000000003 201', looked]);
    await stage.play(beats(3, 8));
    const life = passed();
    const puts = life.filter((line) => line.startsWith('PUT 000000000003.beat'));
    // The first beat goes without a look: the claim was confirmed by one a moment before.
    const looks = life.filter((line) => line === looked);
    expect([puts.length, looks.length]).toEqual([8, 7]);
    await second.release();
    expect(passed()).toEqual(['MKCOL 000000000003.free 201']);
    // A beat is two at a time, and tidying up may come beside it.
    expect(proxy.connections - connections).toBeLessThanOrEqual(3);
    await vfs.close();
  });

  test.concurrent.each(Object.keys(CALLS))(
    '%s that is carried out, and whose reply is lost, never makes two holders',
    async (call) => {
      const { trap, url } = open();
      const { vfs, lock, stage, beats } = setUp(url);
      await vfs.ls('/');
      // All but the window is asked for also where the directory is there.
      if (call !== 'the window') await vfs.mkdir('/lockfile-deploy');
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
      const other = setUp(url);
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
