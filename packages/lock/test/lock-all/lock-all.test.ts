import { lockAll, Semaphore, type LeaseSet, type Lock, type LockAllItem } from '@holdfast/lock';
import { describe, expect, it } from 'vitest';
import { failure, Hosts, type Host } from '../hosts.fixture.js';

function three(host: Host): [a: Lock, b: Lock, c: Lock] {
  return [host.lock({ id: 'a' }), host.lock({ id: 'b' }), host.lock({ id: 'c' })];
}

function semaphore(host: Host, permits: number): Semaphore {
  return new Semaphore(host.vfs, { id: 'slots', permits, clock: host.clock });
}

async function states(host: Host): Promise<string[]> {
  return Promise.all(three(host).map(async (lock) => (await lock.inspect()).state));
}

describe('lockAll', () => {
  it('holds all of them, in the order given, and releases them together', async () => {
    const hosts = new Hosts();
    const host = hosts.host();
    const [a, b, c] = three(host);
    const set = await lockAll([c, a, b]);
    expect(set.leases.map(({ id }) => id)).toEqual(['c', 'a', 'b']);
    expect([set.held, set.signal.aborted, await states(hosts.host())]).toEqual([
      true,
      false,
      Array(3).fill('held'),
    ]);
    await set.release();
    await set.release();
    expect([set.held, set.signal.aborted, await states(host)]).toEqual([false, false, Array(3).fill('free')]);
  });

  it('obtains them by their names and then directories, whatever the order given', async () => {
    const host = new Hosts().host();
    const [a, b] = three(host);
    const elsewhere = host.lock({ id: 'a', dir: '/z' });
    const set = await lockAll([b, elsewhere, { lock: semaphore(host, 2) }, a]);
    const claimed = host.calls.filter((call) => /^make (lockfile|semaphore)/.test(call));
    expect([...new Set(claimed)]).toEqual(['make lockfile-a', 'make lockfile-b', 'make semaphore-slots']);
    expect(set.leases.map(({ permits }) => permits)).toEqual([undefined, undefined, 1, undefined]);
    await set.release();
  });

  it('lets nobody wait for ever, though each host names them in another order', async () => {
    const hosts = new Hosts();
    const orders = [
      [0, 1, 2],
      [2, 1, 0],
      [1, 2, 0],
      [2, 0, 1],
    ];
    let holding = 0;
    const work = orders.map(async (order) => {
      const locks = three(hosts.host({ callMs: 7 }));
      for (let turn = 0; turn < 3; turn++) {
        await using set = await lockAll(order.map((at) => locks[at]).filter((lock) => lock !== undefined));
        expect([set.held, ++holding]).toEqual([true, 1]);
        await new Promise<void>((resolve) => hosts.time.schedule(resolve, 300));
        holding--;
      }
    });
    await hosts.time.runUntil(Promise.all(work));
  });

  it('takes them as it is told: shared, or several permits', async () => {
    const hosts = new Hosts();
    const [host, other] = [hosts.host(), hosts.host()];
    const wish = (by: Host): LockAllItem[] => [
      { lock: by.lock({ id: 'a' }), mode: 'shared' },
      { lock: semaphore(by, 4), count: 2 },
    ];
    const sets = [await lockAll(wish(host)), await lockAll(wish(other))];
    expect(sets.map(({ held }) => held)).toEqual([true, true]);
    await expect(lockAll(wish(hosts.host()), { timeoutMs: 0 })).rejects.toMatchObject({
      code: 'ELOCKTIMEOUT',
      id: 'slots',
    });
    expect(await host.lock({ id: 'a' }).inspect()).toMatchObject({ holders: [{}, {}], waiters: [] });
  });

  it('has none of them if one is not obtained: out of time, given up, or not to be had', async () => {
    const hosts = new Hosts();
    const holder = await hosts.host().lock({ id: 'c' }).acquire();
    const host = hosts.host();
    const outOfTime = expect(lockAll(three(host), { timeoutMs: 2_000 })).rejects.toMatchObject({
      code: 'ELOCKTIMEOUT',
      id: 'c',
      timeoutMs: 2_000,
      token: holder.token,
    });
    await hosts.time.advance(2_500);
    await outOfTime;
    const controller = new AbortController();
    const given = expect(lockAll(three(host), { signal: controller.signal })).rejects.toBe('enough');
    await hosts.time.advance(100);
    controller.abort('enough');
    await given;
    await hosts.time.advance(100);
    host.fail(/^make lockfile-b/, failure('EACCES', { op: 'mkdir' }));
    const [a, b, c] = three(hosts.host());
    await expect(lockAll([a, b, c], { signal: AbortSignal.abort('before') })).rejects.toBe('before');
    expect((await states(hosts.host())).slice(0, 2)).toEqual(['free', 'free']);
  });

  it('begins again if one is lost while it waits for the others', async () => {
    const hosts = new Hosts();
    const holder = await hosts.host().lock({ id: 'c' }).acquire();
    let set: LeaseSet | undefined;
    const host = hosts.host();
    const work = lockAll(three(host)).then((all) => (set = all));
    await hosts.time.advance(1_000);
    const lock = hosts.host().lock({ id: 'a' });
    const { holders } = await lock.inspect();
    const broken = holders[0]?.token ?? 0;
    await lock.breakLock({ token: broken });
    await hosts.time.advance(5_000);
    expect(set).toBeUndefined();
    await holder.release();
    await hosts.time.runUntil(work);
    expect([set?.held, (set?.leases[0]?.token ?? 0) > broken]).toEqual([true, true]);
    expect(await hosts.host().lock({ id: 'b' }).inspect()).toMatchObject({ holders: [{}], waiters: [] });
  });

  it('aborts its one signal when any of them is lost', async () => {
    const hosts = new Hosts();
    const set = await lockAll(three(hosts.host()));
    await hosts.time.advance(1_000);
    const { signal } = set;
    await hosts
      .host()
      .lock({ id: 'b' })
      .breakLock({ token: set.leases[1]?.token ?? 0 });
    await hosts.time.advance(3_000);
    expect(set.held).toBe(false);
    expect(signal.reason).toMatchObject({ code: 'ELOCKLOST', id: 'b' });
    await set.release();
    expect(await states(hosts.host())).toEqual(Array(3).fill('free'));
  });

  it.each<[string, (host: Host) => unknown]>([
    ['nothing', () => []],
    ['no list', () => undefined],
    ['what is no lock', () => [{}]],
    ['a lock twice', (host) => [host.lock({ id: 'a' }), host.lock({ id: 'a' })]],
    ['a mode of a semaphore', (host) => [{ lock: semaphore(host, 2), mode: 'shared' }]],
    ['a count of a lock', (host) => [{ lock: host.lock({ id: 'a' }), count: 1 }]],
    ['more permits than there are', (host) => [{ lock: semaphore(host, 2), count: 3 }]],
    ['an unknown mode', (host) => [{ lock: host.lock({ id: 'a' }), mode: 'both' }]],
  ])('refuses %s, before it asks for anything', async (_, given) => {
    const host = new Hosts().host();
    await expect(lockAll(given(host) as LockAllItem[])).rejects.toMatchObject({ code: 'ELOCKOPTION' });
    await expect(lockAll([host.lock()], { timeoutMs: -1 })).rejects.toMatchObject({ code: 'ELOCKOPTION' });
    expect(host.calls).toEqual([]);
  });
});
