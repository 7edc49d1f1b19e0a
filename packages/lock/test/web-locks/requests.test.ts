import { describe, expect, it } from 'vitest';
import { failure, Hosts, KINDS, STORAGES } from '../hosts.fixture.js';
import { alone, locksOf, never, refusal, thenable, Until } from './locks.fixture.js';

describe('a request', () => {
  it.each([
    ['returns', () => 7],
    ['resolves to', () => Promise.resolve(7)],
    ['resolves late to', async () => Promise.resolve().then(() => 7)],
    ['returns as a thenable', () => thenable((resolve) => resolve(7))],
  ])('resolves to what its callback %s', async (_, callback: () => unknown) => {
    expect(await alone().locks.request('x', callback)).toBe(7);
  });

  it('rejects with what its callback throws, at once or later, and has released the lock then', async () => {
    const { locks } = alone();
    const cause = thenable(() => expect.unreachable());
    const throwing = (): never => {
      throw cause as Error;
    };
    for (const callback of [throwing, async () => throwing()]) {
      // What is returned from an async function would have its `then` called.
      const thrown = await refusal(
        locks.request('x', callback).catch((error: unknown) => Promise.reject([error])),
      );
      expect((thrown as unknown[])[0]).toBe(cause);
      expect(await locks.request('x', { ifAvailable: true }, (lock) => lock !== null)).toBe(true);
    }
  });

  it('gives a lock with its name, mode, token and signal', async () => {
    const { locks } = alone();
    const first = await locks.request('x', (lock) => lock);
    const second = await locks.request('x', { mode: 'shared' }, (lock) => lock);
    expect([first?.name, first?.mode, second?.mode]).toEqual(['x', 'exclusive', 'shared']);
    expect(second?.token).toBeGreaterThan(first?.token ?? Infinity);
    expect(first?.signal.aborted).toBe(false);
    const kinds = [first, locks].map((each) => Object.prototype.toString.call(each));
    expect(kinds).toEqual(['[object Lock]', '[object LockManager]']);
  });

  it('holds the lock until what the callback returned settles, and settles after that', async () => {
    const { locks } = alone();
    const until = new Until();
    const order: string[] = [];
    const first = locks.request('x', () => until.promise).then(() => order.push('returned'));
    const second = locks.request('x', () => order.push('second'));
    await locks.query();
    void until.promise.then(() => order.push('settled'));
    until.resolve();
    await Promise.all([first, second]);
    expect(order).toEqual(['settled', 'returned', 'second']);
  });

  it('is granted after those that were made before, readers side by side', async () => {
    const { locks } = alone();
    const order: string[] = [];
    const ends = new Map<string, Until>();
    const ask = (name: string, mode: 'shared' | 'exclusive'): Promise<void> => {
      const end = new Until();
      ends.set(name, end);
      return locks.request('x', { mode }, () => {
        order.push(name);
        return end.promise;
      });
    };
    const work = [ask('r1', 'shared'), ask('r2', 'shared'), ask('w', 'exclusive'), ask('r3', 'shared')];
    await locks.query();
    expect(order).toEqual(['r1', 'r2']);
    for (const name of ['r1', 'r2', 'w', 'r3']) ends.get(name)?.resolve();
    await Promise.all(work);
    expect(order).toEqual(['r1', 'r2', 'w', 'r3']);
  });

  it('calls its callback after those of other names that were asked for before, if they can be had', async () => {
    const { locks } = alone();
    const granted: string[] = [];
    const until = new Until();
    const ask = (name: string, mode: 'shared' | 'exclusive', what: string): Promise<void> =>
      locks.request(name, { mode }, () => {
        granted.push(what);
        return name === 'a' ? until.promise : undefined;
      });
    const asked = ['a1', 'a2', 'a3'].map((what) => ask('a', 'shared', what));
    const blocked = ask('a', 'exclusive', 'a4');
    await ask('b', 'exclusive', 'b');
    expect(granted).toEqual(['a1', 'a2', 'a3', 'b']);
    until.resolve();
    await Promise.all([...asked, blocked]);
    expect(granted.at(-1)).toBe('a4');
  });

  it('does not wait for those of other names, nor within their callbacks', async () => {
    const { locks } = alone();
    const held = locks.request('x', () => locks.request('y', () => locks.request('z', () => 'inner')));
    expect(await held).toBe('inner');
  });

  it('rejects with the error of the storage, which denies access with a SecurityError', async () => {
    const { host, locks } = alone();
    host.fail('ls', failure('EIO', { op: 'ls' }), 9);
    expect(await refusal(locks.request('x', () => 1))).toMatchObject({ code: 'EIO' });
    const { host: denied, locks: out } = alone();
    const cause = failure('EACCES', { op: 'ls' });
    denied.fail('ls', cause, 2);
    for (const asked of [out.request('x', () => 1), out.query()]) {
      const error = await refusal(asked);
      expect(error).toMatchObject({ name: 'SecurityError', cause });
      expect(error).toBeInstanceOf(DOMException);
    }
    expect(await out.request('x', () => 1)).toBe(1);
  });
});

describe.each(KINDS)('requests of several hosts on %s storage', (kind) => {
  it('exclude each other, and are served in order', async () => {
    const hosts = new Hosts(STORAGES[kind]);
    const until = new Until();
    const order: number[] = [];
    const work = [
      locksOf(hosts.host()).request('x', () => {
        order.push(0);
        return until.promise;
      }),
    ];
    await hosts.time.advance(100);
    for (const at of [1, 2]) {
      work.push(locksOf(hosts.host()).request('x', () => void order.push(at)));
      await hosts.time.advance(100);
    }
    const other = locksOf(hosts.host());
    expect(await other.request('x', { ifAvailable: true }, (lock) => lock)).toBeNull();
    expect(order).toEqual([0]);
    until.resolve();
    await hosts.time.runUntil(Promise.all(work));
    expect(order).toEqual([0, 1, 2]);
  });
});

describe('with ifAvailable', () => {
  it('the callback is called with null if somebody holds the lock, and its result or error counts', async () => {
    const { locks } = alone();
    await locks.request('x', async () => {
      expect(await locks.request('x', { ifAvailable: true }, (lock) => [lock, 123])).toEqual([null, 123]);
      const throwing = (): never => {
        throw new RangeError('no');
      };
      expect(await refusal(locks.request('x', { ifAvailable: true }, throwing))).toBeInstanceOf(RangeError);
      expect(await refusal(locks.request('x', { ifAvailable: true }, async () => throwing()))).toBeInstanceOf(
        RangeError,
      );
      expect(await locks.request('different', { ifAvailable: true }, (lock) => lock?.name)).toBe('different');
    });
    expect(await locks.request('x', { ifAvailable: true }, (lock) => lock?.name)).toBe('x');
  });

  it('a shared lock is available beside shared ones alone', async () => {
    const { locks } = alone();
    const modes = ['shared', 'exclusive'] as const;
    for (const outer of modes) {
      for (const mode of modes) {
        const had = await locks.request('x', { mode: outer }, () =>
          locks.request('x', { mode, ifAvailable: true }, (lock) => lock !== null),
        );
        expect([outer, mode, had]).toEqual([outer, mode, outer === 'shared' && mode === 'shared']);
      }
    }
  });

  it('a request counts the ones made right before it, and is before those made right after', async () => {
    const { locks } = alone();
    const order: string[] = [];
    const first = locks.request('x', () => void order.push('first'));
    const second = locks.request(
      'x',
      { ifAvailable: true },
      (lock) => void order.push(`second ${lock?.name}`),
    );
    await Promise.all([first, second]);
    expect(order).toEqual(['first', 'second undefined']);
    const third = locks.request('x', { ifAvailable: true }, (lock) => lock !== null);
    const fourth = locks.request('x', () => 'fourth');
    expect(await Promise.all([third, fourth])).toEqual([true, 'fourth']);
  });

  it('a shared request is not available while an exclusive one waits before it', async () => {
    const { locks } = alone();
    const until = new Until();
    const reader = locks.request('x', { mode: 'shared' }, () => until.promise);
    const writer = locks.request('x', () => 'written');
    expect(await locks.request('x', { mode: 'shared', ifAvailable: true }, (lock) => lock)).toBeNull();
    until.resolve();
    expect(await Promise.all([reader, writer])).toEqual([undefined, 'written']);
  });
});

describe('the signal of a request', () => {
  it('that aborts in the same turn ends it, and its callback is never called', async () => {
    const { locks } = alone();
    const controller = new AbortController();
    const asked = locks.request('x', { signal: controller.signal }, () => expect.unreachable());
    controller.abort();
    expect(await refusal(asked)).toBe(controller.signal.reason);
    expect(await locks.request('x', () => 'next')).toBe('next');
  });

  it('that aborts ends a request that waits, with its reason, and lets the next one be granted', async () => {
    const { hosts, host, locks } = alone();
    const until = new Until();
    const holder = locks.request('x', () => until.promise);
    const controllers = [new AbortController(), new AbortController()];
    const [front, behind] = controllers.map(({ signal }) =>
      refusal(locks.request('x', { signal }, () => expect.unreachable())),
    );
    const last = locks.request('x', () => 'last');
    expect((await locks.query()).pending).toHaveLength(3);
    controllers[1]?.abort('behind');
    expect(await behind).toBe('behind');
    controllers[0]?.abort('front');
    expect(await front).toBe('front');
    expect((await locks.query()).pending).toHaveLength(1);
    until.resolve();
    expect(await hosts.time.runUntil(Promise.all([holder, last]))).toEqual([undefined, 'last']);
    await hosts.time.advance(1_000);
    expect(await host.lock({ id: 'x' }).inspect()).toMatchObject({ state: 'free', waiters: [] });
  });

  it('is of no account once the callback was called', async () => {
    const { locks } = alone();
    const controller = new AbortController();
    const until = new Until<string>();
    const called = new Until();
    const asked = locks.request('x', { signal: controller.signal }, () => {
      called.resolve();
      return until.promise;
    });
    await called.promise;
    controller.abort();
    until.resolve('resolved');
    expect(await asked).toBe('resolved');
  });

  it('that aborts at any step leaves no claim, and calls no callback afterwards', async () => {
    const steps = await stepsOf(new Hosts(), Infinity);
    expect(steps.called).toBe(true);
    expect(steps.taken).toBeGreaterThan(10);
    for (let at = 0; at < steps.taken; at++) {
      const hosts = new Hosts();
      const { called, result } = await stepsOf(hosts, at);
      expect([at, result]).toEqual([at, called ? 'done' : 'left']);
      await hosts.time.advance(30_000);
      const info = await hosts.host().lock({ id: 'x' }).inspect();
      expect([at, info.state, info.waiters.length]).toEqual([at, 'free', 0]);
    }
  });

  /** Aborts a request after so many turns of the microtask queue, or never. */
  async function stepsOf(
    hosts: Hosts,
    abortAfter: number,
  ): Promise<{ taken: number; called: boolean; result: unknown }> {
    const controller = new AbortController();
    const callback = { called: false };
    const settled = locksOf(hosts.host())
      .request('x', { signal: controller.signal }, () => {
        callback.called = true;
        return 'done';
      })
      .catch((error: unknown) => error);
    let taken = 0;
    for (; taken < abortAfter && !callback.called && taken < 10_000; taken++) await Promise.resolve();
    controller.abort('left');
    return { taken, called: callback.called, result: await hosts.time.runUntil(settled) };
  }
});

describe('a lock that is lost', () => {
  it('ends its request with AbortError and aborts its signal; the callback is not waited for', async () => {
    const { hosts, host, locks } = alone();
    let signal: AbortSignal | undefined;
    const asked = refusal(
      locks.request('x', (lock) => {
        signal = lock?.signal;
        return never;
      }),
    );
    await hosts.time.advance(100);
    const { holders } = await host.lock({ id: 'x' }).inspect();
    await hosts
      .host()
      .lock({ id: 'x' })
      .breakLock({ token: holders[0]?.token ?? 0 });
    const error = await hosts.time.runUntil(asked);
    expect(error).toBeInstanceOf(DOMException);
    expect(error).toMatchObject({ name: 'AbortError', cause: { code: 'ELOCKLOST', reason: 'broken' } });
    expect(signal?.reason).toMatchObject({ code: 'ELOCKLOST' });
    expect((await locks.query()).held).toEqual([]);
  });
});
