import { LockLostError, type Lease } from '@holdfast/lock';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { crash, failure, Hosts, KINDS, STORAGES, told } from '../hosts.fixture.js';

describe('to release', () => {
  it.each(KINDS)(
    'waits for the beat in flight before it marks the claim as over, on %s storage',
    async (kind) => {
      const hosts = await Hosts.begun(STORAGES[kind]);
      const host = hosts.host();
      const lease = await host.lock({ staleAfterMs: 10_000 }).acquire();
      const beat = host.hold(/^(write|make) 1001\.beat/);
      await hosts.time.advance(150);
      await beat.arrived;
      const released = lease.release();
      await hosts.time.settle();
      expect([lease.held, (await hosts.ledger()).includes('1001.free')]).toEqual([false, false]);
      beat.go();
      await released;
      expect(await hosts.ledger()).toContain('1001.free');
      const from = hosts.time.now;
      await hosts.time.runUntilIdle();
      expect(hosts.time.now - from).toBeLessThanOrEqual(250);
    },
  );

  it('does not wait for long for a beat that hangs', async () => {
    const hosts = await Hosts.begun();
    const host = hosts.host();
    const lease = await host.lock().acquire();
    host.hold(/^write 1001\.beat/);
    await hosts.time.advance(150);
    await hosts.time.runUntil(lease.release());
    expect(await hosts.ledger()).toContain('1001.free');
    expect(hosts.time.now).toBeLessThanOrEqual(1_150);
  });

  it('is the last thing that a holder does', async () => {
    const hosts = await Hosts.begun();
    const host = hosts.host();
    const lease = await host.lock().acquire();
    await hosts.time.advance(5_000);
    await lease.release();
    host.calls.length = 0;
    await hosts.time.advance(60_000);
    expect(host.calls).toEqual([]);
  });

  it('may be called twice, and then says so by verify; no signal aborts', async () => {
    const hosts = await Hosts.begun();
    const host = hosts.host();
    const lease = await host.lock().acquire();
    await Promise.all([lease.release(), lease.release()]);
    await expect(lease.verify()).rejects.toMatchObject({ code: 'ELOCKLOST', reason: 'released' });
    expect(lease.signal.aborted).toBe(false);
    expect(host.calls.filter((call) => call === 'make 1001.free')).toHaveLength(1);
    expect(told(host)).toEqual(['acquired', 'released']);
  });

  it('of a lease that is lost disturbs nobody, and is not told as a release', async () => {
    const hosts = await Hosts.begun();
    const [one, two] = [hosts.host(), hosts.host()];
    const lease = await one.lock().acquire();
    await hosts.time.advance(150);
    crash(one);
    const next = await hosts.time.runUntil(two.lock().acquire());
    one.clock.resume();
    await hosts.time.advance(5_000);
    await expect(lease.release()).resolves.toBeUndefined();
    expect(told(one)).toContain('lost');
    expect(told(one)).not.toContain('released');
    expect(next.held).toBe(true);
  });

  it('comes with `await using`', async () => {
    const hosts = await Hosts.begun();
    const host = hosts.host();
    const work = async (): Promise<number> => {
      await using lease = await host.lock().acquire();
      return lease.token;
    };
    expect([await work(), await work()]).toEqual([1001, 1002]);
  });
});

describe('work under a lock', () => {
  it('passes on what it returns or throws, and releases', async () => {
    const hosts = await Hosts.begun();
    const lock = hosts.host().lock();
    expect(await lock.with(({ token }) => token)).toBe(1001);
    const fault = new Error('no');
    await expect(lock.with(() => Promise.reject(fault))).rejects.toBe(fault);
    expect(await lock.with(({ token, mode }) => [token, mode], { mode: 'shared' })).toEqual([1003, 'shared']);
  });

  it('may release by itself', async () => {
    const hosts = await Hosts.begun();
    const result = hosts
      .host()
      .lock()
      .with(async (lease) => {
        await lease.release();
        return 42;
      });
    expect(await result).toBe(42);
  });

  it('may detach: what was handed out is not given back', async () => {
    const hosts = await Hosts.begun();
    const handle = await hosts
      .host()
      .lock()
      .with((lease) => lease.detach({ ttlMs: 60_000 }));
    expect((await hosts.host().lock().attach(handle)).held).toBe(true);
  });

  it('rejects with the loss though it succeeded, and with both if it failed as well', async () => {
    const fault = new Error('no');
    for (const [end, cause] of [
      [() => Promise.resolve(), undefined],
      [() => Promise.reject(fault), fault],
    ] as const) {
      const hosts = await Hosts.begun();
      const outcome = hosts
        .host()
        .lock()
        .with(async ({ signal }) => {
          await hosts.put('1001.free');
          await new Promise((resolve) => signal.addEventListener('abort', resolve));
          return end();
        })
        .catch((error: unknown) => error);
      const error = await hosts.time.runUntil(outcome);
      expect(error).toMatchObject({ code: 'ELOCKLOST', reason: 'broken' });
      expect((error as Error).cause).toBe(cause);
    }
  });

  it('rejects if the lease ran out unseen while it did not yield', async () => {
    const hosts = await Hosts.begun();
    const host = hosts.host();
    const outcome = host.lock().with(() => host.clock.jumpWall(60_000));
    await expect(outcome).rejects.toBeInstanceOf(LockLostError);
  });
});

describe('whatever goes wrong in the background', () => {
  const unhandled: unknown[] = [];
  const onUnhandled = (reason: unknown): number => unhandled.push(reason);
  beforeEach(() => void process.on('unhandledRejection', onUnhandled));
  afterEach(() => {
    process.off('unhandledRejection', onUnhandled);
    unhandled.length = 0;
  });

  it.each(KINDS)('no timer throws and no rejection is unhandled, on %s storage', async (kind) => {
    const hosts = await Hosts.begun({ ...STORAGES[kind], watch: true });
    const host = hosts.host();
    const held: Lease[] = [];
    const bomb = (): never => {
      throw new Error('a listener that throws');
    };
    held.push(await host.lock({ onEvent: bomb }).acquire({ mode: 'shared' }));
    const other = hosts.host();
    const waits = [
      other.lock({ onEvent: bomb }).acquire({ timeoutMs: 40_000 }),
      other.lock().acquire({ timeoutMs: 45_000 }),
      other.lock().isStale(),
    ].map((work) => work.catch(() => undefined));
    // From here on each call fails in one of several ways, also with what is no error of a storage.
    let state = 7;
    const faults = [
      failure('EIO'),
      failure('ECONN', { outcome: 'unknown' }),
      failure('EACCES'),
      new Error('odd'),
      'text',
    ];
    for (const one of [host, other]) {
      for (let fault = 0; fault < 400; fault++) {
        state = (state * 48_271) % 2_147_483_647;
        one.fail(
          state % 3 === 0 ? /^ls/ : /^(write|make|rm|stat|readFile|chtimes|watch) /,
          faults[state % 5],
        );
      }
    }
    await hosts.time.advance(50_000);
    await hosts.removeLedger();
    await hosts.time.advance(50_000);
    await Promise.all(waits);
    for (const lease of held) {
      const disposed = lease[Symbol.asyncDispose]();
      await hosts.time.advance(20_000);
      await expect(disposed).resolves.toBeUndefined();
    }
    await hosts.time.settle();
    expect(unhandled).toEqual([]);
    expect(held.map((lease) => lease.held)).toEqual([false]);
  });
});
