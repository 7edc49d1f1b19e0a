import { Semaphore, type Lease, type SemaphoreOptions } from '@holdfast/lock';
import { describe, expect, it } from 'vitest';
import { crash, Hosts, KINDS, short, STORAGES, type Host } from '../hosts.fixture.js';

function semaphore(host: Host, permits: number, options: Partial<SemaphoreOptions> = {}): Semaphore {
  const { clock, events, vfs } = host;
  return new Semaphore(vfs, {
    id: 'slots',
    permits,
    clock,
    onEvent: (event) => events.push(event),
    ...options,
  });
}

async function ledger(hosts: Hosts): Promise<string[]> {
  return (await hosts.truth.ls('/semaphore-slots')).map(({ name }) => short(name));
}

describe.each(KINDS)('a semaphore on %s storage', (kind) => {
  it('is held by as many hosts as there are permits, and by the next one once one of them ends', async () => {
    const hosts = new Hosts(STORAGES[kind]);
    const leases: Lease[] = [];
    for (let count = 0; count < 3; count++) leases.push(await semaphore(hosts.host(), 3).acquire());
    expect(leases.map(({ held, permits }) => `${held} ${permits}`)).toEqual(Array(3).fill('true 1'));
    let fourth: Lease | undefined;
    void semaphore(hosts.host(), 3)
      .acquire()
      .then((lease) => (fourth = lease));
    await hosts.time.advance(60_000);
    expect(fourth).toBeUndefined();
    await leases[1]?.release();
    await hosts.time.advance(7_000);
    expect(fourth?.held).toBe(true);
    expect(leases.map(({ held }) => held)).toEqual([true, false, true]);
    expect(new Set([...leases, fourth].map((lease) => lease?.token)).size).toBe(4);
  });

  it('gives several permits at once, in turn: who comes later waits behind, though there is enough for it', async () => {
    const hosts = new Hosts(STORAGES[kind]);
    const first = await semaphore(hosts.host(), 3).acquire({ count: 2 });
    const order: string[] = [];
    const take = async (name: string, count: number): Promise<void> => {
      const lease = await semaphore(hosts.host(), 3).acquire({ count });
      order.push(name);
      await new Promise<void>((resolve) => hosts.time.schedule(resolve, 5_000));
      await lease.release();
    };
    const work = [take('three', 3)];
    await hosts.time.advance(50);
    work.push(take('one', 1));
    await hosts.time.advance(15_000);
    expect(order).toEqual([]);
    await first.release();
    await hosts.time.runUntil(Promise.all(work));
    expect(order).toEqual(['three', 'one']);
  });

  it('gets the permits of one that died back after its window', async () => {
    const hosts = new Hosts(STORAGES[kind]);
    const dying = hosts.host();
    await semaphore(dying, 2).acquire();
    const alive = await semaphore(hosts.host(), 2).acquire();
    const next = semaphore(hosts.host(), 2).acquire();
    await hosts.time.advance(1_000);
    crash(dying);
    const from = hosts.time.now;
    expect((await hosts.time.runUntil(next)).held).toBe(true);
    expect(hosts.time.now - from).toBeLessThanOrEqual(kind === 'metered' ? 70_000 : 13_000);
    expect(alive.held).toBe(true);
  });
});

describe('the number of permits', () => {
  it('stands in the ledger before anything is claimed', async () => {
    const hosts = new Hosts();
    const host = hosts.host();
    await semaphore(host, 4).acquire();
    expect(await ledger(hosts)).toContain('permits.4');
    const made = host.calls.filter((call) => call.startsWith('make'));
    expect(made.map((call) => call.replace(/\d{5,}/, 'N'))).toEqual([
      'make semaphore-slots',
      'make semaphore-slots',
      'make permits.4',
      'make N.origin',
      'make N',
      'make N.takes.1',
    ]);
  });

  it('must be the same everywhere: who comes with another one is told of both, and changes nothing', async () => {
    const hosts = new Hosts();
    const lease = await semaphore(hosts.host(), 4).acquire();
    const before = await ledger(hosts);
    for (const permits of [3, 5]) {
      const other = semaphore(hosts.host(), permits);
      for (const call of [other.acquire(), other.tryAcquire(), other.with(() => undefined)]) {
        const error: unknown = await call.catch((caught: unknown) => caught);
        expect(error).toMatchObject({
          code: 'ELEDGER',
          fault: 'permits',
          path: '/semaphore-slots',
          permits: { listed: 4, asked: permits },
        });
        expect(String(error)).toMatch(new RegExp(`4 permits.*with ${permits}`));
      }
    }
    expect(await ledger(hosts)).toEqual(before);
    await hosts.time.advance(30_000);
    expect(lease.held).toBe(true);
  });

  it.each(['tryAcquire', 'acquire'] as const)(
    'is the smaller one if two begin with different ones at the same moment (%s)',
    async (call) => {
      const hosts = new Hosts();
      const [more, less] = [hosts.host(), hosts.host()];
      const holds = [more.hold('make permits.4'), less.hold('make permits.3')];
      const outcomes = Promise.allSettled([semaphore(more, 4)[call](), semaphore(less, 3)[call]()]);
      await Promise.all(holds.map(({ arrived }) => arrived));
      for (const hold of holds) hold.go();
      const [lost, won] = await outcomes;
      expect(lost).toMatchObject({ reason: { fault: 'permits', permits: { listed: 3, asked: 4 } } });
      expect(won).toMatchObject({ status: 'fulfilled' });
    },
  );

  it('that turns out smaller after a claim takes the claim back; who holds goes on until it ends', async () => {
    const hosts = new Hosts();
    const [holder, waiter, claiming, late] = [hosts.host(), hosts.host(), hosts.host(), hosts.host()];
    const slow = late.hold('make permits.1');
    const small = semaphore(late, 1).acquire();
    await slow.arrived;
    const lease = await semaphore(holder, 2).acquire({ count: 2 });
    const waiting = semaphore(waiter, 2).acquire();
    const refusedWaiter = expect(waiting).rejects.toMatchObject({ fault: 'permits' });
    await hosts.time.advance(50);
    const held = claiming.hold(/^make \d+$/);
    const confirming = expect(semaphore(claiming, 2).acquire()).rejects.toMatchObject({ fault: 'permits' });
    await held.arrived;
    slow.go();
    await hosts.time.advance(20);
    held.go();
    await hosts.time.runUntil(Promise.all([refusedWaiter, confirming]));
    await hosts.time.advance(20_000);
    expect(lease.held).toBe(true);
    await lease.release();
    expect((await hosts.time.runUntil(small)).held).toBe(true);
    const { holders, waiters } = await semaphore(late, 1).inspect();
    expect([holders.length, waiters.length]).toEqual([1, 0]);
  });

  it('that was removed by hand is said again', async () => {
    const hosts = new Hosts();
    const lease = await semaphore(hosts.host(), 2).acquire();
    await hosts.truth.rm('/semaphore-slots/permits.2', { recursive: true });
    await hosts.time.advance(10_000);
    expect(lease.held).toBe(true);
    const next = await semaphore(hosts.host(), 2).acquire();
    expect([await ledger(hosts), next.held]).toEqual([expect.arrayContaining(['permits.2']), true]);
  });
});

describe('a semaphore and a lock', () => {
  it('of one id have nothing to do with each other', async () => {
    const hosts = new Hosts();
    const host = hosts.host();
    const leases = [
      await host.lock({ id: 'slots' }).acquire(),
      await semaphore(host, 1).acquire(),
      await host.lock({ id: 'permits' }).acquire(),
    ];
    expect(leases.map(({ held, permits }) => [held, permits])).toEqual([
      [true, undefined],
      [true, 1],
      [true, undefined],
    ]);
  });

  it('refuse each other’s ledgers, and change nothing in them', async () => {
    const hosts = new Hosts();
    await (await hosts.host().lock({ id: 'slots' }).acquire()).release();
    await (await semaphore(hosts.host(), 2).acquire()).release();
    await hosts.truth.rename('/lockfile-slots', '/aside');
    await hosts.truth.rename('/semaphore-slots', '/lockfile-slots');
    await hosts.truth.rename('/aside', '/semaphore-slots');
    const before = [await ledger(hosts), await hosts.ledger('slots')];
    for (const call of ['acquire', 'tryAcquire', 'inspect', 'isStale', 'releaseIfStale'] as const) {
      await expect(semaphore(hosts.host(), 2)[call]()).rejects.toMatchObject({
        code: 'ELEDGER',
        fault: 'lock',
      });
      await expect(hosts.host().lock({ id: 'slots' })[call]()).rejects.toMatchObject({
        code: 'ELEDGER',
        fault: 'semaphore',
      });
    }
    expect([await ledger(hosts), await hosts.ledger('slots')]).toEqual(before);
  });
});
