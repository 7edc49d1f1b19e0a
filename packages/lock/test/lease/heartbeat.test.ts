import { describe, expect, it } from 'vitest';
import { failure, Hosts, KINDS, STORAGES, told } from '../hosts.fixture.js';

/** What a heartbeat writes, whatever the storage. */
const BEAT = /^(write|make) 1001\.beat/;

describe.each(KINDS)('on %s storage', (kind) => {
  it('a lease is held for as long as beats succeed', async () => {
    const hosts = await Hosts.begun(STORAGES[kind]);
    const lease = await hosts.host().lock().acquire();
    await hosts.time.advance(600_000);
    expect(lease.held).toBe(true);
    await expect(lease.verify()).resolves.toBeUndefined();
  });

  it.each(['the beat', 'the listing beside it'])(
    'a call without an answer does not end a healthy lease: %s',
    async (which) => {
      const hosts = await Hosts.begun(STORAGES[kind]);
      const host = hosts.host();
      const lease = await host.lock().acquire();
      await hosts.time.advance(120_500);
      const stuck = host.hold(which === 'the beat' ? BEAT : 'ls');
      await hosts.time.advance(120_000);
      await stuck.arrived;
      expect(lease.held).toBe(true);
      expect(told(host).filter((type) => type === 'beat-failed')).toHaveLength(1);
      stuck.go();
      await hosts.time.advance(120_000);
      expect(lease.held).toBe(true);
    },
  );

  it.each([1, 2])('a first beat without an answer does not end it either: call %i', async (nth) => {
    const hosts = await Hosts.begun(STORAGES[kind]);
    const host = hosts.host();
    const lease = await host.lock().acquire();
    const stuck = host.hold(nth === 1 ? BEAT : 'ls');
    await hosts.time.advance(120_000);
    await stuck.arrived;
    expect(lease.held).toBe(true);
  });

  it('beats that fail are tried again soon', async () => {
    const hosts = await Hosts.begun(STORAGES[kind]);
    const host = hosts.host();
    const lease = await host.lock({ staleAfterMs: 10_000 }).acquire();
    await hosts.time.advance(20_500);
    host.fail(BEAT, failure('ECONN', { outcome: 'unknown' }), 6);
    await hosts.time.advance(20_000);
    expect(told(host).filter((type) => type === 'beat-failed')).toHaveLength(6);
    expect(lease.held).toBe(true);
  });

  it('a lease without beats ends, and its end is told, before anybody else may have the lock', async () => {
    const hosts = await Hosts.begun(STORAGES[kind]);
    const host = hosts.host();
    const lease = await host.lock({ staleAfterMs: 10_000 }).acquire();
    await hosts.time.advance(10_150);
    const waiting = hosts.host().lock().acquire();
    await hosts.time.advance(10);
    host.fail(BEAT, failure('ECONN'), 1_000);
    let lostAt = 0;
    lease.signal.addEventListener('abort', () => (lostAt = hosts.time.now));
    const from = hosts.time.now;
    await hosts.time.runUntil(waiting);
    expect(lostAt - from).toBeLessThanOrEqual(9_000);
    expect(lostAt).toBeLessThanOrEqual(hosts.time.now);
    expect(lease.signal.reason).toMatchObject({ code: 'ELOCKLOST', reason: 'expired', token: 1001 });
    expect(told(host)).toContain('lost');
  });
});

describe('a lease', () => {
  it('does not keep the process alive', async () => {
    const hosts = await Hosts.begun();
    await hosts.host().lock().acquire();
    await hosts.time.runUntilIdle();
    expect(hosts.time.now).toBe(0);
  });

  it('runs from before its claim was sent, for ten seconds at most, less a margin in proportion', async () => {
    for (const [staleAfterMs, marginMs, trusted] of [
      [10_000, 1_000, 9_000],
      [60_000, 6_000, 9_000],
      [60_000, 30_000, 5_000],
      [2_000, 500, 1_500],
    ] as const) {
      const hosts = await Hosts.begun();
      const host = hosts.host();
      const claim = host.hold('make 1001');
      const acquired = host.lock({ staleAfterMs, marginMs }).acquire();
      await claim.arrived;
      await hosts.time.advance(1_000);
      claim.go();
      const lease = await acquired;
      host.fail(BEAT, failure('ECONN'), 1_000);
      await hosts.time.advance(trusted - 1_001);
      expect(lease.held).toBe(true);
      await hosts.time.advance(1);
      expect([lease.held, lease.signal.aborted]).toEqual([false, true]);
    }
  });

  it('runs from the start of its last good beat, less the margin', async () => {
    const hosts = await Hosts.begun();
    const host = hosts.host();
    const lease = await host.lock({ staleAfterMs: 10_000, heartbeatMs: 4_000, marginMs: 1_000 }).acquire();
    await hosts.time.advance(100);
    const beat = host.hold(BEAT); // It begins at 4,100 ms.
    await hosts.time.advance(4_000);
    await beat.arrived;
    host.fail(BEAT, failure('ECONN'), 1_000);
    await hosts.time.advance(2_000);
    beat.go();
    await hosts.time.advance(13_099 - hosts.time.now);
    expect(lease.held).toBe(true);
    await hosts.time.advance(1);
    expect([lease.held, lease.signal.aborted]).toEqual([false, true]);
  });

  it('that ran out stays over: a beat that comes home late revives nothing', async () => {
    const hosts = await Hosts.begun();
    const host = hosts.host();
    const lease = await host.lock().acquire();
    await hosts.time.advance(100);
    const looks = [host.hold('ls'), host.hold('ls'), host.hold('ls'), host.hold('ls'), host.hold('ls')];
    await hosts.time.advance(20_000);
    expect(lease.held).toBe(false);
    for (const look of looks) look.go();
    await hosts.time.advance(20_000);
    expect(lease.held).toBe(false);
    await expect(lease.verify()).rejects.toMatchObject({ code: 'ELOCKLOST', reason: 'expired' });
  });

  it('is not revived by a beat that comes home late, before anybody has looked at the clock', async () => {
    const hosts = await Hosts.begun();
    const host = hosts.host();
    const lease = await host.lock().acquire();
    const look = host.hold('ls');
    await hosts.time.advance(150);
    await look.arrived;
    // No timer of the process runs; the answer is the first that it hears.
    host.clock.suspend('process');
    await hosts.time.advance(8_900);
    look.go();
    await hosts.time.settle();
    expect(lease.held).toBe(false);
    expect(lease.signal.reason).toMatchObject({ code: 'ELOCKLOST', reason: 'expired' });
  });

  it('is not prolonged by a beat that was given up, unless it ended in time', async () => {
    const hosts = await Hosts.begun();
    const host = hosts.host();
    const lease = await host.lock().acquire();
    await hosts.time.advance(2_050);
    const first = host.hold(BEAT); // At 2,100 ms; given up at 5,600.
    await hosts.time.advance(4_000);
    host.fail(BEAT, failure('ECONN'), 1_000);
    first.go();
    await hosts.time.advance(11_099 - hosts.time.now);
    expect(lease.held).toBe(true);
    await hosts.time.advance(1);
    expect(lease.held).toBe(false);
  });

  it('knows at once that it ran out while the machine slept, without asking the storage', async () => {
    const hosts = await Hosts.begun();
    const host = hosts.host();
    const lease = await host.lock().acquire();
    host.clock.suspend('machine');
    await hosts.time.advance(60_000);
    host.clock.resume();
    host.calls.length = 0;
    expect(lease.held).toBe(false);
    expect(lease.signal.aborted).toBe(true);
    expect(host.calls.filter((call) => call !== 'make 1001.free')).toEqual([]);
  });

  it('signals within a second of waking up even if nobody asks', async () => {
    const hosts = await Hosts.begun();
    const host = hosts.host();
    const lease = await host.lock({ staleAfterMs: 60_000 }).acquire();
    const { signal } = lease;
    host.clock.suspend('machine');
    await hosts.time.advance(3_600_000);
    host.clock.resume();
    await hosts.time.advance(1_000);
    expect(signal.aborted).toBe(true);
  });

  it('survives a wall clock that is set back, and is given up when it is set forward', async () => {
    const hosts = new Hosts();
    const [back, forth] = [hosts.host(), hosts.host()];
    const one = await back.lock({ id: 'a' }).acquire();
    const two = await forth.lock({ id: 'b' }).acquire();
    back.clock.jumpWall(-86_400_000);
    forth.clock.jumpWall(86_400_000);
    await hosts.time.advance(30_000);
    expect([one.held, two.held]).toEqual([true, false]);
  });

  it('does not outlive its window by a wall clock that jumps there and back around a beat', async () => {
    const hosts = await Hosts.begun();
    const host = hosts.host();
    const lease = await host.lock().acquire();
    await hosts.time.advance(1_000);
    host.clock.jumpWall(3_600_000);
    expect(lease.held).toBe(false);
    host.clock.jumpWall(-3_600_000);
    await hosts.time.advance(60_000);
    expect(lease.held).toBe(false);
  });

  it('is not hidden a sleep by a wall clock that was set back before', async () => {
    const hosts = await Hosts.begun();
    const host = hosts.host();
    const lease = await host.lock({ staleAfterMs: 30_000, heartbeatMs: 10_000 }).acquire();
    await hosts.time.advance(2_500);
    host.clock.jumpWall(-60_000);
    await hosts.time.advance(2_500);
    host.clock.suspend('machine');
    await hosts.time.advance(60_000);
    host.clock.resume();
    expect(lease.held).toBe(false);
  });

  it('is lost as soon as a beat sees its claim marked as over by another', async () => {
    const hosts = await Hosts.begun();
    const lease = await hosts.host().lock().acquire();
    await hosts.put('1001.free');
    const { signal } = lease;
    await hosts.time.advance(2_000);
    expect(signal.reason).toMatchObject({ reason: 'broken' });
  });

  it('is not disturbed by higher numbers, which wait', async () => {
    const hosts = await Hosts.begun();
    const lease = await hosts.host().lock().acquire();
    await hosts.put('1002');
    await hosts.put('1900');
    await hosts.time.advance(30_000);
    expect(lease.held).toBe(true);
  });

  it('is lost when its claim is removed', async () => {
    const hosts = await Hosts.begun();
    const lease = await hosts.host().lock().acquire();
    await hosts.time.advance(500);
    await hosts.remove('1001');
    await hosts.time.advance(2_000);
    expect(lease.signal.reason).toMatchObject({ reason: 'removed' });
  });

  it('learns of its loss by verify before the next beat', async () => {
    const hosts = await Hosts.begun();
    const host = hosts.host();
    const lease = await host.lock().acquire();
    await hosts.put('1001.free');
    await expect(lease.verify()).rejects.toMatchObject({ code: 'ELOCKLOST', reason: 'broken' });
    expect(lease.held).toBe(false);
    expect(told(host)).toContain('lost');
  });

  it('is not lost by a verify that the storage does not answer', async () => {
    const hosts = await Hosts.begun();
    const host = hosts.host();
    const lease = await host.lock().acquire();
    const down = failure('ECONN', { op: 'ls' });
    host.fail('ls', down);
    await expect(lease.verify()).rejects.toBe(down);
    expect(lease.held).toBe(true);
  });
});

describe('a beat of somebody else for the same claim', () => {
  it.each(['local', 'network', 'metered'] as const)(
    'ends the lease as duplicated on %s storage',
    async (kind) => {
      const hosts = await Hosts.begun(STORAGES[kind]);
      const host = hosts.host();
      const lease = await host.lock({ staleAfterMs: 10_000 }).acquire();
      await hosts.time.advance(10_500);
      const look = host.hold('ls');
      await hosts.time.advance(2_000);
      await look.arrived;
      // The clone of the machine has come further than this one.
      const path = hosts.at('1001.beat.10000');
      const content = new TextDecoder().decode(await hosts.truth.readFile(path));
      await hosts.truth.writeFile(path, `${content}   `);
      look.go();
      await hosts.time.settle();
      expect(lease.held).toBe(false);
      expect(lease.signal.reason).toMatchObject({ code: 'ELOCKLOST', reason: 'duplicated' });
    },
  );

  it('ends the lease as duplicated where a beat is a new name', async () => {
    const hosts = await Hosts.begun(STORAGES.mount);
    const lease = await hosts.host().lock().acquire();
    await hosts.time.advance(10_500);
    const last = (await hosts.ledger()).findLast((name) => name.startsWith('1001.beat.10000.')) ?? '';
    const next = last.replace(/\d+$/, (beat) => String(Number(beat) + 1));
    await hosts.put(next);
    await hosts.time.advance(2_000);
    expect(lease.signal.reason).toMatchObject({ reason: 'duplicated' });
  });
});

describe('a beat whose outcome is unknown', () => {
  it.each(KINDS)(
    'does not pass for that of somebody else on %s storage, however late it lands',
    async (kind) => {
      const hosts = await Hosts.begun(STORAGES[kind]);
      const host = hosts.host();
      const lease = await host.lock({ staleAfterMs: 10_000 }).acquire();
      await hosts.time.advance(10_500);
      host.hold(BEAT).goButFail(failure('ETIMEDOUT', { outcome: 'unknown' }));
      const late = host.hold(BEAT);
      await hosts.time.advance(20_000);
      late.go();
      await hosts.time.advance(20_000);
      expect(lease.held).toBe(true);
    },
  );
});
