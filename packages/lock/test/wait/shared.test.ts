import type { Lease } from '@holdfast/lock';
import { describe, expect, it } from 'vitest';
import { failure, Hosts, KINDS, STORAGES } from '../hosts.fixture.js';

describe.each(KINDS)('on %s storage', (kind) => {
  it('eight readers of eight hosts hold the lock at once, without waiting', async () => {
    const hosts = await Hosts.begun(STORAGES[kind]);
    const leases: Lease[] = [];
    for (let reader = 0; reader < 8; reader++)
      leases.push(await hosts.host().lock().acquire({ mode: 'shared' }));
    await hosts.time.advance(30_000);
    expect(leases.map(({ held, mode }) => `${held} ${mode}`)).toEqual(Array(8).fill('true shared'));
    expect(new Set(leases.map(({ token }) => token)).size).toBe(8);
    await expect(hosts.host().lock().tryAcquire()).rejects.toMatchObject({ code: 'ELOCKED' });
  });

  it('a writer is not starved: readers that come after it wait behind it', async () => {
    const hosts = await Hosts.begun(STORAGES[kind]);
    const order: string[] = [];
    const take = async (name: string, mode: 'shared' | 'exclusive'): Promise<void> => {
      const lease = await hosts.host().lock().acquire({ mode });
      order.push(name);
      await new Promise<void>((resolve) => hosts.time.schedule(resolve, 5_000));
      await lease.release();
    };
    const work: Promise<void>[] = [];
    for (const [name, mode] of [
      ['reader 1', 'shared'],
      ['reader 2', 'shared'],
      ['writer', 'exclusive'],
      ['reader 3', 'shared'],
      ['reader 4', 'shared'],
    ] as const) {
      work.push(take(name, mode));
      await hosts.time.advance(20);
    }
    expect(order).toEqual(['reader 1', 'reader 2']);
    await expect(hosts.host().lock().tryAcquire({ mode: 'shared' })).rejects.toMatchObject({
      code: 'ELOCKED',
    });
    await hosts.time.runUntil(Promise.all(work));
    expect(order.slice(0, 3)).toEqual(['reader 1', 'reader 2', 'writer']);
    expect(order.slice(3).toSorted()).toEqual(['reader 3', 'reader 4']);
  });

  it('a downgrade lets in the readers that are next, and nobody else', async () => {
    const hosts = await Hosts.begun(STORAGES[kind]);
    const lease = await hosts.host().lock().acquire();
    const granted: string[] = [];
    for (const [name, mode] of [
      ['reader 1', 'shared'],
      ['reader 2', 'shared'],
      ['writer', 'exclusive'],
      ['reader 3', 'shared'],
    ] as const) {
      void hosts
        .host()
        .lock()
        .acquire({ mode })
        .then(() => granted.push(name));
      await hosts.time.advance(20);
    }
    await hosts.time.advance(15_000);
    expect(granted).toEqual([]);
    await lease.downgrade();
    expect([lease.mode, lease.held]).toEqual(['shared', true]);
    await hosts.time.advance(15_000);
    expect(granted.toSorted()).toEqual(['reader 1', 'reader 2']);
    await expect(lease.verify()).resolves.toBeUndefined();
  });
});

describe('shared leases of one process', () => {
  it('are held side by side, and end each by itself', async () => {
    const hosts = await Hosts.begun();
    const host = hosts.host();
    const leases = await Promise.all(
      Array.from({ length: 8 }, () => host.lock().acquire({ mode: 'shared' })),
    );
    expect(leases.map(({ held }) => held)).toEqual(Array(8).fill(true));
    await leases[0]?.release();
    await hosts.time.advance(30_000);
    expect(leases.map(({ held }) => held)).toEqual([false, ...Array<boolean>(7).fill(true)]);
    await expect(host.lock().tryAcquire()).rejects.toMatchObject({ code: 'ELOCKED' });
  });

  it('wait behind a writer of the same process that asked before', async () => {
    const hosts = await Hosts.begun();
    const host = hosts.host();
    const reader = await host.lock().acquire({ mode: 'shared' });
    const order: string[] = [];
    const writer = host.lock().with(() => void order.push('writer'));
    const second = host.lock().with(() => void order.push('reader'), { mode: 'shared' });
    await hosts.time.advance(5_000);
    expect(order).toEqual([]);
    await expect(host.lock().tryAcquire({ mode: 'shared' })).rejects.toMatchObject({ code: 'ELOCKED' });
    await reader.release();
    await hosts.time.runUntil(Promise.all([writer, second]));
    expect(order).toEqual(['writer', 'reader']);
  });

  it('never let an exclusive one in unseen by a number that is known', async () => {
    const hosts = await Hosts.begun();
    const [host, other] = [hosts.host(), hosts.host()];
    const theirs = await other.lock().acquire({ mode: 'shared' });
    const ours = await host.lock().acquire({ mode: 'shared' });
    await ours.release();
    await expect(host.lock().tryAcquire()).rejects.toMatchObject({ code: 'ELOCKED', token: theirs.token });
    expect(await hosts.ledger()).not.toContain('1003');
  });
});

describe('a shared claim', () => {
  it('that could not be marked is given up: others would take it for an exclusive one', async () => {
    const hosts = await Hosts.begun({ link: false });
    const host = hosts.host();
    host.fail('make 1001.shared', failure('EACCES'));
    await expect(host.lock().acquire({ mode: 'shared' })).rejects.toMatchObject({ code: 'EACCES' });
    await hosts.time.settle();
    expect(await hosts.ledger()).toContain('1001.free');
  });

  it('whose mark has an unknown outcome is given up as well, and the next one counts', async () => {
    const hosts = await Hosts.begun({ link: false });
    const host = hosts.host();
    await host.lock().with(() => undefined);
    host.fail('make 1002.shared', failure('ECONN', { outcome: 'unknown' }));
    const lease = await hosts.time.runUntil(host.lock().acquire({ mode: 'shared' }));
    expect(lease.token).toBe(1003);
    expect(await hosts.ledger()).toContain('1002.free');
  });

  it('stands in the way of an exclusive one until it is over', async () => {
    const hosts = await Hosts.begun();
    const reader = await hosts.host().lock().acquire({ mode: 'shared' });
    const writing = hosts.host().lock().acquire();
    await hosts.time.advance(30_000);
    await reader.release();
    const writer = await hosts.time.runUntil(writing);
    expect([writer.mode, writer.held]).toEqual(['exclusive', true]);
  });
});

describe('a downgrade', () => {
  it('of a shared lease changes nothing', async () => {
    const hosts = await Hosts.begun();
    const host = hosts.host();
    const lease = await host.lock().acquire({ mode: 'shared' });
    host.calls.length = 0;
    await lease.downgrade();
    expect([host.calls, lease.mode]).toEqual([[], 'shared']);
  });

  it('of a lease that was lost or released is refused', async () => {
    const hosts = await Hosts.begun();
    const lease = await hosts.host().lock().acquire();
    await lease.release();
    await expect(lease.downgrade()).rejects.toMatchObject({ code: 'ELOCKLOST', reason: 'released' });
    expect(await hosts.ledger()).not.toContain('1001.shared');
  });

  it('whose outcome is unknown leaves a lease that says shared: others may hold it by now', async () => {
    const hosts = await Hosts.begun({ link: false });
    const host = hosts.host();
    const lease = await host.lock().acquire();
    host.hold('make 1001.shared').goButFail(failure('ECONN', { outcome: 'unknown' }));
    await expect(lease.downgrade()).rejects.toMatchObject({ code: 'ECONN' });
    expect([lease.mode, lease.held]).toEqual(['shared', true]);
  });
});
