import type { Lease } from '@holdfast/lock';
import { describe, expect, it } from 'vitest';
import { failure, Hosts, KINDS, STORAGES, told } from '../hosts.fixture.js';

describe.each(KINDS)('on %s storage', (kind) => {
  it('contenders of several hosts have the lock in the order of their claims, one at a time', async () => {
    const hosts = await Hosts.begun(STORAGES[kind]);
    const order: number[] = [];
    let holding = 0;
    const work = Array.from({ length: 5 }, async (_, number) => {
      const lock = hosts.host().lock();
      await new Promise<void>((resolve) => hosts.time.schedule(resolve, number * 10));
      await lock.with(async (lease) => {
        expect(++holding).toBe(1);
        order.push(number);
        expect(lease.token).toBe(1001 + number);
        await new Promise<void>((resolve) => hosts.time.schedule(resolve, 3_000));
        holding--;
      });
    });
    await hosts.time.runUntil(Promise.all(work));
    expect(order).toEqual([0, 1, 2, 3, 4]);
  });

  it('contenders of both kinds of claims meet in one ledger', async () => {
    const hosts = await Hosts.begun(STORAGES[kind]);
    const lease = await hosts.host().lock().acquire();
    const other = hosts.host({ storage: kind === 'network' ? STORAGES.metered : STORAGES.network });
    const waiting = other.lock().acquire();
    const third = hosts.host().lock().acquire();
    await hosts.time.advance(60_000);
    await expect(other.lock().tryAcquire()).rejects.toMatchObject({ code: 'ELOCKED' });
    await lease.release();
    const next = await hosts.time.runUntil(waiting);
    expect([next.token, next.held]).toEqual([1002, true]);
    await next.release();
    expect((await hosts.time.runUntil(third)).token).toBe(1003);
  });
});

describe('waiting', () => {
  it('ends within a poll after a holder elsewhere releases', async () => {
    const hosts = await Hosts.begun();
    const lease = await hosts.host().lock().acquire();
    const waiting = hosts.host().lock({ pollMs: 100 }).acquire();
    await hosts.time.advance(5_000);
    await lease.release();
    const from = hosts.time.now;
    await hosts.time.runUntil(waiting);
    expect(hosts.time.now - from).toBeLessThanOrEqual(130);
  });

  it.each(['local', 'local names', 'metered'] as const)(
    'ends at once where %s storage can be watched',
    async (kind) => {
      const hosts = await Hosts.begun({ ...STORAGES[kind], watch: true });
      const lease = await hosts.host().lock().acquire();
      const host = hosts.host();
      const waiting = host.lock({ pollMs: 5_000 }).acquire();
      await hosts.time.advance(1_500);
      const from = hosts.time.now;
      host.calls.length = 0;
      await lease.release();
      await hosts.time.runUntil(waiting);
      expect(hosts.time.now).toBe(from);
      expect(host.calls).toEqual(['ls']);
    },
  );

  it('asks the less often the further back it is, and still at least twice a window', async () => {
    const hosts = await Hosts.begun();
    const lock = { staleAfterMs: 10_000, pollMs: 1_000 };
    await hosts.host().lock(lock).acquire();
    const waiters = Array.from({ length: 12 }, () => hosts.host());
    for (const waiter of waiters) {
      void waiter.lock(lock).acquire();
      await hosts.time.advance(1);
    }
    await hosts.time.advance(30_000);
    for (const waiter of waiters) waiter.calls.length = 0;
    await hosts.time.advance(60_000);
    const looks = waiters.map(({ calls }) => calls.filter((call) => call === 'ls').length - 30);
    expect(looks[0]).toBeGreaterThan(45);
    expect(looks[3]).toBeLessThan(25);
    for (const count of looks) expect(count).toBeGreaterThanOrEqual(12 - 1);
    expect(Math.max(...looks.slice(5))).toBeLessThan(20);
  });

  it('wakes nobody but the one next in line where claims are files that are watched', async () => {
    const hosts = await Hosts.begun({ watch: true });
    const holder = await hosts.host().lock().acquire();
    const waiters = [hosts.host(), hosts.host(), hosts.host()];
    const granted: Lease[] = [];
    for (const waiter of waiters) {
      void waiter
        .lock({ pollMs: 100_000, staleAfterMs: 60_000 })
        .acquire()
        .then((lease) => granted.push(lease));
      await hosts.time.advance(1);
    }
    await hosts.time.advance(11);
    for (const waiter of waiters) waiter.calls.length = 0;
    await holder.release();
    await hosts.time.settle();
    expect(granted.map(({ token }) => token)).toEqual([1002]);
    expect(waiters.map(({ calls }) => calls.filter((call) => call === 'ls').length)).toEqual([1, 0, 0]);
  });

  it('goes on by polling where a watch cannot be had', async () => {
    const hosts = await Hosts.begun({ watch: true });
    const lease = await hosts.host().lock().acquire();
    const host = hosts.host();
    host.fail(/^watch /, failure('EIO', { op: 'watch' }), 9);
    const waiting = host.lock().acquire();
    await hosts.time.advance(1_000);
    await lease.release();
    expect((await hosts.time.runUntil(waiting)).held).toBe(true);
    expect(told(host)).toContain('storage-error');
  });

  it('tells whom it waits for, and how many are in the way', async () => {
    const hosts = await Hosts.begun();
    const first = await hosts.host().lock({ label: 'first' }).acquire();
    void hosts.host().lock({ label: 'second' }).acquire();
    await hosts.time.advance(200);
    const host = hosts.host();
    const waiting = host.lock().acquire();
    await hosts.time.advance(500);
    expect(host.events.at(-1)).toMatchObject({
      type: 'waiting',
      ahead: 2,
      claim: { token: first.token, holder: { label: 'first' } },
    });
    await first.release();
    await hosts.time.advance(500);
    expect(host.events.at(-1)).toMatchObject({ type: 'waiting', ahead: 1, claim: { token: 1002 } });
    void waiting;
  });

  it('keeps its claim alive for as long as it takes', async () => {
    const hosts = await Hosts.begun();
    const lease = await hosts.host().lock().acquire();
    const waiting = hosts.host().lock().acquire();
    const behind = hosts.host().lock().acquire();
    await hosts.time.advance(300_000);
    await lease.release();
    const next = await hosts.time.runUntil(waiting);
    expect([next.token, next.held]).toEqual([1002, true]);
    await next.release();
    expect((await hosts.time.runUntil(behind)).token).toBe(1003);
  });

  it('queues again by itself if its place is lost', async () => {
    const hosts = await Hosts.begun();
    const lease = await hosts.host().lock().acquire();
    const host = hosts.host();
    const waiting = host.lock().acquire();
    await hosts.time.advance(1_000);
    await hosts.put('1002.free');
    await hosts.time.advance(5_000);
    expect(host.calls).toContain('make 1003');
    await lease.release();
    expect((await hosts.time.runUntil(waiting)).token).toBe(1003);
    expect(told(host)).not.toContain('lost');
  });

  it('queues again if the machine slept for too long, and never holds meanwhile', async () => {
    const hosts = await Hosts.begun();
    const lease = await hosts.host().lock().acquire();
    const host = hosts.host();
    const waiting = host.lock().acquire();
    await hosts.time.advance(1_000);
    host.clock.suspend('machine');
    await hosts.time.advance(60_000);
    await lease.release();
    host.clock.resume();
    const next = await hosts.time.runUntil(waiting);
    expect(next.token).toBe(1003);
    expect(await hosts.ledger()).toContain('1002.free');
  });
});

describe('a process that asks again right after its release', () => {
  it('queues behind those who wait on other hosts', async () => {
    const hosts = await Hosts.begun();
    const busy = hosts.host();
    const lock = busy.lock();
    let lease = await lock.acquire();
    const waiting = hosts.host().lock().acquire();
    await hosts.time.advance(500);
    const again = lock.acquire();
    await lease.release();
    lease = await hosts.time.runUntil(waiting);
    expect(lease.token).toBe(1002);
    await lease.release();
    expect((await hosts.time.runUntil(again)).token).toBe(1003);
  });
});
