import { describe, expect, it } from 'vitest';
import { Hosts, KINDS, STORAGES, type Host } from '../hosts.fixture.js';

/** What the host has asked of the storage since the last time that this was asked. */
function callsOf(host: Host): string[] {
  return host.calls.splice(0);
}

describe.each(KINDS)('on %s storage', (kind) => {
  it('a first acquire lists beside the probe, claims, and lists', async () => {
    const hosts = await Hosts.begun(STORAGES[kind]);
    const host = hosts.host();
    const look = host.hold('ls');
    const acquired = host.lock().acquire();
    await look.arrived;
    await hosts.time.settle();
    expect(host.calls).toEqual(['ls', 'make lockfile-deploy']);
    look.go();
    expect((await acquired).token).toBe(1001);
    expect(host.calls).toEqual(['ls', 'make lockfile-deploy', 'make 1001', 'ls']);
  });

  it('the first acquire of all makes directory and origin', async () => {
    const hosts = new Hosts(STORAGES[kind]);
    const host = hosts.host();
    await host.lock().acquire();
    const [, , , origin = '', , claim = ''] = host.calls;
    expect(origin).toMatch(/^make \d{16}\.origin$/);
    expect(Number(claim.slice('make '.length))).toBe(Number.parseInt(origin.slice('make '.length), 10) + 1);
    expect(host.calls).toEqual([
      'ls',
      'make lockfile-deploy',
      'make lockfile-deploy',
      origin,
      'ls',
      claim,
      'ls',
    ]);
  });

  it('an acquire whose number is known claims and lists, and a release is one call', async () => {
    const hosts = await Hosts.begun(STORAGES[kind]);
    const host = hosts.host();
    const first = await host.lock().acquire();
    callsOf(host);
    await first.release();
    expect(callsOf(host)).toEqual(['make 1001.free']);
    const second = await host.lock().acquire();
    expect(callsOf(host)).toEqual(['make 1002', 'ls']);
    await second.release();
    await host.lock().tryAcquire();
    expect(callsOf(host)).toEqual(['make 1002.free', 'make 1003', 'ls']);
  });

  it('an acquire of a lock that somebody else had since lists first', async () => {
    const hosts = await Hosts.begun(STORAGES[kind]);
    const [host, other] = [hosts.host(), hosts.host()];
    await host.lock().with(() => undefined);
    await other.lock().with(() => undefined);
    callsOf(host);
    expect((await host.lock().acquire()).token).toBe(1003);
    // The number that it knew is taken: one call in vain.
    expect(callsOf(host)).toEqual(['make 1002', 'ls', 'make 1003', 'ls']);
  });

  it('a beat is one round: a write and a listing, side by side', async () => {
    const hosts = await Hosts.begun(STORAGES[kind]);
    const host = hosts.host();
    await host.lock({ staleAfterMs: 10_000, heartbeatMs: 2_000 }).acquire();
    // After half a minute all that is found out once has been found out.
    await hosts.time.advance(30_200);
    callsOf(host);
    await hosts.time.advance(2_000);
    const asNames = [
      expect.stringMatching(/^make 1001\.beat\.10000\.\d+$/),
      'ls',
      expect.stringMatching(/^rm /),
    ];
    expect(callsOf(host)).toEqual(kind === 'mount' ? asNames : ['write 1001.beat.10000', 'ls']);
  });

  it('a repeated tryAcquire of a live lock is one listing', async () => {
    const hosts = await Hosts.begun(STORAGES[kind]);
    const host = hosts.host();
    await hosts.host().lock({ label: 'me' }).acquire();
    await hosts.time.advance(150);
    const lock = host.lock();
    await expect(lock.tryAcquire()).rejects.toMatchObject({
      code: 'ELOCKED',
      token: 1001,
      holder: { label: 'me' },
    });
    await hosts.time.advance(2_000);
    callsOf(host);
    await expect(lock.tryAcquire()).rejects.toMatchObject({ code: 'ELOCKED' });
    const calls = callsOf(host);
    // Where a listing has names alone, when the claim last showed life is asked for besides.
    const namesAlone = kind === 'local names' || kind === 'mount';
    const asked = calls.filter((call) => call.startsWith('stat '));
    expect(calls.filter((call) => !call.startsWith('stat '))).toEqual(['ls']);
    expect(asked.length > 0).toBe(namesAlone);
  });

  it('a hand-over to a waiter is one listing, and the waiter writes nothing', async () => {
    const hosts = await Hosts.begun(STORAGES[kind]);
    const [holder, waiter] = [hosts.host(), hosts.host()];
    const lease = await holder.lock().acquire();
    const waiting = waiter.lock().acquire();
    await hosts.time.advance(7_123);
    await lease.release();
    callsOf(waiter);
    const next = await hosts.time.runUntil(waiting);
    expect(next.token).toBe(1002);
    const calls = callsOf(waiter).filter((call) => !call.includes('.beat.'));
    expect(calls).toEqual(['ls']);
  });

  it('a shared acquire marks its claim beside the confirming listing', async () => {
    const hosts = await Hosts.begun(STORAGES[kind]);
    const host = hosts.host();
    const lease = await host.lock().acquire({ mode: 'shared' });
    expect(callsOf(host)).toEqual(['ls', 'make lockfile-deploy', 'make 1001', 'ls', 'make 1001.shared']);
    await lease.release();
    expect(callsOf(host)).toEqual(['make 1001.free']);
  });
});

describe('a lock that is free', () => {
  it('costs nothing while nobody asks', async () => {
    const hosts = await Hosts.begun();
    const host = hosts.host();
    await host.lock().with(() => undefined);
    host.calls.length = 0;
    await hosts.time.advance(3_600_000);
    expect([host.calls, hosts.time.pendingTimers]).toEqual([[], 0]);
  });

  it('is had without waiting for any timer', async () => {
    const hosts = new Hosts();
    const host = hosts.host();
    for (let round = 0; round < 50; round++) await host.lock().with(() => undefined);
    expect(hosts.time.now).toBe(0);
  });
});
