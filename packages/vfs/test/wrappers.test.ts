import { memoryVFS } from '@holdfast/memory';
import { VirtualClock } from '@holdfast/testkit';
import { tracingChannel } from 'node:diagnostics_channel';
import { describe, expect, test } from 'vitest';
import { VFSError } from '../src/errors/error.js';
import { intercept, perform, type Call } from '../src/wrappers/intercept.js';
import { scoped } from '../src/wrappers/scoped.js';
import { traced, type Trace } from '../src/wrappers/traced.js';
import type { VFS } from '../src/contract/vfs.js';
import { withDeadline } from '../src/wrappers/with-deadline.js';

const now = new Date();

describe('a scoped view', () => {
  test('is the sub-tree', async () => {
    const vfs = memoryVFS();
    const view = scoped(vfs, '/some/where');
    await view.mkdir('/', { recursive: true });
    await view.mkdir('/d');
    await view.writeFile('/d/f', 'x');
    await view.rename('/d/f', '/g');
    expect((await vfs.ls('/some/where')).map(({ name }) => name)).toEqual(['d', 'g']);
    expect((await view.ls('/')).map(({ name }) => name)).toEqual(['d', 'g']);
    expect((await scoped(view, '/d').stat('/')).type).toBe('directory');
  });

  test.each(['/..', '/../secret', '/a/../../secret', '', 'a', '//secret', '/.'])(
    'cannot be left by %j',
    async (path) => {
      const vfs = memoryVFS();
      await vfs.mkdir('/base');
      await vfs.writeFile('/secret', 'x');
      const view = scoped(vfs, '/base');
      await expect(view.readFile(path)).rejects.toMatchObject({ code: 'EINVAL', op: 'readFile', path });
      await expect(view.rename('/f', path)).rejects.toMatchObject({ code: 'EINVAL', op: 'rename', path });
    },
  );

  test('shows errors as seen from inside, with all that is known', async () => {
    const seen = new VFSError({
      code: 'EBUSY',
      op: 'ls',
      path: '/base/d',
      adapter: 'fake',
      outcome: 'unknown',
      detail: 'seen',
      advice: 'wait',
      settled: Promise.resolve(),
    });
    const view = scoped(
      intercept(memoryVFS(), () => Promise.reject(seen)),
      '/base',
    );
    const error: unknown = await view.ls('/d').catch((caught: unknown) => caught);
    expect(error).toMatchObject({
      code: 'EBUSY',
      op: 'ls',
      path: '/d',
      adapter: 'fake',
      outcome: 'unknown',
      detail: 'seen',
      advice: 'wait',
      settled: seen.settled,
      cause: seen,
    });
  });

  test('shows an error of its base as one of its root, and leaves a path that is not its own', async () => {
    const vfs = memoryVFS();
    await expect(scoped(vfs, '/base').ls('/')).rejects.toMatchObject({ code: 'ENOENT', path: '/' });
    const foreign = new VFSError({ code: 'EIO', op: 'ls', path: '/baseless', adapter: 'fake' });
    const view = scoped(
      intercept(vfs, () => Promise.reject(foreign)),
      '/base',
    );
    await expect(view.ls('/')).rejects.toMatchObject({ path: '/baseless' });
  });

  test('hands on what is not a VFSError as it is', async () => {
    const reason = { why: 'aborted' };
    const view = scoped(memoryVFS(), '/base');
    await expect(view.ls('/', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });

  test('has a root that can be neither removed nor renamed nor replaced', async () => {
    const vfs = memoryVFS();
    await vfs.mkdir('/base/d', { recursive: true });
    const view = scoped(vfs, '/base');
    for (const call of [
      () => view.rm('/'),
      () => view.rm('/', { recursive: true }),
      () => view.rename('/', '/x'),
      () => view.rename('/d', '/'),
    ]) {
      await expect(call()).rejects.toMatchObject({ code: 'EINVAL' });
    }
    expect(await vfs.ls('/base')).toHaveLength(1);
  });

  test.each(['/', '/base'])('of %s does not close what it is a view of', async (base) => {
    const vfs = memoryVFS();
    await vfs.mkdir('/base');
    const view = scoped(vfs, base);
    await view.close();
    await view[Symbol.asyncDispose]();
    await expect(vfs.ls('/')).resolves.toHaveLength(1);
  });

  test('needs a path', () => {
    expect(() => scoped(memoryVFS(), 'base')).toThrow(expect.objectContaining({ code: 'EINVAL' }));
  });
});

describe('intercept', () => {
  const everyCall: readonly (readonly [Call['op'], (vfs: VFS) => Promise<unknown>])[] = [
    ['mkdir', (vfs) => vfs.mkdir('/p', { recursive: true })],
    ['writeFile', (vfs) => vfs.writeFile('/p', 'data', { exclusive: true })],
    ['readFile', (vfs) => vfs.readFile('/p')],
    ['chtimes', (vfs) => vfs.chtimes('/p', now, now)],
    ['ls', (vfs) => vfs.ls('/p')],
    ['stat', (vfs) => vfs.stat('/p')],
    ['rm', (vfs) => vfs.rm('/p', { recursive: true })],
    ['rename', (vfs) => vfs.rename('/p', '/q')],
    ['watch', (vfs) => vfs.watch('/p', () => undefined)],
  ];

  test.each(everyCall)('shows a call of %s as data, and makes it as it is told', async (op, make) => {
    const [outer, inner]: Call[][] = [[], []];
    const innermost = intercept(memoryVFS(), async (call) => inner?.push(call));
    const vfs = intercept(innermost, (call, next) => {
      outer?.push(call);
      return next({ ...call, path: '/elsewhere' });
    });
    await make(vfs);
    expect(outer).toEqual([expect.objectContaining({ op, path: '/p' })]);
    expect(inner).toEqual([{ ...outer?.[0], path: '/elsewhere' }]);
  });

  test('can make a call of its own, and answer without one', async () => {
    const store = memoryVFS();
    const vfs = intercept(store, async (call, next) => {
      if (call.op === 'ls') return [{ name: 'invented', type: 'file' }];
      await perform(store, { op: 'mkdir', path: '/own', options: {} });
      return next(call);
    });
    await vfs.mkdir('/d');
    expect((await store.ls('/')).map(({ name }) => name)).toEqual(['d', 'own']);
    expect(await vfs.ls('/')).toEqual([{ name: 'invented', type: 'file' }]);
  });

  test('rejects, and does not throw, if the interceptor does', async () => {
    const defect = new Error('defect');
    const vfs = intercept(memoryVFS(), () => {
      throw defect;
    });
    await expect(vfs.ls('/')).rejects.toBe(defect);
  });

  test('can declare other capabilities and another name, frozen', () => {
    const vfs = intercept(memoryVFS(), (call, next) => next(call), {
      adapter: 'other',
      capabilities: { cost: 'metered' },
    });
    expect(vfs.adapter).toBe('other');
    expect(vfs.capabilities).toEqual({ ...memoryVFS().capabilities, cost: 'metered' });
    expect(Object.isFrozen(vfs.capabilities)).toBe(true);
  });

  test('closes what it stands around', async () => {
    const inner = memoryVFS();
    await intercept(inner, (call, next) => next(call))[Symbol.asyncDispose]();
    await expect(inner.ls('/')).rejects.toMatchObject({ code: 'ECONN' });
  });

  test('nests: each wrapper sees the calls of the one outside', async () => {
    const order: string[] = [];
    const noting = (name: string, vfs: VFS): VFS =>
      intercept(vfs, (call, next) => {
        order.push(`${name} ${call.path}`);
        return next(call);
      });
    const clock = new VirtualClock();
    await noting('outer', withDeadline(scoped(noting('inner', memoryVFS()), '/base'), 10, { clock })).mkdir(
      '/',
      {
        recursive: true,
      },
    );
    expect(order).toEqual(['outer /', 'inner /base']);
  });
});

describe('traced', () => {
  function subscribed(): { channels: ReturnType<typeof tracingChannel>; events: string[]; end: () => void } {
    const channels = tracingChannel(`holdfast:test:${Math.random()}`);
    const events: string[] = [];
    const on = (event: string) => (message: unknown) => {
      const { op, path, adapter, error } = message as Trace;
      const code = error === undefined ? '' : ` ${(error as VFSError).code}`;
      events.push(`${event} ${op} ${path} ${adapter}${code}`);
    };
    const handlers = {
      start: on('start'),
      end: on('end'),
      asyncStart: on('asyncStart'),
      asyncEnd: on('asyncEnd'),
      error: on('error'),
    };
    channels.subscribe(handlers);
    return { channels, events, end: () => channels.unsubscribe(handlers) };
  }

  test('publishes calls to channels of node:diagnostics_channel', async () => {
    const { channels, events, end } = subscribed();
    const vfs = traced(memoryVFS(), channels);
    await vfs.mkdir('/d');
    await expect(vfs.mkdir('/d')).rejects.toMatchObject({ code: 'EEXIST' });
    end();
    await vfs.mkdir('/e');
    expect(events).toEqual([
      'start mkdir /d memory',
      'asyncEnd mkdir /d memory',
      'start mkdir /d memory',
      'error mkdir /d memory EEXIST',
      'asyncEnd mkdir /d memory EEXIST',
    ]);
  });

  test('publishes neither data nor options', async () => {
    const published: unknown[] = [];
    const channel = { hasSubscribers: true, publish: (message: unknown) => void published.push(message) };
    const vfs = traced(memoryVFS(), { start: channel, asyncEnd: channel, error: channel });
    await vfs.writeFile('/f', 'secret', { signal: new AbortController().signal });
    expect(published).toHaveLength(2);
    for (const trace of published) {
      expect(Object.keys(trace as object).sort()).toEqual(['adapter', 'capabilities', 'op', 'path']);
    }
  });

  test('gives each call one object for all its channels, and is silent without subscribers', async () => {
    const published: unknown[] = [];
    const channel = { hasSubscribers: true, publish: (message: unknown) => void published.push(message) };
    const nobody = { hasSubscribers: false, publish: () => expect.unreachable() };
    await traced(memoryVFS(), { start: channel, asyncEnd: channel, error: nobody }).ls('/');
    await traced(memoryVFS(), { start: nobody, asyncEnd: nobody, error: nobody }).ls('/');
    expect(published).toHaveLength(2);
    expect(published[0]).toBe(published[1]);
  });
});
