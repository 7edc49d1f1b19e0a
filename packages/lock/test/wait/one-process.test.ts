import { Lock, type Lease } from '@holdfast/lock';
import { describe, expect, it } from 'vitest';
import { failure, Hosts, KINDS, STORAGES } from '../hosts.fixture.js';

describe('callers of one process', () => {
  it('have the lock in the order of their calls, without a timer between', async () => {
    const hosts = await Hosts.begun();
    const host = hosts.host();
    const lease = await host.lock().acquire();
    const order: number[] = [];
    const waiting = [1, 2, 3].map((number) => host.lock().with(() => void order.push(number)));
    await hosts.time.advance(3_000);
    expect(order).toEqual([]);
    const from = hosts.time.now;
    await lease.release();
    await Promise.all(waiting);
    expect([order, hosts.time.now]).toEqual([[1, 2, 3], from]);
  });

  it.each(KINDS)(
    'stand in the ledger with one claim, however many there are, on %s storage',
    async (kind) => {
      const hosts = await Hosts.begun(STORAGES[kind]);
      const lease = await hosts.host().lock().acquire();
      const host = hosts.host();
      for (let caller = 0; caller < 20; caller++) void host.lock().acquire();
      await hosts.time.advance(10_000);
      const claims = (await hosts.ledger()).filter((name) => /^\d+$/.test(name));
      expect(claims).toEqual(['1001', '1002']);
      expect(lease.held).toBe(true);
    },
  );

  it('may be ten thousand, most of which give up', async () => {
    const hosts = await Hosts.begun();
    const host = hosts.host();
    const first = await host.lock().acquire();
    const lock = host.lock();
    const leaving = new AbortController();
    let served = 0;
    const work = Array.from({ length: 10_000 }, async (_, caller) => {
      const options = caller % 20 === 0 ? {} : { signal: leaving.signal };
      const lease = await lock.acquire(options).catch(() => undefined);
      if (lease === undefined) return;
      served++;
      await lease.release();
    });
    await hosts.time.settle();
    leaving.abort();
    await first.release();
    await Promise.all(work);
    expect(served).toBe(500);
    expect((await hosts.ledger()).length).toBeLessThan(60);
  });

  it('of several Lock objects share what they know: one knows at once what another has', async () => {
    const hosts = await Hosts.begun();
    const host = hosts.host();
    await host.lock({ label: 'mine' }).acquire();
    host.calls.length = 0;
    await expect(host.lock().tryAcquire()).rejects.toMatchObject({
      code: 'ELOCKED',
      token: 1001,
      holder: { label: 'mine' },
    });
    expect(host.calls).toEqual([]);
  });

  it('with different settings are each safe with the other', async () => {
    const hosts = await Hosts.begun();
    const host = hosts.host();
    const lease = await host.lock({ staleAfterMs: 60_000 }).acquire();
    const waiting = host.lock({ staleAfterMs: 500 }).acquire();
    await hosts.time.advance(120_000);
    expect(lease.held).toBe(true);
    await lease.release();
    expect((await waiting).held).toBe(true);
    expect(await hosts.ledger()).toContain('1001.beat.60000');
  });

  it('over two views of one store exclude each other as two hosts do', async () => {
    const hosts = await Hosts.begun();
    const host = hosts.host();
    const second = hosts.host();
    const one = new Lock(host.vfs, { id: 'deploy', clock: host.clock });
    const two = new Lock(second.vfs, { id: 'deploy', clock: host.clock });
    const lease = await one.acquire();
    const waiting = two.acquire();
    await hosts.time.advance(30_000);
    await expect(two.tryAcquire()).rejects.toMatchObject({ code: 'ELOCKED' });
    await expect(one.tryAcquire()).rejects.toMatchObject({ code: 'ELOCKED', token: 1001 });
    await lease.release();
    expect((await hosts.time.runUntil(waiting)).token).toBe(1002);
  });

  it('of two locks know nothing of each other', async () => {
    const hosts = new Hosts();
    const host = hosts.host();
    const leases = [
      await host.lock({ id: 'a' }).acquire(),
      await host.lock({ id: 'b' }).acquire(),
      await host.lock({ id: 'a', dir: '/other' }).acquire(),
    ];
    expect(leases.map(({ held }) => held)).toEqual([true, true, true]);
  });

  it('let the next one on when the one in front gives up', async () => {
    const hosts = await Hosts.begun();
    const lease = await hosts.host().lock().acquire();
    const host = hosts.host();
    const refusal = expect(host.lock().acquire({ timeoutMs: 1_000 })).rejects.toMatchObject({
      code: 'ELOCKTIMEOUT',
    });
    const second = host.lock().acquire();
    await hosts.time.advance(2_000);
    await refusal;
    await lease.release();
    expect((await hosts.time.runUntil(second)).held).toBe(true);
  });

  it('let the next one on when the one in front fails', async () => {
    const hosts = await Hosts.begun();
    const host = hosts.host();
    host.fail('make 1001', failure('EACCES'));
    const [first, second] = await Promise.allSettled([host.lock().acquire(), host.lock().acquire()]);
    expect([first?.status, second?.status]).toEqual(['rejected', 'fulfilled']);
  });

  it('are told who holds the lock, wherever they stand in the queue', async () => {
    const hosts = await Hosts.begun();
    const host = hosts.host();
    await host.lock({ label: 'first' }).acquire();
    const refusals = Promise.allSettled([1, 2].map(() => host.lock().acquire({ timeoutMs: 1_000 })));
    await hosts.time.advance(1_000);
    const refusal = { reason: { code: 'ELOCKTIMEOUT', token: 1001, holder: { label: 'first' } } };
    expect(await refusals).toMatchObject([refusal, refusal]);
  });

  it('end with the reason of an abort, in front as well as in the queue', async () => {
    const hosts = await Hosts.begun();
    await hosts.host().lock().acquire();
    const host = hosts.host();
    const [front, back] = [new AbortController(), new AbortController()];
    const reasons = Promise.allSettled([front, back].map(({ signal }) => host.lock().acquire({ signal })));
    await hosts.time.advance(500);
    back.abort('back');
    front.abort('front');
    expect(await reasons).toMatchObject([{ reason: 'front' }, { reason: 'back' }]);
  });

  it('leave nothing behind that would keep the process alive', async () => {
    const hosts = await Hosts.begun();
    const host = hosts.host();
    const leases: Lease[] = [];
    for (let round = 0; round < 20; round++) {
      const lease = await host.lock().acquire({ timeoutMs: 60_000 });
      await hosts.time.advance(150);
      await lease.release();
      leases.push(lease);
    }
    const from = hosts.time.now;
    await hosts.time.runUntilIdle();
    expect(hosts.time.now).toBe(from);
    await hosts.time.advance(60_000);
    expect([hosts.time.pendingTimers, leases.some(({ held }) => held)]).toEqual([0, false]);
  });
});
