import { VirtualClock } from '@holdfast/testkit';
import type { VFS } from '@holdfast/vfs';
import { describe, expect, test } from 'vitest';
import { memoryStore, memoryVFS, type MemoryVFSOptions } from '../src/index.js';

const FROM = Date.UTC(2026, 0, 1);
const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

/** What `call` fulfils to after microtasks alone, without a turn of the event loop. */
async function inMicrotasks<T>(call: Promise<T>): Promise<T | 'still pending'> {
  let result: T | 'still pending' = 'still pending';
  call.then(
    (value) => (result = value),
    () => undefined,
  );
  for (let step = 0; step < 50; step++) await Promise.resolve();
  return result;
}

function timed(options: MemoryVFSOptions = {}): { vfs: VFS; clock: VirtualClock } {
  const clock = new VirtualClock({ wallMs: FROM });
  return { clock, vfs: memoryVFS({ clock, ...options }) };
}

describe('views of one store', () => {
  test('show each other what is there at once', async () => {
    const store = memoryStore();
    const [a, b] = [memoryVFS({ store }), memoryVFS({ store })];
    await a.mkdir('/d');
    await expect(b.mkdir('/d')).rejects.toMatchObject({ code: 'EEXIST', outcome: 'failed' });
    await b.writeFile('/d/f', 'from b');
    expect(new TextDecoder().decode(await a.readFile('/d/f'))).toBe('from b');
    expect(await memoryVFS().ls('/')).toEqual([]);
  });

  test('close one by one', async () => {
    const store = memoryStore();
    const [a, b] = [memoryVFS({ store }), memoryVFS({ store })];
    await a.close();
    await expect(a.ls('/')).rejects.toMatchObject({ code: 'ECONN' });
    await b.mkdir('/d');
    expect(await b.ls('/')).toHaveLength(1);
  });

  test('name themselves in errors', async () => {
    const vfs = memoryVFS({ adapter: 'client-b' });
    expect(vfs.adapter).toBe('client-b');
    await expect(vfs.ls('/no')).rejects.toMatchObject({ adapter: 'client-b', op: 'ls', path: '/no' });
  });

  test('each stamp with their own clock, or with that of the store', async () => {
    const time = new VirtualClock({ wallMs: FROM });
    const store = memoryStore({ clock: time });
    const client = memoryVFS({ store, clock: time.actor({ offsetMs: -7000 }) });
    const plain = memoryVFS({ store });
    await client.writeFile('/late', '');
    await plain.writeFile('/true', '');
    expect((await plain.stat('/late')).mtimeMs).toBe(FROM - 7000);
    expect((await client.stat('/true')).mtimeMs).toBe(FROM);
  });
});

describe('the order of effects', () => {
  test('is the order of the calls: a call has taken effect when it returns', async () => {
    const vfs = memoryVFS();
    const calls = Promise.all([
      vfs.mkdir('/d'),
      vfs.writeFile('/d/f', 'one'),
      vfs.readFile('/d/f'),
      vfs.writeFile('/d/f', 'three'),
      vfs.stat('/d/f'),
      vfs.rm('/d/f'),
      vfs.ls('/d'),
    ]);
    const [, , content, , info, , left] = await calls;
    expect(content).toEqual(bytes(0x6f, 0x6e, 0x65));
    expect(info.size).toBe(5);
    expect(left).toEqual([]);
  });

  test('needs no turn of the event loop', async () => {
    const vfs = memoryVFS();
    expect(await inMicrotasks(vfs.mkdir('/a/b/c', { recursive: true }))).toBe(undefined);
    expect(await inMicrotasks(vfs.writeFile('/a/b/c/f', 'x'))).toBe(undefined);
    expect(await inMicrotasks(vfs.rm('/a', { recursive: true }))).toBe(undefined);
    expect(await inMicrotasks(vfs.ls('/'))).toEqual([]);
  });

  test('lets exactly one of many makers of a directory win', async () => {
    const store = memoryStore();
    const views = Array.from({ length: 8 }, () => memoryVFS({ store }));
    const results = await Promise.allSettled(views.map((view) => view.mkdir('/d')));
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', ...Array(7).fill('rejected')]);
  });
});

describe('signals', () => {
  test('aborted before the call keep it from happening', async () => {
    const vfs = memoryVFS();
    const reason = { why: 'enough' };
    await expect(vfs.mkdir('/d', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(await vfs.ls('/')).toEqual([]);
  });

  test('aborted after a call are too late, since it was done when it returned', async () => {
    const vfs = memoryVFS();
    const controller = new AbortController();
    const call = vfs.mkdir('/d', { signal: controller.signal });
    controller.abort('enough');
    await expect(call).resolves.toBeUndefined();
    await expect(vfs.mkdir('/e', { signal: controller.signal })).rejects.toBe('enough');
    expect(await vfs.ls('/')).toHaveLength(1);
  });
});

describe('data', () => {
  test('is copied both ways', async () => {
    const vfs = memoryVFS();
    for (const given of [bytes(1, 2, 3), Buffer.from([1, 2, 3])]) {
      await vfs.writeFile('/f', given);
      given[0] = 99;
      const read = await vfs.readFile('/f');
      read[1] = 99;
      expect(await vfs.readFile('/f')).toEqual(bytes(1, 2, 3));
    }
  });

  test('is handed out as a plain Uint8Array', async () => {
    const vfs = memoryVFS();
    await vfs.writeFile('/f', 'x');
    expect(Object.getPrototypeOf(await vfs.readFile('/f'))).toBe(Uint8Array.prototype);
  });
});

describe('versions', () => {
  test('change with every write, also of the same bytes at the same moment', async () => {
    const { vfs } = timed();
    const seen = new Set<string | undefined>();
    for (let round = 0; round < 200; round++) {
      await vfs.writeFile('/f', 'same');
      seen.add((await vfs.stat('/f')).etag);
    }
    expect(seen.size).toBe(200);
    expect(seen).not.toContain(undefined);
  });

  test('never come back when a file is removed and made again', async () => {
    const { vfs } = timed();
    const seen = new Set<string | undefined>();
    for (let round = 0; round < 20; round++) {
      await vfs.writeFile('/f', 'same');
      await vfs.writeFile('/g', 'same');
      seen.add((await vfs.stat('/f')).etag);
      await vfs.rename('/g', '/f');
      seen.add((await vfs.stat('/f')).etag);
      await vfs.rm('/f');
    }
    expect(seen.size).toBe(40);
  });

  test('are the same in a listing and in stat, and stay while nothing is written', async () => {
    const { vfs, clock } = timed();
    await vfs.writeFile('/f', 'x');
    const { etag } = await vfs.stat('/f');
    await clock.advance(5000);
    expect(await vfs.ls('/')).toEqual([{ name: 'f', type: 'file', size: 1, mtimeMs: FROM, etag }]);
    expect((await vfs.stat('/f')).etag).toBe(etag);
  });
});

describe('times', () => {
  test('come from the clock, for a file, its rewrite and its directory', async () => {
    const { vfs, clock } = timed();
    await vfs.mkdir('/d');
    await clock.advance(10);
    await vfs.writeFile('/d/f', 'x');
    expect((await vfs.stat('/d')).mtimeMs).toBe(FROM + 10);
    await clock.advance(10);
    await vfs.writeFile('/d/f', 'y');
    expect((await vfs.stat('/d')).mtimeMs).toBe(FROM + 10);
    expect((await vfs.stat('/d/f')).mtimeMs).toBe(FROM + 20);
    await clock.advance(10);
    await vfs.rm('/d/f');
    expect((await vfs.stat('/d')).mtimeMs).toBe(FROM + 30);
  });

  test('can be set', async () => {
    const { vfs } = timed();
    await vfs.writeFile('/f', 'x');
    await vfs.chtimes('/f', new Date(1), new Date(FROM - 12_345));
    expect((await vfs.stat('/f')).mtimeMs).toBe(FROM - 12_345);
  });
});

describe('weaker storage', () => {
  test('has a coarse mtime, whoever wrote or set it', async () => {
    const store = memoryStore();
    const clock = new VirtualClock({ wallMs: FROM + 1999 });
    const coarse = memoryVFS({ store, clock, mtimeGranularityMs: 1000 });
    const fine = memoryVFS({ store, clock });
    expect(coarse.capabilities.mtimeGranularityMs).toBe(1000);
    await coarse.writeFile('/by-coarse', '');
    await fine.writeFile('/by-fine', '');
    expect((await coarse.stat('/by-fine')).mtimeMs).toBe(FROM + 1000);
    expect((await fine.stat('/by-coarse')).mtimeMs).toBe(FROM + 1000);
    expect((await coarse.ls('/')).map(({ mtimeMs }) => mtimeMs)).toEqual([FROM + 1000, FROM + 1000]);
    await coarse.chtimes('/by-coarse', new Date(0), new Date(FROM + 500));
    expect((await fine.stat('/by-coarse')).mtimeMs).toBe(FROM);
  });

  test('has an mtime that stays on a rewrite, until it is set', async () => {
    const { vfs, clock } = timed({ mtimeOnRewrite: 'stays' });
    await vfs.writeFile('/f', 'x');
    await clock.advance(5000);
    await vfs.writeFile('/f', 'longer');
    expect(await vfs.stat('/f')).toMatchObject({ mtimeMs: FROM, size: 6 });
    await vfs.chtimes('/f', new Date(0), new Date(FROM + 5000));
    await vfs.writeFile('/f', 'y');
    expect((await vfs.stat('/f')).mtimeMs).toBe(FROM + 5000);
    await vfs.writeFile('/new', '');
    expect((await vfs.stat('/new')).mtimeMs).toBe(FROM + 5000);
  });

  test('lists names and nothing else', async () => {
    const { vfs } = timed({ listing: 'names' });
    await vfs.writeFile('/f', 'x');
    await vfs.mkdir('/d');
    expect(await vfs.ls('/')).toEqual([
      { name: 'd', type: 'directory' },
      { name: 'f', type: 'file' },
    ]);
    expect(await vfs.stat('/f')).toMatchObject({ size: 1, mtimeMs: FROM });
    expect(vfs.capabilities.listing).toBe('names');
  });

  test('has no etag, neither in a listing nor in stat', async () => {
    const { vfs } = timed({ etag: false });
    await vfs.writeFile('/f', 'x');
    expect(await vfs.ls('/')).toEqual([{ name: 'f', type: 'file', size: 1, mtimeMs: FROM }]);
    expect(await vfs.stat('/f')).not.toHaveProperty('etag');
  });

  test('refuses what it does not declare', async () => {
    const vfs = memoryVFS({ chtimes: false, exclusiveWrite: false, rename: false, watch: false });
    expect(vfs.capabilities).toMatchObject({
      chtimes: false,
      exclusiveWrite: false,
      rename: false,
      watch: false,
    });
    await vfs.writeFile('/f', 'x');
    const now = new Date();
    for (const call of [
      () => vfs.chtimes('/f', now, now),
      () => vfs.writeFile('/g', '', { exclusive: true }),
      () => vfs.rename('/f', '/g'),
      () => vfs.watch('/', () => undefined),
    ]) {
      await expect(call()).rejects.toMatchObject({ code: 'ENOTSUP', outcome: 'failed' });
    }
    expect(await vfs.ls('/')).toHaveLength(1);
  });

  test('declares what it is told to', () => {
    const vfs = memoryVFS({ exclusiveMkdir: 'probe', cost: 'metered' });
    expect(vfs.capabilities).toMatchObject({ exclusiveMkdir: 'probe', cost: 'metered' });
  });
});

describe('options', () => {
  test.each<[string, unknown]>([
    ['that do not exist', { granularity: 5 }],
    ['of the wrong type', { listing: 'everything' }],
    ['that are not numbers', { mtimeGranularityMs: Number.NaN }],
    ['that are too small', { mtimeGranularityMs: 0 }],
    ['that are not a clock', { clock: { wall: () => 0 } }],
    ['that are not a store', { store: {} }],
    ['without a name', { adapter: '' }],
  ])('%s are refused', (_, options) => {
    expect(() => memoryVFS(options as MemoryVFSOptions)).toThrow(
      expect.objectContaining({ code: 'EINVAL', op: 'open' }),
    );
  });

  test('that are undefined are as if absent', () => {
    expect(memoryVFS({ clock: undefined, listing: undefined }).capabilities.listing).toBe('versions');
  });
});
