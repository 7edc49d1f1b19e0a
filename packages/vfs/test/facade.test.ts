import { createHook } from 'node:async_hooks';
import { setImmediate } from 'node:timers/promises';
import { VirtualClock } from '@holdfast/testkit';
import { describe, expect, test } from 'vitest';
import type { Capabilities } from '../src/contract/capabilities.js';
import type { VFSDriver } from '../src/facade/driver.js';
import { VFSError } from '../src/errors/error.js';
import { createVFS } from '../src/facade/facade.js';
import type { VFS, Watcher } from '../src/contract/vfs.js';

const ALL: Capabilities = {
  exclusiveMkdir: 'known',
  exclusiveWrite: true,
  claimAs: 'file',
  link: true,
  chtimes: true,
  rename: true,
  watch: true,
  directories: 'real',
  listing: 'versions',
  mtimeGranularityMs: 1,
  abort: 'caller',
  cost: 'local',
};
const NOTHING: Capabilities = {
  ...ALL,
  exclusiveWrite: false,
  claimAs: 'directory',
  chtimes: false,
  rename: false,
  link: false,
  watch: false,
};

/** A driver that notes the calls that reach it. */
function recording(over: Partial<VFSDriver> = {}): { calls: unknown[][]; driver: VFSDriver } {
  const calls: unknown[][] = [];
  const note =
    <T>(op: string, answer: T) =>
    async (...args: unknown[]): Promise<T> => {
      calls.push([op, ...args]);
      return answer;
    };
  const driver: VFSDriver = {
    adapter: 'fake',
    capabilities: ALL,
    mkdir: note('mkdir', undefined),
    writeFile: note('writeFile', undefined),
    readFile: note('readFile', new Uint8Array()),
    chtimes: note('chtimes', undefined),
    ls: note('ls', []),
    stat: note('stat', { type: 'file', size: 0, mtimeMs: 0 } as const),
    rm: note('rm', undefined),
    rename: note('rename', undefined),
    link: note('link', undefined),
    watch: note('watch', { close: () => undefined }),
    ...over,
  };
  return { calls, driver };
}

const now = new Date();
const everyCall = (vfs: VFS, path: string): (() => Promise<unknown>)[] => [
  () => vfs.mkdir(path),
  () => vfs.mkdir(path, { recursive: true }),
  () => vfs.writeFile(path, 'x'),
  () => vfs.readFile(path),
  () => vfs.chtimes(path, now, now),
  () => vfs.ls(path),
  () => vfs.stat(path),
  () => vfs.rm(path),
  () => vfs.rm(path, { recursive: true }),
  () => vfs.rename(path, '/to'),
  () => vfs.link(path, '/to'),
  () => vfs.watch(path, () => undefined),
];

describe('the facade', () => {
  test('hands a call on with its path, plain options and no signal', async () => {
    const { calls, driver } = recording();
    const vfs = createVFS(driver);
    await vfs.mkdir('/a');
    await vfs.writeFile('/a', 'gr\u{fc}n');
    await vfs.writeFile('/a', Uint8Array.of(1), { exclusive: true });
    await vfs.rename('/a', '/b');
    await vfs.link('/a', '/b');
    await vfs.readFile('/a', { maxBytes: 9 });
    await vfs.readFile('/a');
    expect(calls).toEqual([
      ['mkdir', '/a', undefined],
      ['writeFile', '/a', new TextEncoder().encode('gr\u{fc}n'), { exclusive: false }, undefined],
      ['writeFile', '/a', Uint8Array.of(1), { exclusive: true }, undefined],
      ['rename', '/a', '/b', undefined],
      ['link', '/a', '/b', undefined],
      ['readFile', '/a', { maxBytes: 9 }, undefined],
      ['readFile', '/a', { maxBytes: Infinity }, undefined],
    ]);
  });

  test('lets nothing through that is not a path', async () => {
    const { calls, driver } = recording();
    const vfs = createVFS(driver);
    for (const call of everyCall(vfs, '/a/../b')) {
      await expect(call()).rejects.toMatchObject({ code: 'EINVAL', path: '/a/../b', adapter: 'fake' });
    }
    await expect(vfs.rename('/a', 'b')).rejects.toMatchObject({ code: 'EINVAL', op: 'rename', path: 'b' });
    await expect(vfs.link('/a', 'b')).rejects.toMatchObject({ code: 'EINVAL', op: 'link', path: 'b' });
    expect(calls).toEqual([]);
  });

  test('refuses what is not declared, even if the driver has it', async () => {
    const { calls, driver } = recording({ capabilities: NOTHING });
    const vfs = createVFS(driver);
    for (const call of [
      () => vfs.writeFile('/a', 'x', { exclusive: true }),
      () => vfs.chtimes('/a', now, now),
      () => vfs.rename('/a', '/b'),
      () => vfs.link('/a', '/b'),
      () => vfs.watch('/a', () => undefined),
    ]) {
      await expect(call()).rejects.toMatchObject({ code: 'ENOTSUP', outcome: 'failed' });
    }
    expect(calls).toEqual([]);
  });

  test('refuses what the driver does not have, even if declared', async () => {
    const { driver } = recording();
    const { chtimes: _, rename: __, watch: ___, link: ____, ...bare } = driver;
    const vfs = createVFS(bare);
    await expect(vfs.chtimes('/a', now, now)).rejects.toMatchObject({ code: 'ENOTSUP' });
    await expect(vfs.rename('/a', '/b')).rejects.toMatchObject({ code: 'ENOTSUP' });
    await expect(vfs.link('/a', '/b')).rejects.toMatchObject({ code: 'ENOTSUP' });
    await expect(vfs.watch('/a', () => undefined)).rejects.toMatchObject({ code: 'ENOTSUP' });
  });

  test('keeps the root from being made, written, read, removed or renamed', async () => {
    const { calls, driver } = recording();
    const vfs = createVFS(driver);
    await expect(vfs.mkdir('/')).rejects.toMatchObject({ code: 'EEXIST' });
    await expect(vfs.writeFile('/', 'x')).rejects.toMatchObject({ code: 'EISDIR' });
    await expect(vfs.readFile('/')).rejects.toMatchObject({ code: 'EISDIR' });
    await expect(vfs.rm('/')).rejects.toMatchObject({ code: 'EINVAL' });
    await expect(vfs.rm('/', { recursive: true })).rejects.toMatchObject({ code: 'EINVAL' });
    await expect(vfs.rename('/', '/a')).rejects.toMatchObject({ code: 'EINVAL' });
    await expect(vfs.rename('/a', '/')).rejects.toMatchObject({ code: 'EINVAL' });
    await expect(vfs.link('/', '/a')).rejects.toMatchObject({ code: 'EISDIR' });
    await expect(vfs.link('/a', '/')).rejects.toMatchObject({ code: 'EEXIST' });
    await expect(vfs.writeFile('/', 'x', { exclusive: true })).rejects.toMatchObject({ code: 'EEXIST' });
    expect(calls).toEqual([]);
  });

  test.each<[string, (vfs: VFS) => Promise<unknown>]>([
    ['data that is neither text nor bytes', (vfs) => vfs.writeFile('/a', undefined as unknown as string)],
    ['an ArrayBuffer for bytes', (vfs) => vfs.writeFile('/a', new ArrayBuffer(1) as unknown as string)],
    ['an invalid date', (vfs) => vfs.chtimes('/a', now, new Date(Number.NaN))],
    ['a number for a date', (vfs) => vfs.chtimes('/a', 5 as unknown as Date, now)],
    ['a listener that cannot be called', (vfs) => vfs.watch('/a', undefined as unknown as () => void)],
  ])('refuses %s with EINVAL', async (_, call) => {
    const { calls, driver } = recording();
    await expect(call(createVFS(driver))).rejects.toMatchObject({ code: 'EINVAL', outcome: 'failed' });
    expect(calls).toEqual([]);
  });

  test('turns what a driver does not know into EIO, and does not claim to know the outcome', async () => {
    const defect = new TypeError('defect');
    const fail = (): Promise<never> => Promise.reject(defect);
    const throws = (): never => {
      throw defect;
    };
    const vfs = createVFS(recording({ mkdir: fail, ls: fail, rm: throws }).driver);
    await expect(vfs.mkdir('/a')).rejects.toMatchObject({ code: 'EIO', outcome: 'unknown', cause: defect });
    await expect(vfs.ls('/a')).rejects.toMatchObject({ code: 'EIO', outcome: 'failed', cause: defect });
    await expect(vfs.rm('/a')).rejects.toMatchObject({ code: 'EIO', outcome: 'unknown', cause: defect });
  });

  test('hands on the errors of a driver as they are', async () => {
    const error = new VFSError({ code: 'EAUTH', op: 'ls', path: '/a', adapter: 'fake' });
    const vfs = createVFS(recording({ ls: () => Promise.reject(error) }).driver);
    await expect(vfs.ls('/a')).rejects.toBe(error);
  });

  test('takes an answer that is there at once, and an error that is thrown at once', async () => {
    const error = new VFSError({ code: 'EEXIST', op: 'mkdir', path: '/a', adapter: 'fake' });
    const { driver } = recording({
      ls: () => [],
      mkdir: () => {
        throw error;
      },
    });
    const { signal } = new AbortController();
    for (const vfs of [
      createVFS(driver),
      createVFS(driver, { deadlineMs: 1000, clock: new VirtualClock() }),
    ]) {
      expect(await vfs.ls('/')).toEqual([]);
      expect(await vfs.ls('/', { signal })).toEqual([]);
      await expect(vfs.mkdir('/a')).rejects.toBe(error);
      await expect(vfs.mkdir('/a', { signal })).rejects.toBe(error);
    }
  });

  test('makes one promise of an answer that is there at once', () => {
    const { driver } = recording({ mkdir: () => undefined, ls: () => [] });
    const vfs = createVFS(driver);
    let promises = 0;
    const hook = createHook({ init: (_, type) => void (promises += type === 'PROMISE' ? 1 : 0) }).enable();
    void vfs.mkdir('/a');
    void vfs.ls('/a');
    hook.disable();
    expect(promises).toBe(2);
  });

  test('holds a driver to the limit of a read', async () => {
    const vfs = createVFS(recording({ readFile: async () => new Uint8Array(5) }).driver);
    const now5 = createVFS(recording({ readFile: () => new Uint8Array(5) }).driver);
    for (const each of [vfs, now5]) {
      await expect(each.readFile('/a', { maxBytes: 4 })).rejects.toMatchObject({ code: 'EFBIG' });
      expect(await each.readFile('/a', { maxBytes: 5 })).toHaveLength(5);
    }
  });

  test('freezes a copy of the capabilities', () => {
    const capabilities = { ...ALL };
    const vfs = createVFS(recording({ capabilities }).driver);
    capabilities.chtimes = false;
    expect(vfs.capabilities.chtimes).toBe(true);
    expect(Object.isFrozen(vfs.capabilities)).toBe(true);
  });

  test.each([0, -1, Number.NaN])('refuses a deadline of %d ms', (deadlineMs) => {
    expect(() => createVFS(recording().driver, { deadlineMs })).toThrow(RangeError);
  });
});

describe('a closed facade', () => {
  test('closes the driver once, and refuses every call with ECONN', async () => {
    let closed = 0;
    const { calls, driver } = recording({ close: async () => void (closed += 1) });
    const vfs = createVFS(driver);
    await Promise.all([vfs.close(), vfs.close(), vfs[Symbol.asyncDispose]()]);
    expect(closed).toBe(1);
    for (const call of everyCall(vfs, '/a')) {
      await expect(call()).rejects.toMatchObject({ code: 'ECONN', outcome: 'failed' });
    }
    expect(calls).toEqual([]);
  });

  test('is closed from the moment of the call', async () => {
    const vfs = createVFS(recording().driver);
    const closing = vfs.close();
    await expect(vfs.ls('/')).rejects.toMatchObject({ code: 'ECONN' });
    await closing;
  });

  test('rejects, and does not throw, if the driver fails to close', async () => {
    const defect = new Error('cannot');
    const vfs = createVFS(
      recording({
        close: () => {
          throw defect;
        },
      }).driver,
    );
    await expect(vfs.close()).rejects.toBe(defect);
  });
});

describe('a signal', () => {
  const hanging = (): Promise<never> => new Promise(() => undefined);

  test('that is aborted already keeps the call from the driver', async () => {
    const { calls, driver } = recording();
    const reason = new Error('before');
    await expect(createVFS(driver).mkdir('/a', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(calls).toEqual([]);
  });

  test('lets the caller go even if the driver hangs, and tells the driver', async () => {
    let seen: AbortSignal | undefined;
    const vfs = createVFS(
      recording({
        ls: (_, signal) => {
          seen = signal;
          return hanging();
        },
      }).driver,
    );
    const controller = new AbortController();
    const call = vfs.ls('/', { signal: controller.signal });
    expect(seen?.aborted).toBe(false);
    controller.abort('enough');
    await expect(call).rejects.toBe('enough');
    expect(seen?.aborted).toBe(true);
  });

  test('that is aborted by the call itself lets the caller go', async () => {
    const controller = new AbortController();
    const vfs = createVFS(
      recording({
        ls: () => {
          controller.abort('from within');
          return hanging();
        },
      }).driver,
    );
    await expect(vfs.ls('/', { signal: controller.signal })).rejects.toBe('from within');
  });

  test('gives its reason, not the error that the driver makes of it', async () => {
    const vfs = createVFS(
      recording({
        ls: (_, signal) =>
          new Promise((__, reject) => {
            signal?.addEventListener('abort', () => reject(new Error('of the library')));
          }),
      }).driver,
    );
    const controller = new AbortController();
    const call = vfs.ls('/', { signal: controller.signal });
    controller.abort('enough');
    await expect(call).rejects.toBe('enough');
  });

  test('that comes too late for a watcher closes it', async () => {
    let closed = 0;
    let ready: (watcher: Watcher) => void = () => undefined;
    const vfs = createVFS(
      recording({
        watch: () =>
          new Promise((resolve) => {
            ready = resolve;
          }),
      }).driver,
    );
    const controller = new AbortController();
    const call = vfs.watch('/', () => undefined, { signal: controller.signal });
    controller.abort('enough');
    await expect(call).rejects.toBe('enough');
    ready({ close: () => void (closed += 1) });
    await setImmediate();
    expect(closed).toBe(1);
  });

  test('aborted after a watcher came does not close it', async () => {
    let closed = 0;
    const vfs = createVFS(recording({ watch: async () => ({ close: () => void (closed += 1) }) }).driver);
    const controller = new AbortController();
    await vfs.watch('/', () => undefined, { signal: controller.signal });
    controller.abort();
    await setImmediate();
    expect(closed).toBe(0);
  });
});
