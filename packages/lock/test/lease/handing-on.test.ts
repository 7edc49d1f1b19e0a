import type { DetachedLease } from '@holdfast/lock';
import { describe, expect, it } from 'vitest';
import { crash, failure, Hosts, KINDS, ORIGIN, STORAGES, told } from '../hosts.fixture.js';

/** As another process gets it. */
function throughJSON(handle: DetachedLease): DetachedLease {
  return JSON.parse(JSON.stringify(handle)) as DetachedLease;
}

describe.each(KINDS)('on %s storage', (kind) => {
  it('a lease is handed on from process to process under one token', async () => {
    const hosts = await Hosts.begun(STORAGES[kind]);
    let lease = await hosts.host().lock({ staleAfterMs: 10_000 }).acquire();
    const waiting = hosts.host().lock().acquire();
    for (let step = 1; step <= 3; step++) {
      await hosts.time.advance(7_000);
      const handle = throughJSON(await lease.detach({ ttlMs: 60_000 }));
      expect(handle).toEqual({
        id: 'deploy',
        token: 1001,
        mode: 'exclusive',
        attempt: step,
        staleAfterMs: 10_000,
        origin: ORIGIN,
      });
      expect(lease.held).toBe(false);
      await hosts.time.advance(50_000);
      lease = await hosts.host().lock({ staleAfterMs: 30_000 }).attach(handle);
      expect([lease.token, lease.held]).toEqual([1001, true]);
    }
    await hosts.time.advance(100_000);
    expect(lease.held).toBe(true);
    await lease.release();
    expect((await hosts.time.runUntil(waiting)).token).toBe(1002);
  });

  it('of two who attach to one handle, one gets it', async () => {
    const hosts = await Hosts.begun(STORAGES[kind]);
    const handle = await (await hosts.host().lock().acquire()).detach({ ttlMs: 60_000 });
    const results = await Promise.allSettled([
      hosts.host().lock().attach(handle),
      hosts.host().lock().attach(handle),
    ]);
    expect(results.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    expect(results).toContainEqual({
      status: 'rejected',
      reason: expect.objectContaining({ code: 'ELOCKLOST', reason: 'attached' }),
    });
    await hosts.time.advance(60_000);
    await expect(hosts.host().lock().tryAcquire()).rejects.toMatchObject({ code: 'ELOCKED', token: 1001 });
  });

  it('one that nobody attaches to is passed after its time to live, and not before', async () => {
    const hosts = await Hosts.begun(STORAGES[kind]);
    const lease = await hosts.host().lock({ staleAfterMs: 10_000 }).acquire();
    await hosts.time.advance(5_000);
    const waiting = hosts.host().lock().acquire();
    await hosts.time.advance(100);
    const handle = await lease.detach({ ttlMs: 45_000 });
    const from = hosts.time.now;
    const next = await hosts.time.runUntil(waiting);
    expect(next.token).toBe(1002);
    expect(hosts.time.now - from).toBeGreaterThanOrEqual(44_999.9);
    expect(hosts.time.now - from).toBeLessThanOrEqual(56_000);
    expect(await hosts.ledger()).toContain('1001.attached.1');
    await expect(hosts.host().lock().attach(handle)).rejects.toMatchObject({
      code: 'ELOCKLOST',
      reason: 'attached',
    });
    await hosts.time.advance(20_000);
    expect(next.held).toBe(true);
  });

  it('who has attached is not taken for a clone of the one before, though the first look shows the old beat', async () => {
    const hosts = await Hosts.begun(STORAGES[kind]);
    const first = await hosts.host().lock({ staleAfterMs: 10_000, label: 'a much longer label' }).acquire();
    await hosts.time.advance(10_000);
    const handle = await first.detach({ ttlMs: 60_000 });
    const host = hosts.host();
    const lease = await host.lock().attach(handle);
    const beat = host.hold(/^(write|make) 1001\.beat/);
    await hosts.time.advance(200);
    await beat.arrived;
    beat.go();
    await hosts.time.advance(60_000);
    expect(lease.held).toBe(true);
    expect(told(host)).not.toContain('lost');
  });
});

describe('to detach', () => {
  it('ends the lease at once, without a loss, and its heartbeat', async () => {
    const hosts = await Hosts.begun();
    const host = hosts.host();
    const lease = await host.lock().acquire();
    await hosts.time.advance(1_000);
    const marking = host.hold('make 1001.detached.1.60000');
    const detaching = lease.detach({ ttlMs: 60_000 });
    await marking.arrived;
    expect(lease.held).toBe(false);
    marking.go();
    await detaching;
    host.calls.length = 0;
    await hosts.time.advance(30_000);
    expect(host.calls).toEqual([]);
    expect([lease.signal.aborted, told(host).includes('lost')]).toEqual([false, false]);
    await expect(lease.verify()).rejects.toMatchObject({ code: 'ELOCKLOST', reason: 'detached' });
    await lease.release();
    expect(await hosts.ledger()).not.toContain('1001.free');
  });

  it('waits for the beat in flight', async () => {
    const hosts = await Hosts.begun();
    const host = hosts.host();
    const lease = await host.lock().acquire();
    const beat = host.hold('write 1001.beat.10000');
    await hosts.time.advance(100);
    await beat.arrived;
    const detaching = lease.detach({ ttlMs: 60_000 });
    await hosts.time.settle();
    expect(host.calls).not.toContain('make 1001.detached.1.60000');
    beat.go();
    await detaching;
    expect(host.calls).toContain('make 1001.detached.1.60000');
  });

  it('gives no handle out if the reply came after the lease had ended, and gives the lock back', async () => {
    const hosts = await Hosts.begun();
    const host = hosts.host();
    const lease = await host.lock().acquire();
    await hosts.time.advance(150);
    const marking = host.hold('make 1001.detached.1.60000');
    const detaching = lease.detach({ ttlMs: 60_000 });
    await marking.arrived;
    await hosts.time.advance(20_000);
    marking.go();
    await expect(detaching).rejects.toMatchObject({ code: 'ELOCKLOST', reason: 'expired' });
    await hosts.time.settle();
    expect(await hosts.ledger()).toContain('1001.free');
  });

  it('with an unknown outcome gives the lock back, also if it comes to pass', async () => {
    const hosts = await Hosts.begun();
    const host = hosts.host();
    const lease = await host.lock().acquire();
    const lost = failure('ECONN', { outcome: 'unknown' });
    host.hold('make 1001.detached.1.60000').goButFail(lost);
    await expect(lease.detach({ ttlMs: 60_000 })).rejects.toBe(lost);
    await hosts.time.settle();
    expect((await hosts.host().lock().tryAcquire()).token).toBe(1002);
  });

  it('is refused once the lease is lost or released, and with a time that is none', async () => {
    const hosts = await Hosts.begun();
    const lease = await hosts.host().lock().acquire();
    for (const ttlMs of [0, 49, 1.5, 2_592_000_001, Number.NaN])
      await expect(lease.detach({ ttlMs })).rejects.toMatchObject({ code: 'ELOCKOPTION' });
    expect(lease.held).toBe(true);
    await lease.release();
    await expect(lease.detach({ ttlMs: 60_000 })).rejects.toMatchObject({
      code: 'ELOCKLOST',
      reason: 'released',
    });
  });
});

describe('to attach', () => {
  const detached = async (hosts: Hosts, ttlMs = 60_000): Promise<DetachedLease> => {
    const lease = await hosts.host().lock({ staleAfterMs: 30_000 }).acquire();
    await hosts.time.advance(1_000);
    return lease.detach({ ttlMs });
  };

  it('is trusted at first from before the call, for ten seconds at most', async () => {
    const hosts = await Hosts.begun();
    const handle = await detached(hosts);
    const host = hosts.host();
    host.fail(/^write 1001\.beat/, failure('ECONN'), 1_000);
    const marking = host.hold('make 1001.attached.1');
    const attaching = host.lock().attach(handle);
    await marking.arrived;
    await hosts.time.advance(4_000);
    marking.go();
    const lease = await attaching;
    await hosts.time.advance(4_999);
    expect(lease.held).toBe(true);
    await hosts.time.advance(1);
    expect(lease.held).toBe(false);
  });

  it('whose reply comes after that is a loss, and gives the lock back', async () => {
    const hosts = await Hosts.begun();
    const handle = await detached(hosts);
    const host = hosts.host();
    const marking = host.hold('make 1001.attached.1');
    const attaching = host.lock().attach(handle);
    await marking.arrived;
    await hosts.time.advance(20_000);
    marking.go();
    await expect(attaching).rejects.toMatchObject({ code: 'ELOCKLOST', reason: 'expired' });
    await hosts.time.settle();
    expect(await hosts.ledger()).toContain('1001.free');
  });

  it('with an unknown outcome is an error, and the lock goes stale by itself', async () => {
    const hosts = await Hosts.begun();
    const handle = await detached(hosts);
    const host = hosts.host();
    const lost = failure('ECONN', { outcome: 'unknown' });
    host.hold('make 1001.attached.1').goButFail(lost);
    await expect(host.lock().attach(handle)).rejects.toBe(lost);
    expect(await hosts.ledger()).not.toContain('1001.free');
    const from = hosts.time.now;
    expect((await hosts.time.runUntil(hosts.host().lock().acquire())).token).toBe(1002);
    expect(hosts.time.now - from).toBeGreaterThanOrEqual(29_999.9);
  });

  it('with an older handle is a loss, and disturbs nobody', async () => {
    const hosts = await Hosts.begun();
    const first = await detached(hosts);
    const lease = await hosts.host().lock().attach(first);
    const second = await lease.detach({ ttlMs: 60_000 });
    await expect(hosts.host().lock().attach(first)).rejects.toMatchObject({
      code: 'ELOCKLOST',
      reason: 'attached',
    });
    expect((await hosts.host().lock().attach(second)).held).toBe(true);
  });

  it('with a forged older attempt that nobody made is a loss too', async () => {
    const hosts = await Hosts.begun();
    const lease = await hosts
      .host()
      .lock()
      .attach(await detached(hosts));
    const second = await lease.detach({ ttlMs: 60_000 });
    await hosts.remove('1001.attached.1');
    await expect(
      hosts
        .host()
        .lock()
        .attach({ ...second, attempt: 1 }),
    ).rejects.toMatchObject({
      code: 'ELOCKLOST',
      reason: 'attached',
    });
  });

  it('to a claim that is over, removed, or of another ledger is a loss', async () => {
    for (const [change, reason] of [
      [(hosts: Hosts) => hosts.put('1001.free'), 'broken'],
      [(hosts: Hosts) => hosts.remove('1001'), 'removed'],
      [(hosts: Hosts) => hosts.removeLedger(), 'removed'],
      [(hosts: Hosts) => hosts.removeLedger().then(() => hosts.begin(5_000)), 'removed'],
    ] as const) {
      const hosts = await Hosts.begun();
      const handle = await detached(hosts);
      await change(hosts);
      await expect(hosts.host().lock().attach(handle)).rejects.toMatchObject({ code: 'ELOCKLOST', reason });
    }
  });

  it('is refused with what is no handle of this lock', async () => {
    const hosts = await Hosts.begun();
    const handle = await detached(hosts);
    const lock = hosts.host().lock();
    for (const wrong of [
      { ...handle, id: 'other' },
      { ...handle, attempt: 0 },
      { ...handle, token: -1 },
      { ...handle, more: 1 },
    ])
      await expect(lock.attach(wrong)).rejects.toMatchObject({ code: 'ELOCKOPTION' });
    // @ts-expect-error -- what a caller without types may pass
    await expect(lock.attach('1001')).rejects.toMatchObject({ code: 'ELOCKOPTION' });
    expect((await lock.attach(handle)).held).toBe(true);
  });

  it('is heard of by who would pass it: of the two one gets it, in whatever order they act', async () => {
    for (const first of ['pass', 'attach']) {
      const hosts = await Hosts.begun();
      const handle = await detached(hosts, 5_000);
      const [heir, owner] = [hosts.host(), hosts.host()];
      const passing = heir.hold('make 1001.attached.1');
      const waiting = heir.lock().acquire();
      await hosts.time.advance(5_200);
      await passing.arrived;
      const attaching = owner.hold('make 1001.attached.1');
      const attached = owner
        .lock()
        .attach(handle)
        .catch((error: unknown) => error);
      await attaching.arrived;
      for (const one of first === 'pass' ? [passing, attaching] : [attaching, passing]) {
        one.go();
        await hosts.time.settle();
      }
      await hosts.time.advance(60_000);
      const [lease, next] = await Promise.all([attached, Promise.race([waiting, Promise.resolve('waits')])]);
      const outcomes =
        first === 'pass'
          ? [
              { code: 'ELOCKLOST', reason: 'attached' },
              { token: 1002, held: true },
            ]
          : [{ token: 1001, held: true }, 'waits'];
      expect([lease, next]).toMatchObject(outcomes);
    }
  });

  it('is not undone by a pass whose outcome is unknown: the claim is observed anew', async () => {
    const hosts = await Hosts.begun();
    await detached(hosts, 5_000);
    const heir = hosts.host();
    heir.hold('make 1001.attached.1').goButFail(failure('ETIMEDOUT', { outcome: 'unknown' }));
    const waiting = heir.lock().acquire();
    await hosts.time.advance(6_000);
    expect(heir.calls).toContain('make 1001.attached.1');
    expect(told(heir)).not.toContain('takeover');
    const from = hosts.time.now;
    expect((await hosts.time.runUntil(waiting)).token).toBe(1002);
    // Of a claim that is attached to, the window is that of its beat again.
    expect(hosts.time.now - from).toBeGreaterThanOrEqual(29_000 - 1);
  });

  it('lets the new owner be seen, not the old one', async () => {
    const hosts = await Hosts.begun();
    const lease = await hosts.host().lock({ label: 'old' }).acquire();
    const glance = hosts.host().lock();
    await hosts.time.advance(150);
    expect(await glance.inspect()).toMatchObject({ holders: [{ holder: { label: 'old' } }] });
    const handle = await lease.detach({ ttlMs: 60_000 });
    expect(await glance.inspect()).toMatchObject({
      state: 'held',
      holders: [{ token: 1001, state: 'detached' }],
    });
    await hosts.host().lock({ label: 'new' }).attach(handle);
    await hosts.time.advance(150);
    expect(await glance.inspect()).toMatchObject({ holders: [{ holder: { label: 'new' }, state: 'alive' }] });
  });
});

describe('a lock that is detached', () => {
  it('is held for who tries, and who waits does not take it for dead', async () => {
    const hosts = await Hosts.begun();
    const lease = await hosts.host().lock().acquire();
    await hosts.time.advance(150);
    await lease.detach({ ttlMs: 600_000 });
    await hosts.time.advance(300_000);
    const lock = hosts.host().lock();
    await expect(lock.tryAcquire()).rejects.toMatchObject({ code: 'ELOCKED', token: 1001 });
    const refusal = expect(lock.acquire({ timeoutMs: 250_000 })).rejects.toMatchObject({
      code: 'ELOCKTIMEOUT',
    });
    await hosts.time.advance(250_000);
    await refusal;
  });

  it('is released by its handle: attach, then release', async () => {
    const hosts = await Hosts.begun();
    const handle = await (await hosts.host().lock().acquire()).detach({ ttlMs: 60_000 });
    const host = hosts.host();
    await (await host.lock().attach(handle)).release();
    const marks = host.calls.filter((call) => call.startsWith('make 1001.'));
    expect(marks).toEqual(['make 1001.attached.1', 'make 1001.free']);
    expect((await hosts.host().lock().tryAcquire()).token).toBe(1002);
  });

  it('keeps its mode: a shared one lets readers in, and no writer', async () => {
    const hosts = await Hosts.begun();
    const handle = await (await hosts.host().lock().acquire({ mode: 'shared' })).detach({ ttlMs: 60_000 });
    expect((await hosts.host().lock().acquire({ mode: 'shared' })).held).toBe(true);
    await expect(hosts.host().lock().tryAcquire()).rejects.toMatchObject({ code: 'ELOCKED' });
    expect((await hosts.host().lock().attach(handle)).mode).toBe('shared');
  });

  it('leaves what was passed on the way to it marked as over', async () => {
    const hosts = await Hosts.begun();
    const dead = hosts.host();
    void dead.lock().acquire();
    await hosts.time.advance(150);
    crash(dead);
    const lease = await hosts.time.runUntil(hosts.host().lock().acquire());
    const handle = await lease.detach({ ttlMs: 60_000 });
    await hosts.time.settle();
    expect(handle.token).toBe(1002);
    expect(await hosts.ledger()).toContain('1001.free');
  });

  it('belongs to nobody whose process died', async () => {
    const hosts = await Hosts.begun();
    const holder = hosts.host();
    const handle = await (await holder.lock().acquire()).detach({ ttlMs: 600_000 });
    crash(holder);
    await hosts.time.advance(500_000);
    expect((await hosts.host().lock().attach(handle)).held).toBe(true);
  });
});
