import { VFSError } from '@holdfast/vfs';
import { describe, expect, it } from 'vitest';
import type { HostIdentity, ProcessIdentity } from './identity.js';
import { Hosts, on, type Host } from './hosts.fixture.js';

/** What has crashed: its timers never run again. */
function crash(host: Host): void {
  host.clock.suspend('process');
}

describe('taking over', () => {
  it('waits until the holder was seen unchanged for a whole window, and not a poll longer', async () => {
    const hosts = new Hosts();
    const [dead, heir] = [hosts.host(), hosts.host()];
    await dead.lock().tryAcquire();
    await hosts.time.advance(100);
    crash(dead);
    const from = hosts.time.now;
    const lease = await hosts.time.runUntil(heir.lock({ pollMs: 100 }).acquire());
    expect(lease.token).toBe(2);
    expect(hosts.time.now - from).toBeGreaterThanOrEqual(10_000);
    expect(hosts.time.now - from).toBeLessThanOrEqual(10_200);
    expect(heir.events).toContainEqual(expect.objectContaining({ type: 'takeover', why: 'unchanged' }));
  });

  it('never happens while the holder beats, however its clock stands', async () => {
    const hosts = new Hosts();
    const holder = hosts.host({ offsetMs: -86_400_000 });
    const lease = await holder.lock().tryAcquire();
    const waiter = hosts.host({ offsetMs: 86_400_000 }).lock().acquire({ timeoutMs: 60_000 });
    const timeout = expect(waiter).rejects.toMatchObject({ code: 'ELOCKTIMEOUT', token: 1 });
    await hosts.time.advance(60_000);
    await timeout;
    expect(lease.held).toBe(true);
  });

  it('goes by the size of the beat where its mtime does not move', async () => {
    const hosts = new Hosts();
    const weak = { etag: false, chtimes: false, mtimeOnRewrite: 'stays', mtimeGranularityMs: 1_000 } as const;
    const lease = await hosts.host({}, weak).lock().tryAcquire();
    const waiter = hosts.host({}, weak).lock().acquire({ timeoutMs: 3_600_000 });
    const timeout = expect(waiter).rejects.toMatchObject({ code: 'ELOCKTIMEOUT' });
    await hosts.time.advance(3_600_000);
    await timeout;
    expect(lease.held).toBe(true);
  });

  it('goes by the record where a listing carries names only', async () => {
    const hosts = new Hosts();
    const names = { listing: 'names' } as const;
    const [holder, heir] = [hosts.host({}, names), hosts.host({}, names)];
    await holder.lock().tryAcquire();
    const waiter = heir.lock().acquire();
    await hosts.time.advance(60_000);
    crash(holder);
    const from = hosts.time.now;
    await hosts.time.runUntil(waiter);
    expect(hosts.time.now - from).toBeLessThanOrEqual(10_200);
    expect(hosts.time.now - from).toBeGreaterThanOrEqual(8_000);
  });

  it('makes an own change in a network directory before it believes a listing that did not change', async () => {
    const hosts = new Hosts();
    const mount = { listing: 'names', cost: 'network' } as const;
    const [dead, heir] = [hosts.host({}, mount), hosts.host({}, mount)];
    await dead.lock().tryAcquire();
    crash(dead);
    await hosts.time.runUntil(heir.lock().acquire());
    const change = heir.calls.findIndex((call) => call.startsWith('mkdir look.'));
    expect(change).toBeGreaterThan(0);
    expect(heir.calls.slice(change).filter((call) => call.startsWith('ls'))).toHaveLength(2);
    expect((await hosts.ledger()).filter((name) => name.startsWith('look.'))).toEqual([]);
  });

  it('waits for the longest window that anyone works with here', async () => {
    const hosts = new Hosts();
    const [holder, heir] = [hosts.host(), hosts.host()];
    await holder.lock({ staleAfterMs: 60_000 }).tryAcquire();
    crash(holder);
    await hosts.time.runUntil(heir.lock({ staleAfterMs: 1_000 }).acquire());
    expect(hosts.time.now).toBeGreaterThanOrEqual(60_000);
  });

  it('waits for the window of a holder that has not beaten yet', async () => {
    const hosts = new Hosts();
    const [holder, heir] = [hosts.host(), hosts.host()];
    await heir.lock({ staleAfterMs: 1_000 }).with(() => undefined);
    holder.hold(on('writeFile', '.beat'));
    const lease = await holder.lock({ staleAfterMs: 60_000 }).tryAcquire();
    const waiter = heir.lock({ staleAfterMs: 1_000 }).acquire();
    await hosts.time.advance(50_000);
    expect(lease.held).toBe(true);
    await hosts.time.runUntil(waiter);
    expect(lease.held).toBe(false);
  });

  it('keeps what was observed from call to call', async () => {
    const hosts = new Hosts();
    const [dead, heir] = [hosts.host(), hosts.host()];
    await dead.lock().tryAcquire();
    await hosts.time.advance(10);
    crash(dead);
    const lock = heir.lock();
    await expect(lock.tryAcquire()).rejects.toMatchObject({ code: 'ELOCKED' });
    await hosts.time.advance(10_000);
    expect((await lock.tryAcquire()).token).toBe(2);
  });

  it('is left to others by a contender that only reports', async () => {
    const hosts = new Hosts();
    const [dead, observer] = [hosts.host(), hosts.host()];
    await dead.lock({ label: 'gone' }).tryAcquire();
    await hosts.time.advance(10);
    crash(dead);
    const lock = observer.lock({ onStale: 'fail' });
    await expect(hosts.time.runUntil(lock.acquire())).rejects.toMatchObject({
      code: 'ELOCKSTALE',
      token: 1,
      holder: { label: 'gone' },
    });
    expect(await lock.releaseIfStale()).toBe(true);
    expect((await lock.acquire()).token).toBe(2);
  });

  it('by a contender that tries but once: it observes what looks dead by its age, and answers at once otherwise', async () => {
    const hosts = new Hosts();
    const dead = hosts.host();
    await dead.lock().tryAcquire();
    await hosts.time.advance(10);
    crash(dead);
    await expect(hosts.host().lock().tryAcquire()).rejects.toMatchObject({ code: 'ELOCKED' });
    expect(hosts.time.now).toBe(10);
    await hosts.time.advance(20_000);
    const cron = hosts.time.runUntil(hosts.host().lock().tryAcquire());
    expect((await cron).token).toBe(2);
  });

  it('by a contender that tries but once is not fooled by a skewed clock: suspicion only costs time', async () => {
    const hosts = new Hosts();
    const lease = await hosts.host().lock().tryAcquire();
    await hosts.time.advance(100);
    const ahead = hosts.host({ offsetMs: 3_600_000 }).lock();
    await expect(hosts.time.runUntil(ahead.tryAcquire())).rejects.toMatchObject({ code: 'ELOCKED' });
    expect(lease.held).toBe(true);
  });

  it('by a contender that tries but once is not barred by a time in the future', async () => {
    const hosts = new Hosts();
    const dead = hosts.host();
    await dead.lock().tryAcquire();
    await hosts.time.advance(10);
    crash(dead);
    const future = new Date(hosts.time.wall() + 86_400_000);
    await hosts.truth.chtimes('/lockfile-deploy/000000000001.beat', future, future);
    expect((await hosts.time.runUntil(hosts.host().lock().tryAcquire())).token).toBe(2);
  });

  it('asks a network storage for its own time, so that an own clock far behind bars nobody', async () => {
    const hosts = new Hosts();
    const dead = hosts.host();
    await dead.lock().tryAcquire();
    await hosts.time.advance(10);
    crash(dead);
    await hosts.time.advance(60_000);
    const behind = hosts.host({ offsetMs: -60_000 }, { cost: 'network', clock: hosts.time });
    expect((await hosts.time.runUntil(behind.lock().tryAcquire())).token).toBe(2);
  });

  it('frees a claim whose contender died before it could confirm or beat', async () => {
    const hosts = new Hosts();
    const [dead, heir] = [hosts.host(), hosts.host()];
    await heir.lock().with(() => undefined);
    dead.hold((call) => call.op === 'ls' && dead.calls.includes('mkdir 000000000002'));
    void dead.lock().tryAcquire();
    await hosts.time.settle();
    expect(await hosts.ledger()).toContain('000000000002');
    expect((await hosts.time.runUntil(heir.lock().acquire())).token).toBe(3);
  });
});

describe('the verdicts', () => {
  it('tell a living holder from a dead one', async () => {
    const hosts = new Hosts();
    const [holder, observer] = [hosts.host(), hosts.host()];
    const lock = observer.lock();
    expect(await lock.isStale()).toBe(false);
    await holder.lock().tryAcquire();
    expect(await hosts.time.runUntil(lock.isStale())).toBe(false);
    expect(await hosts.time.runUntil(lock.releaseIfStale())).toBe(false);
    expect(await lock.inspect()).toMatchObject({ state: 'held', token: 1 });
    crash(holder);
    expect(await hosts.time.runUntil(lock.isStale())).toBe(true);
    await hosts.time.advance(1_000);
    expect(await lock.inspect()).toMatchObject({ state: 'suspect', token: 1 });
    expect(await lock.releaseIfStale()).toBe(true);
    expect(await lock.inspect()).toMatchObject({ state: 'free', token: 1 });
  });
});

describe('the verdict on a lease of this very process', () => {
  it('is known without a look', async () => {
    const hosts = new Hosts();
    const host = hosts.host();
    const lease = await host.lock().tryAcquire();
    host.calls.length = 0;
    expect(await host.lock().isStale()).toBe(false);
    expect(await host.lock().releaseIfStale()).toBe(false);
    expect(host.calls).toEqual([]);
    expect(lease.held).toBe(true);
  });
});

describe('a holder of the same host', () => {
  const process = { host: 'here', boot: 'b', namespace: 'n', pid: 7, start: 's' } satisfies ProcessIdentity;
  const identity = (dead: Set<number>, pid: number): HostIdentity => ({
    self: { ...process, pid },
    isDead: (other) => Promise.resolve(other.host === 'here' && dead.has(other.pid)),
  });

  it('that is proved dead is followed at once', async () => {
    const hosts = new Hosts();
    const dead = new Set<number>();
    const [one, two] = [hosts.host(), hosts.host()];
    await one.lock({ identity: identity(dead, 7) }).tryAcquire();
    await hosts.time.advance(10);
    crash(one);
    const lock = two.lock({ identity: identity(dead, 8) });
    await expect(lock.tryAcquire()).rejects.toMatchObject({ code: 'ELOCKED', holder: { pid: 7 } });
    dead.add(7);
    const from = hosts.time.now;
    expect((await lock.tryAcquire()).token).toBe(2);
    expect(hosts.time.now).toBe(from);
    expect(two.events).toContainEqual(expect.objectContaining({ type: 'takeover', why: 'dead' }));
  });

  it('is not proved dead by the record of another number', async () => {
    const hosts = new Hosts();
    const dead = new Set([7]);
    const [one, two] = [hosts.host(), hosts.host()];
    await one.lock({ identity: identity(dead, 6) }).tryAcquire();
    await hosts.time.advance(10);
    const forged = { token: 9, nonce: 'x', beats: 0, staleAfterMs: 1, acquiredAt: 0, process };
    await hosts.truth.writeFile('/lockfile-deploy/000000000001.beat', JSON.stringify(forged));
    await expect(two.lock({ identity: identity(dead, 8) }).tryAcquire()).rejects.toMatchObject({
      code: 'ELOCKED',
    });
  });
});

describe('an outcome that is unknown', () => {
  it('of a claim is never taken for a lock; the number goes stale by itself', async () => {
    const hosts = new Hosts();
    const host = hosts.host();
    const lost = new VFSError({
      code: 'ECONN',
      op: 'mkdir',
      path: '/',
      adapter: 'memory',
      outcome: 'unknown',
    });
    host.hold(on('mkdir', '000000000001')).goButFail(lost);
    await expect(host.lock().tryAcquire()).rejects.toBe(lost);
    expect((await hosts.time.runUntil(host.lock().acquire())).token).toBe(2);
    expect(hosts.time.now).toBeGreaterThanOrEqual(10_000);
  });

  it('of a claim that turns out to have been made frees that number at once', async () => {
    const hosts = new Hosts();
    const host = hosts.host();
    let land = (): void => undefined;
    const settled = new Promise<void>((resolve) => (land = resolve));
    const late = new VFSError({
      code: 'ETIMEDOUT',
      op: 'mkdir',
      path: '/',
      adapter: 'memory',
      outcome: 'unknown',
      settled,
    });
    host.hold(on('mkdir', '000000000001')).fail(late);
    await expect(host.lock().tryAcquire()).rejects.toBe(late);
    await hosts.truth.mkdir('/lockfile-deploy/000000000001');
    land();
    await hosts.time.settle();
    expect((await host.lock().tryAcquire()).token).toBe(2);
  });

  it('of the confirming look gives the claim up', async () => {
    const hosts = new Hosts();
    const host = hosts.host();
    const broken = new VFSError({ code: 'ECONN', op: 'ls', path: '/', adapter: 'memory' });
    host.hold((call) => call.op === 'ls' && host.calls.includes('mkdir 000000000001')).fail(broken);
    await expect(host.lock().tryAcquire()).rejects.toBe(broken);
    await hosts.time.settle();
    expect((await host.lock().tryAcquire()).token).toBe(2);
  });
});
