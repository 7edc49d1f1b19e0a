import { lockManager, type LockManagerOptions } from '@holdfast/lock';
import { describe, expect, it } from 'vitest';
import { Hosts } from '../hosts.fixture.js';
import { alone, refusal } from './locks.fixture.js';

type Loose = (...args: unknown[]) => Promise<unknown>;

function loose(): { request: Loose; calls: readonly string[] } {
  const { locks, host } = alone();
  const request = (...args: unknown[]): Promise<unknown> => (locks.request as Loose).apply(locks, args);
  return { request, calls: host.calls };
}

const callback = (): void => undefined;

describe('the arguments of request', () => {
  it.each([[], ['x'], ['x', undefined], ['x', null], ['x', 123], ['x', 'abc'], ['x', []], ['x', {}]])(
    'must end with a callback: %j are refused by a promise',
    async (...args) => {
      const { request, calls } = loose();
      const made = request(...args);
      expect(made).toBeInstanceOf(Promise);
      expect(await refusal(made)).toBeInstanceOf(TypeError);
      expect(calls).toEqual([]);
    },
  );

  it.each([1, 'shared', true, Symbol('x'), 2n])('refuse %s as options', async (options) => {
    expect(await refusal(loose().request('x', options, callback))).toBeInstanceOf(TypeError);
  });

  it.each([undefined, null, {}, callback, [], { mode: undefined, signal: undefined, other: 1 }])(
    'take %s for options of which all is as usual',
    async (options) => {
      const { request } = loose();
      expect(await request('x', options, ({ mode }: { mode: string }) => mode)).toBe('exclusive');
    },
  );

  it('refuse a third argument that is no callback, though the second one is', async () => {
    expect(await refusal(loose().request('x', callback, undefined))).toBeInstanceOf(TypeError);
  });

  it.each(['foo', null, '', 'Shared', 1, {}, Symbol('shared')])('refuse %s for a mode', async (mode) => {
    expect(await refusal(loose().request('x', { mode }, callback))).toBeInstanceOf(TypeError);
  });

  it.each(['text', 12.34, false, null, {}, Symbol('s'), callback, globalThis])(
    'refuse %s for a signal',
    async (signal) => {
      expect(await refusal(loose().request('x', { signal }, callback))).toBeInstanceOf(TypeError);
    },
  );

  it('make text of a name, as the language does', async () => {
    const { request } = loose();
    const name = ({ name: given }: { name: string }): string => given;
    expect(await request(undefined, name)).toBe('undefined');
    expect(await request(12, name)).toBe('12');
    expect(await request({ toString: () => 'object' }, name)).toBe('object');
    expect(await refusal(request(Symbol('s'), name))).toBeInstanceOf(TypeError);
    const cause = new Error('no text');
    const throwing = {
      toString: (): string => {
        throw cause;
      },
    };
    expect(await refusal(request(throwing, name))).toBe(cause);
  });

  it('read each option once, by its name, before the callback is looked at', async () => {
    const read: string[] = [];
    const options = new Proxy({}, { get: (_, key) => void read.push(String(key)) });
    expect(await refusal(loose().request('x', options, undefined))).toBeInstanceOf(TypeError);
    expect(read).toEqual(['ifAvailable', 'mode', 'signal', 'steal']);
    const cause = new Error('read');
    const throwing = {
      get mode(): string {
        throw cause;
      },
    };
    expect(await refusal(loose().request('x', throwing, callback))).toBe(cause);
  });

  it('take what is truthy for true', async () => {
    const { request } = loose();
    expect(await refusal(request('x', { steal: 1, ifAvailable: 'no' }, callback))).toMatchObject({
      name: 'NotSupportedError',
    });
    expect(await request('x', { steal: 0, ifAvailable: null }, () => 'done')).toBe('done');
  });
});

describe('the steps of request', () => {
  const { signal } = new AbortController();
  const aborted = AbortSignal.abort('gone');

  it.each([
    ['a name that begins with -', '-', {}],
    ['a longer one', '-foo', { mode: 'shared' }],
    ['steal with ifAvailable', 'x', { steal: true, ifAvailable: true }],
    ['steal of a shared lock', 'x', { steal: true, mode: 'shared' }],
    ['a signal with steal', 'x', { steal: true, signal }],
    ['a signal with ifAvailable', 'x', { ifAvailable: true, signal }],
    ['a signal that is aborted with steal', 'x', { steal: true, signal: aborted }],
    ['a name that begins with - before an aborted signal', '-x', { signal: aborted }],
    ['a name that is too long for a storage', 'x'.repeat(400), {}],
  ])('refuse %s with NotSupportedError, and ask nothing of the storage', async (_, name, options) => {
    const { request, calls } = loose();
    const error = await refusal(request(name, options, callback));
    expect(error).toBeInstanceOf(DOMException);
    expect(error).toMatchObject({ name: 'NotSupportedError', code: DOMException.NOT_SUPPORTED_ERR });
    expect(calls).toEqual([]);
  });

  it('refuse wrong types before all else', async () => {
    expect(await refusal(loose().request('-', { mode: 'foo' }, callback))).toBeInstanceOf(TypeError);
    expect(await refusal(loose().request('-', {}, 1))).toBeInstanceOf(TypeError);
  });

  it('reject with the reason of a signal that is aborted already, whatever that is', async () => {
    const { request, calls } = loose();
    expect(await refusal(request('x', { signal: aborted }, callback))).toBe('gone');
    const usual = AbortSignal.abort();
    expect(await refusal(request('x', { signal: usual }, callback))).toBe(usual.reason);
    expect(usual.reason).toMatchObject({ name: 'AbortError' });
    expect(calls).toEqual([]);
  });
});

describe('a name', () => {
  it.each([
    '',
    'abc\0def',
    '\uD800',
    '\uDC00',
    '\uDC00\uD800',
    '\uFFFF',
    '😀',
    'a/b',
    '.',
    '..',
    'x-anything',
  ])('may be %j', async (name) => {
    const { locks } = alone();
    expect(await locks.request(name, (lock) => lock?.name)).toBe(name);
    const [held] = (await locks.request(name, () => locks.query())).held;
    expect(held?.name).toBe(name);
  });

  it('is not the same as one that looks like it', async () => {
    const { locks } = alone();
    const names = ['\uD800', '\uFFFD', '', 'é', 'e\u0301', 'A', 'a', 'utf16-', 'd800'];
    const granted = await names.reduceRight<() => Promise<number>>(
      (inner, name) => () =>
        locks.request(name, { ifAvailable: true }, async (lock) => (await inner()) + (lock ? 1 : 0)),
      () => Promise.resolve(0),
    )();
    expect(granted).toBe(names.length);
  });

  it('is that of the Lock of the same id', async () => {
    const { host, locks } = alone();
    const lease = await host.lock({ id: 'deploy' }).acquire();
    expect(await locks.request('deploy', { ifAvailable: true }, (lock) => lock)).toBeNull();
    await lease.release();
    await locks.request('deploy', async (lock) => {
      await expect(host.lock({ id: 'deploy' }).tryAcquire()).rejects.toMatchObject({
        code: 'ELOCKED',
        token: lock?.token,
      });
    });
  });
});

describe('a lock manager', () => {
  it.each([{ dir: 'locks' }, { id: 'x' }, { staleAfterMs: 0 }, { other: 1 }, null, 3])(
    'is not made with %j',
    (options) => {
      const { vfs } = new Hosts().host();
      expect(() => lockManager(vfs, options as LockManagerOptions)).toThrow(
        expect.objectContaining({ code: 'ELOCKOPTION' }),
      );
    },
  );

  it('refuses to be called as something else', async () => {
    const { request, query } = alone().locks as unknown as { request: Loose; query: Loose };
    expect(await refusal(request('x', callback))).toBeInstanceOf(TypeError);
    expect(await refusal(query())).toBeInstanceOf(TypeError);
  });
});
