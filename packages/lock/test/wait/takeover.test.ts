import { intercept, type Entry } from '@holdfast/vfs';
import { Lock } from '@holdfast/lock';
import { describe, expect, it } from 'vitest';
import { crash, failure, Hosts, KINDS, STORAGES, told, type Host } from '../hosts.fixture.js';

/** A host that had the lock with this window, has beaten once, and has crashed. */
async function dead(hosts: Hosts, staleAfterMs = 10_000): Promise<Host> {
  const host = hosts.host();
  void host.lock({ staleAfterMs }).acquire();
  await hosts.time.advance(150);
  crash(host);
  return host;
}

describe.each(KINDS)('on %s storage', (kind) => {
  it('a dead holder is passed once it was seen unchanged for its window, and not two polls later', async () => {
    const hosts = await Hosts.begun(STORAGES[kind]);
    await dead(hosts);
    const heir = hosts.host();
    const from = hosts.time.now;
    const lease = await hosts.time.runUntil(heir.lock({ pollMs: 500, staleAfterMs: 20_000 }).acquire());
    expect(lease.token).toBe(1002);
    expect(hosts.time.now - from).toBeGreaterThanOrEqual(9_999.9);
    expect(hosts.time.now - from).toBeLessThanOrEqual(11_000);
    expect(heir.events).toContainEqual(
      expect.objectContaining({
        type: 'takeover',
        why: 'unchanged',
        claim: expect.objectContaining({ token: 1001 }),
      }),
    );
    await hosts.time.advance(5_000);
    expect(await hosts.ledger()).toContain('1001.free');
  });

  it('a holder that beats is never passed, however clocks stand', async () => {
    const hosts = await Hosts.begun(STORAGES[kind]);
    const lease = await hosts.host({ offsetMs: -86_400_000, monotonicMs: 1e9 }).lock().acquire();
    const waiting = hosts.host({ offsetMs: 86_400_000 }).lock().acquire({ timeoutMs: 200_000 });
    const refusal = expect(waiting).rejects.toMatchObject({ code: 'ELOCKTIMEOUT', token: 1001 });
    await hosts.time.advance(200_000);
    await refusal;
    expect(lease.held).toBe(true);
  });

  it('several that are dead cost one window', async () => {
    const hosts = await Hosts.begun(STORAGES[kind]);
    for (let number = 0; number < 4; number++) await dead(hosts);
    const from = hosts.time.now;
    const lease = await hosts.time.runUntil(hosts.host().lock({ pollMs: 500 }).acquire());
    expect(lease.token).toBe(1005);
    expect(hosts.time.now - from).toBeLessThanOrEqual(11_500);
  });

  it('a dead waiter holds up those behind it for its window at most', async () => {
    const hosts = await Hosts.begun(STORAGES[kind]);
    const lease = await hosts.host().lock().acquire();
    await dead(hosts);
    const waiting = hosts.host().lock({ pollMs: 500 }).acquire();
    await hosts.time.advance(5_000);
    await lease.release();
    const from = hosts.time.now;
    expect((await hosts.time.runUntil(waiting)).token).toBe(1003);
    expect(hosts.time.now - from).toBeLessThanOrEqual(7_000);
  });
});

describe('a claim', () => {
  it.each([
    [500, 60_000],
    [60_000, 500],
  ])('with a window of %i ms is observed for that, by one that works with %i', async (window, own) => {
    const hosts = await Hosts.begun();
    await dead(hosts, window);
    const from = hosts.time.now;
    await hosts.time.runUntil(hosts.host().lock({ staleAfterMs: own }).acquire());
    expect(hosts.time.now - from).toBeGreaterThanOrEqual(window - 0.1);
    expect(hosts.time.now - from).toBeLessThanOrEqual(window + 250);
  });

  it.each([500, 10_000, 3_600_000])(
    'without a beat, of one that works with %i ms, is observed for ten seconds',
    async (staleAfterMs) => {
      const hosts = await Hosts.begun();
      const holder = hosts.host();
      holder.fail(/^write .*beat/, failure('ECONN'), 1_000);
      const lease = await holder.lock({ staleAfterMs }).acquire();
      const waiting = hosts.host().lock({ staleAfterMs: 60_000 }).acquire();
      let heldUntil = 0;
      lease.signal.addEventListener('abort', () => (heldUntil = hosts.time.now));
      await hosts.time.runUntil(waiting);
      expect(heldUntil).toBeGreaterThan(0);
      // It marks its claim as over itself, a margin before that.
      expect(hosts.time.now).toBeLessThanOrEqual(10_000 + 150);
      expect(heldUntil).toBeLessThanOrEqual(9_000);
    },
  );

  it('without a beat of a crashed process is stale after ten seconds, and not before', async () => {
    const hosts = await Hosts.begun();
    const holder = hosts.host();
    void holder.lock({ staleAfterMs: 60_000 }).acquire();
    await hosts.time.settle();
    crash(holder);
    await hosts.time.runUntil(hosts.host().lock({ pollMs: 100 }).acquire());
    expect(hosts.time.now).toBeGreaterThanOrEqual(9_999.9);
    expect(hosts.time.now).toBeLessThanOrEqual(10_150);
  });

  it('is observed anew after a pause of two windows in which nobody looked', async () => {
    const hosts = await Hosts.begun();
    const holder = hosts.host();
    const lease = await holder.lock().acquire();
    await hosts.time.advance(50);
    // Two glances that happen to show the same: the one from before the first beat, and one that misses the beat.
    let blind = false;
    const cron = hosts.host();
    const vfs = intercept(cron.vfs, async (call, next) => {
      const result = await next(call);
      if (call.op !== 'ls' || !blind) return result;
      blind = false;
      return (result as Entry[]).filter(({ name }) => !name.includes('.beat.'));
    });
    const lock = new Lock(vfs, { id: 'deploy', clock: cron.clock });
    await expect(lock.tryAcquire()).rejects.toMatchObject({ code: 'ELOCKED' });
    await hosts.time.advance(600_000);
    blind = true;
    await expect(hosts.time.runUntil(lock.tryAcquire())).rejects.toMatchObject({ code: 'ELOCKED' });
    expect(lease.held).toBe(true);
  });

  it('is never passed by glances at which the size of its beat has come round', async () => {
    const weak = { etag: false, chtimes: false, mtimeOnRewrite: 'stays', mtimeGranularityMs: 1_000 } as const;
    const hosts = await Hosts.begun(weak);
    const lease = await hosts.host().lock().acquire();
    const cron = hosts.host().lock();
    await hosts.time.advance(100 * 2_000 + 1);
    await expect(hosts.time.runUntil(cron.tryAcquire())).rejects.toMatchObject({ code: 'ELOCKED' });
    await hosts.time.advance(256 * 2_000 - (hosts.time.now % 2_000) + 1);
    await expect(hosts.time.runUntil(cron.tryAcquire())).rejects.toMatchObject({ code: 'ELOCKED' });
    expect(lease.held).toBe(true);
  });

  it('that lives shows it by the size of its beat alone', async () => {
    const weak = { etag: false, chtimes: false, mtimeOnRewrite: 'stays', mtimeGranularityMs: 1_000 } as const;
    const hosts = await Hosts.begun(weak);
    const lease = await hosts.host().lock().acquire();
    const refusal = expect(hosts.host().lock().acquire({ timeoutMs: 300_000 })).rejects.toMatchObject({
      code: 'ELOCKTIMEOUT',
    });
    await hosts.time.advance(300_000);
    await refusal;
    expect(lease.held).toBe(true);
  });

  it('that is gone without a floor is stale when its window is over, and not before', async () => {
    const hosts = await Hosts.begun();
    const holder = hosts.host();
    void holder.lock().acquire();
    await hosts.time.advance(150);
    const waiting = hosts.host().lock({ pollMs: 100 }).acquire();
    await hosts.time.advance(1_000);
    crash(holder);
    await hosts.remove('1001');
    await hosts.remove('1001.beat.10000');
    const from = hosts.time.now;
    expect((await hosts.time.runUntil(waiting)).token).toBe(1002);
    expect(hosts.time.now - from).toBeGreaterThanOrEqual(9_000 - 150);
    expect(hosts.time.now - from).toBeLessThanOrEqual(10_150);
  });

  it('that leaves the way during a takeover is not passed twice', async () => {
    const hosts = await Hosts.begun();
    await dead(hosts);
    const [one, two] = [hosts.host(), hosts.host()];
    const first = one.lock().acquire();
    const second = two.lock().acquire();
    const lease = await hosts.time.runUntil(first);
    expect(lease.token).toBe(1002);
    await hosts.time.advance(60_000);
    expect(lease.held).toBe(true);
    await lease.release();
    expect((await hosts.time.runUntil(second)).token).toBe(1003);
  });
});

describe('an observation', () => {
  it('is kept from call to call', async () => {
    const hosts = await Hosts.begun();
    await dead(hosts);
    const lock = hosts.host().lock();
    await expect(lock.tryAcquire()).rejects.toMatchObject({ code: 'ELOCKED' });
    await hosts.time.advance(9_000);
    await expect(lock.tryAcquire()).rejects.toMatchObject({ code: 'ELOCKED' });
    await hosts.time.advance(1_000);
    expect((await lock.tryAcquire()).token).toBe(1002);
  });

  it('by one that tries but once takes up to a window if the lock looks dead', async () => {
    const hosts = await Hosts.begun();
    await dead(hosts);
    await hosts.time.advance(60_000);
    const from = hosts.time.now;
    expect((await hosts.time.runUntil(hosts.host().lock().tryAcquire())).token).toBe(1002);
    expect(hosts.time.now - from).toBeCloseTo(10_000, 3);
  });

  it('by one that tries but once ends at the next beat if the lock only looks dead', async () => {
    const hosts = await Hosts.begun();
    const lease = await hosts.host({ offsetMs: -3_600_000 }).lock().acquire();
    await hosts.time.advance(60_000);
    const host = hosts.host({ storage: {}, offsetMs: 3_600_000 });
    await hosts.truth.chtimes(hosts.at('1001.beat.10000'), new Date(0), new Date(0));
    const from = hosts.time.now;
    await expect(hosts.time.runUntil(host.lock().tryAcquire())).rejects.toMatchObject({ code: 'ELOCKED' });
    expect(hosts.time.now - from).toBeLessThanOrEqual(2_300);
    expect(lease.held).toBe(true);
  });

  it('on storage that caches listings ends with a look right after an own change', async () => {
    const hosts = await Hosts.begun(STORAGES.mount);
    await dead(hosts);
    const heir = hosts.host();
    await hosts.time.runUntil(heir.lock().acquire());
    const change = heir.calls.findIndex((call) => call.startsWith('make look.'));
    expect(change).toBeGreaterThan(0);
    expect(heir.calls.slice(change + 1, change + 3)).toEqual([expect.stringMatching(/^rm look\./), 'ls']);
    expect((await hosts.ledger()).filter((name) => name.startsWith('look.'))).toEqual([]);
  });

  it('on storage that caches listings passes nobody whose beat only the fresh one shows', async () => {
    const hosts = await Hosts.begun(STORAGES.mount);
    const lease = await hosts.host().lock().acquire();
    await hosts.time.advance(150);
    const host = hosts.host();
    let old: unknown;
    const cached = intercept(host.vfs, async (call, next) => {
      const result = await next(call);
      if (call.op !== 'ls' || !host.calls.includes('make 1002')) return result;
      if (host.calls.at(-2)?.startsWith('rm look.') === true) return result;
      old ??= result;
      return old;
    });
    const waiting = new Lock(cached, { id: 'deploy', clock: host.clock }).acquire({ timeoutMs: 60_000 });
    const refusal = expect(waiting).rejects.toMatchObject({ code: 'ELOCKTIMEOUT' });
    await hosts.time.advance(60_000);
    await refusal;
    expect(lease.held).toBe(true);
    expect(told(host)).not.toContain('takeover');
  });
});

describe('a contender that only reports', () => {
  it('leaves a stale claim to others, and its own behind as over', async () => {
    const hosts = await Hosts.begun();
    await dead(hosts);
    const lock = hosts.host().lock({ onStale: 'fail' });
    const refusal = { code: 'ELOCKSTALE', token: 1001 };
    await expect(hosts.time.runUntil(lock.acquire())).rejects.toMatchObject(refusal);
    await hosts.time.settle();
    expect(await hosts.ledger()).toContain('1002.free');
    await expect(hosts.time.runUntil(lock.tryAcquire())).rejects.toMatchObject(refusal);
    expect(await hosts.ledger()).not.toContain('1001.free');
  });
});

describe('a holder that comes to itself again', () => {
  it('marks its own claim as over, and no other', async () => {
    const hosts = await Hosts.begun();
    const [one, two] = [hosts.host(), hosts.host()];
    const lease = await one.lock().acquire();
    await hosts.time.advance(150);
    crash(one);
    const next = await hosts.time.runUntil(two.lock().acquire());
    one.clock.resume();
    expect(lease.held).toBe(false);
    await lease.release();
    await hosts.time.advance(60_000);
    expect(next.held).toBe(true);
    expect(await hosts.ledger()).not.toContain('1002.free');
    await expect(next.verify()).resolves.toBeUndefined();
  });
});
