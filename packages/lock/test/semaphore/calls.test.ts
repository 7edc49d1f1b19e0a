import { inspectAll, Semaphore, type SemaphoreOptions } from '@holdfast/lock';
import { describe, expect, it } from 'vitest';
import { crash, Hosts, type Host } from '../hosts.fixture.js';

function semaphore(host: Host, permits: number, options: Partial<SemaphoreOptions> = {}): Semaphore {
  const { clock, vfs } = host;
  return new Semaphore(vfs, { id: 'slots', permits, clock, ...options });
}

describe('the options of a semaphore', () => {
  it.each([undefined, 0, -1, 1.5, Number.NaN, Infinity, 1_000_001, '3', null, 2n])(
    'refuse %s permits',
    (permits) => {
      const { vfs } = new Hosts().host();
      const given = { id: 'slots', permits } as unknown as SemaphoreOptions;
      expect(() => new Semaphore(vfs, given)).toThrow(expect.objectContaining({ code: 'ELOCKOPTION' }));
    },
  );

  it('refuse what they do not know, and name every fault', () => {
    const { vfs } = new Hosts().host();
    const given = { id: '', permits: 0, slots: 3 } as unknown as SemaphoreOptions;
    expect(() => new Semaphore(vfs, given)).toThrow(/id: .*permits: .*slots/s);
    expect(() => new Semaphore(vfs, undefined as unknown as SemaphoreOptions)).toThrow(
      expect.objectContaining({ code: 'ELOCKOPTION' }),
    );
  });

  it.each([0, 3, -1, 0.5, '1', null])('refuse a count of %s at once, out of two permits', async (count) => {
    const host = new Hosts().host();
    const slots = semaphore(host, 2);
    const given = { count } as unknown as { count: number };
    for (const call of [slots.acquire(given), slots.tryAcquire(given), slots.with(() => 1, given)])
      await expect(call).rejects.toMatchObject({ code: 'ELOCKOPTION' });
    await expect(slots.acquire({ mode: 'shared' } as object)).rejects.toMatchObject({ code: 'ELOCKOPTION' });
    expect(host.calls).toEqual([]);
  });

  it('take an id that is as long as that of a lock may be', async () => {
    const { vfs, clock } = new Hosts().host();
    const id = 'x'.repeat(231);
    await expect(new Semaphore(vfs, { id, permits: 1, clock }).acquire()).resolves.toMatchObject({
      held: true,
    });
    expect(() => new Semaphore(vfs, { id: `${id}x`, permits: 1 })).toThrow(/id: must be/);
  });
});

describe('a semaphore', () => {
  it('lets try who does not wait only if there is enough left, and claims nothing else', async () => {
    const hosts = new Hosts();
    const host = hosts.host();
    const first = await semaphore(hosts.host(), 3).tryAcquire({ count: 2 });
    host.calls.length = 0;
    await expect(semaphore(host, 3).tryAcquire({ count: 2 })).rejects.toMatchObject({
      code: 'ELOCKED',
      token: first.token,
    });
    expect(host.calls.filter((call) => /^make \d+/.test(call))).toEqual([]);
    const second = await semaphore(host, 3).tryAcquire();
    await second.release();
    // The next number is known, but that says nothing of those before.
    await expect(semaphore(host, 3).tryAcquire({ count: 2 })).rejects.toMatchObject({ code: 'ELOCKED' });
    expect(host.calls.filter((call) => /^make \d+$/.test(call))).toHaveLength(1);
    await expect(semaphore(host, 3).acquire({ count: 2, timeoutMs: 0 })).rejects.toMatchObject({
      code: 'ELOCKTIMEOUT',
    });
  });

  it('is held side by side by several of one process, in the order of their calls', async () => {
    const hosts = new Hosts();
    const slots = semaphore(hosts.host(), 2);
    const order: number[] = [];
    let running = 0;
    const work = Array.from({ length: 6 }, (_, at) =>
      slots.with(async () => {
        order.push(at);
        expect(++running).toBeLessThanOrEqual(2);
        await new Promise<void>((resolve) => hosts.time.schedule(resolve, 1_000));
        running--;
      }),
    );
    await hosts.time.runUntil(Promise.all(work));
    expect(order).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('says who holds how much and who waits', async () => {
    const hosts = new Hosts();
    const host = hosts.host();
    const slots = semaphore(host, 3);
    const free = await slots.inspect();
    expect(free).toMatchObject({ kind: 'semaphore', permits: undefined, state: 'free' });
    const leases = [await slots.acquire({ count: 2 }), await semaphore(hosts.host(), 3).acquire()];
    const waiting = semaphore(hosts.host(), 3).acquire({ count: 2 });
    await hosts.time.advance(100);
    const info = await slots.inspect();
    expect(info).toMatchObject({ kind: 'semaphore', permits: 3, state: 'held' });
    expect(info.holders.map(({ token, permits }) => [token, permits])).toEqual([
      [leases[0]?.token, 2],
      [leases[1]?.token, 1],
    ]);
    expect(info.waiters.map(({ permits }) => permits)).toEqual([2]);
    // By what the ledger says of itself, whatever is asked with.
    expect(await semaphore(host, 9).inspect()).toEqual(info);
    expect(await inspectAll(host.vfs, '/', { clock: host.clock })).toEqual([info]);
    await leases[0]?.release();
    await hosts.time.runUntil(waiting);
  });

  it('can be freed of those that died, and broken', async () => {
    const hosts = new Hosts();
    const [dying, host] = [hosts.host(), hosts.host()];
    const dead = await semaphore(dying, 2).acquire({ count: 2 });
    await hosts.time.advance(1_000);
    crash(dying);
    expect(await hosts.time.runUntil(semaphore(host, 2).isStale())).toBe(true);
    expect(await hosts.time.runUntil(semaphore(host, 2).releaseIfStale())).toBe(true);
    const lease = await semaphore(host, 2).tryAcquire({ count: 2 });
    expect(lease.token).toBeGreaterThan(dead.token);
    expect(await semaphore(hosts.host(), 2).breakLock({ token: lease.token })).toBe(true);
    await hosts.time.advance(3_000);
    expect(lease.signal.reason).toMatchObject({ code: 'ELOCKLOST', reason: 'broken' });
  });

  it('hands a lease on with all that it takes; a handle of a lock of the same id is none of its own', async () => {
    const hosts = new Hosts();
    const [host, other] = [hosts.host(), hosts.host()];
    const lease = await semaphore(host, 3).acquire({ count: 2 });
    await hosts.time.advance(1_000);
    const handle = await lease.detach({ ttlMs: 60_000 });
    expect(handle).toMatchObject({ permits: 2 });
    const again = JSON.parse(JSON.stringify(handle)) as typeof handle;
    const taken = await semaphore(other, 3).attach(again);
    expect(taken).toMatchObject({ token: lease.token, permits: 2, held: true });
    await expect(semaphore(host, 3).tryAcquire({ count: 2 })).rejects.toMatchObject({ code: 'ELOCKED' });
    await expect(host.lock({ id: 'slots' }).attach(again)).rejects.toMatchObject({ code: 'ELOCKOPTION' });
    const { permits: _, ...without } = handle;
    await expect(semaphore(host, 3).attach(without)).rejects.toMatchObject({ code: 'ELOCKOPTION' });
    await taken.release();
  });

  it('knows no modes', async () => {
    const lease = await semaphore(new Hosts().host(), 3).acquire();
    await expect(lease.downgrade()).rejects.toMatchObject({ code: 'ELOCKOPTION' });
    expect(lease.held).toBe(true);
  });

  it('leaves nothing behind when one that waits gives up', async () => {
    const hosts = new Hosts();
    const lease = await semaphore(hosts.host(), 2).acquire();
    const host = hosts.host();
    const controller = new AbortController();
    const waiting = semaphore(host, 2).acquire({ count: 2, signal: controller.signal });
    const left = expect(waiting).rejects.toBe('enough');
    await hosts.time.advance(100);
    controller.abort('enough');
    await left;
    await hosts.time.advance(100);
    expect(await semaphore(host, 2).inspect()).toMatchObject({
      holders: [{ token: lease.token }],
      waiters: [],
    });
  });
});
