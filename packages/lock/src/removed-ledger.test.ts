import { describe, expect, it } from 'vitest';
import type { HostIdentity } from './identity.js';
import { Hosts, on } from './hosts.fixture.js';

/** Somebody, or a cleaner of old files, removes the lock's directory; the next contender makes another one. */
describe('a ledger that was removed and made anew', () => {
  it('ends the lease of the old one, although the new one has a claim of the same number', async () => {
    const hosts = new Hosts();
    const [old, fresh] = [hosts.host(), hosts.host()];
    const lease = await old.lock().tryAcquire();
    await hosts.time.advance(10);
    await hosts.truth.rm('/lockfile-deploy', { recursive: true });
    const next = await fresh.lock().tryAcquire();
    expect(next.token).toBe(lease.token);
    await hosts.time.advance(2_000);
    expect(lease.signal.reason).toMatchObject({ reason: 'removed' });
    await hosts.time.advance(60_000);
    expect(next.held).toBe(true);
  });

  it('does not confirm a claim that was made in the old one, and leaves the new one alone', async () => {
    const hosts = new Hosts();
    const [old, fresh] = [hosts.host(), hosts.host()];
    const look = old.hold((call) => call.op === 'ls' && old.calls.includes('mkdir 000000000001'));
    const waiter = old.lock().acquire();
    await look.arrived;
    await hosts.truth.rm('/lockfile-deploy', { recursive: true });
    const next = await fresh.lock().tryAcquire();
    look.go();
    await hosts.time.advance(5_000);
    expect(next.held).toBe(true);
    await next.release();
    expect((await hosts.time.runUntil(waiter)).token).toBe(2);
  });

  it('is observed anew: what was seen of the old one says nothing of the same number', async () => {
    const hosts = new Hosts();
    const [old, fresh, observer] = [hosts.host(), hosts.host(), hosts.host()];
    old.hold(on('writeFile', '.beat'));
    fresh.hold(on('writeFile', '.beat'));
    await old.lock().tryAcquire();
    const lock = observer.lock();
    await expect(lock.tryAcquire()).rejects.toMatchObject({ code: 'ELOCKED' });
    await hosts.time.advance(9_000);
    await hosts.truth.rm('/lockfile-deploy', { recursive: true });
    const next = await fresh.lock().tryAcquire();
    await hosts.time.advance(8_000);
    await expect(lock.tryAcquire()).rejects.toMatchObject({ code: 'ELOCKED' });
    expect(next.held).toBe(true);
  });

  it('is not judged by the record of the old one', async () => {
    const hosts = new Hosts();
    const [old, fresh, observer] = [hosts.host(), hosts.host(), hosts.host()];
    const identity = (pid: number): HostIdentity => ({
      self: { host: 'here', pid },
      isDead: (other) => Promise.resolve(other.pid === 7),
    });
    await old.lock({ identity: identity(7) }).tryAcquire();
    await hosts.time.advance(10);
    const lock = observer.lock({ identity: identity(9), onStale: 'fail' });
    await expect(lock.tryAcquire()).rejects.toMatchObject({ code: 'ELOCKSTALE' });
    await hosts.truth.rm('/lockfile-deploy', { recursive: true });
    old.clock.suspend('process');
    await fresh.lock({ identity: identity(8) }).tryAcquire();
    await hosts.time.advance(10);
    await expect(lock.tryAcquire()).rejects.toMatchObject({ code: 'ELOCKED', holder: { pid: 8 } });
  });
});
