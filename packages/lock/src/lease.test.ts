import { VFSError } from '@holdfast/vfs';
import { describe, expect, it } from 'vitest';
import { Hosts, on } from './hosts.fixture.js';

const lostReply = new VFSError({
  code: 'ECONN',
  op: 'mkdir',
  path: '/',
  adapter: 'memory',
  outcome: 'unknown',
});
const refused = new VFSError({ code: 'ECONN', op: 'writeFile', path: '/', adapter: 'memory' });

describe('a lease', () => {
  it('stays held for as long as beats succeed', async () => {
    const hosts = new Hosts();
    const lease = await hosts.host().lock().tryAcquire();
    await hosts.time.advance(3_600_000);
    expect(lease.held).toBe(true);
    await expect(lease.verify()).resolves.toBeUndefined();
  });

  it('does not keep the process alive', async () => {
    const hosts = new Hosts();
    await hosts.host().lock().tryAcquire();
    await hosts.time.runUntilIdle();
    expect(hosts.time.now).toBe(0);
  });

  it('runs from the start of the last successful beat, less the margin', async () => {
    const hosts = new Hosts();
    const host = hosts.host();
    const lease = await host.lock({ staleAfterMs: 10_000, heartbeatMs: 4_000, marginMs: 1_000 }).tryAcquire();
    await hosts.time.advance(1);
    const beat = host.hold(on('writeFile', '.beat'));
    await hosts.time.advance(3_999);
    await beat.arrived; // It began at 4,000 and reaches the storage at 9,000 only.
    await hosts.time.advance(4_900);
    expect(lease.held).toBe(true);
    beat.go();
    host.hold(on('writeFile', '.beat'));
    await hosts.time.settle();
    await hosts.time.advance(12_999 - hosts.time.now);
    expect(lease.held).toBe(true);
    await hosts.time.advance(1);
    expect(lease.signal.reason).toMatchObject({ code: 'ELOCKLOST', reason: 'expired' });
    expect(lease.held).toBe(false);
  });

  it('is lost for good once it ran out: a beat that comes home late revives nothing', async () => {
    const hosts = new Hosts();
    const host = hosts.host();
    const lease = await host.lock().tryAcquire();
    await hosts.time.advance(1);
    const beat = host.hold(on('writeFile', '.beat'));
    await hosts.time.advance(20_000);
    beat.go();
    await hosts.time.advance(20_000);
    expect(lease.held).toBe(false);
    await expect(lease.verify()).rejects.toMatchObject({ reason: 'expired' });
  });

  it('tries again soon after a beat that failed', async () => {
    const hosts = new Hosts();
    const host = hosts.host();
    const lease = await host.lock().tryAcquire();
    await hosts.time.advance(1);
    for (let times = 0; times < 3; times++) host.hold(on('writeFile', '.beat')).fail(refused);
    await hosts.time.advance(60_000);
    expect(host.events.filter(({ type }) => type === 'beat-failed')).toHaveLength(3);
    expect(lease.held).toBe(true);
  });

  it('knows at once that it ran out while the machine slept, although its timers slept too', async () => {
    const hosts = new Hosts();
    const host = hosts.host();
    const lease = await host.lock().tryAcquire();
    host.clock.suspend('machine');
    await hosts.time.advance(60_000);
    host.clock.resume();
    host.calls.length = 0;
    expect(lease.held).toBe(false);
    expect(lease.signal.aborted).toBe(true);
    expect(host.calls).toEqual([]);
  });

  it('signals within a second of waking up even if nobody asks', async () => {
    const hosts = new Hosts();
    const host = hosts.host();
    const lease = await host.lock({ staleAfterMs: 60_000 }).tryAcquire();
    host.clock.suspend('machine');
    await hosts.time.advance(3_600_000);
    host.clock.resume();
    await hosts.time.advance(1_000);
    expect(lease.signal.aborted).toBe(true);
  });

  it('survives a wall clock that is set back, and gives up when it is set forward', async () => {
    const hosts = new Hosts();
    const [back, forth] = [hosts.host(), hosts.host()];
    const [one, two] = [
      await back.lock({ id: 'a' }).tryAcquire(),
      await forth.lock({ id: 'b' }).tryAcquire(),
    ];
    back.clock.jumpWall(-86_400_000);
    forth.clock.jumpWall(86_400_000);
    await hosts.time.advance(30_000);
    expect([one.held, two.held]).toEqual([true, false]);
  });

  it('is lost as soon as a beat sees a higher number', async () => {
    const hosts = new Hosts();
    const lease = await hosts.host().lock().tryAcquire();
    await hosts.truth.mkdir('/lockfile-deploy/000000000002');
    await hosts.time.advance(2_000);
    expect(lease.signal.reason).toMatchObject({ reason: 'superseded' });
  });

  it('is lost as soon as a beat sees its own number freed by another', async () => {
    const hosts = new Hosts();
    const [holder, person] = [hosts.host(), hosts.host()];
    const lease = await holder.lock().tryAcquire();
    expect(await person.lock().breakLock({ token: 2 })).toBe(false);
    expect(await person.lock().breakLock({ token: 1 })).toBe(true);
    expect(await person.lock().breakLock({ token: 1 })).toBe(false);
    await hosts.time.advance(2_000);
    expect(lease.signal.reason).toMatchObject({ reason: 'broken' });
  });

  it('is lost when its directory is removed, and its beat does not bring it back', async () => {
    const hosts = new Hosts();
    const lease = await hosts.host().lock().tryAcquire();
    await hosts.time.advance(10);
    await hosts.truth.rm('/lockfile-deploy', { recursive: true });
    await hosts.time.advance(2_000);
    expect(lease.signal.reason).toMatchObject({ reason: 'removed' });
    expect(await hosts.truth.ls('/')).toEqual([]);
    await expect(lease.release()).resolves.toBeUndefined();
  });

  it('learns of its loss by verify before the next beat', async () => {
    const hosts = new Hosts();
    const lease = await hosts.host().lock().tryAcquire();
    await hosts.truth.mkdir('/lockfile-deploy/000000000001.free');
    await expect(lease.verify()).rejects.toMatchObject({ code: 'ELOCKLOST', reason: 'broken' });
  });
});

describe('release', () => {
  it('waits for the beat in flight before it marks the number free', async () => {
    const hosts = new Hosts();
    const host = hosts.host();
    const lease = await host.lock().tryAcquire();
    const beat = host.hold(on('writeFile', '.beat'));
    await hosts.time.advance(1);
    await beat.arrived;
    const released = lease.release();
    await hosts.time.settle();
    expect(await hosts.ledger()).not.toContain('000000000001.free');
    expect(lease.held).toBe(false);
    beat.go();
    await released;
    expect(await hosts.ledger()).toContain('000000000001.free');
  });

  it('leaves no timer behind that would keep the process alive, also if a beat was in flight', async () => {
    const hosts = new Hosts();
    const host = hosts.host();
    const lease = await host.lock().tryAcquire();
    const beat = host.hold(on('writeFile', '.beat'));
    await hosts.time.advance(1);
    await beat.arrived;
    const released = lease.release();
    await hosts.time.settle();
    beat.go();
    await released;
    await hosts.time.runUntilIdle();
    expect(hosts.time.now).toBe(1);
  });

  it('does not wait longer than a window for a beat that hangs', async () => {
    const hosts = new Hosts();
    const host = hosts.host();
    const lease = await host.lock().tryAcquire();
    host.hold(on('writeFile', '.beat'));
    await hosts.time.advance(1);
    await hosts.time.runUntil(lease.release());
    expect(await hosts.ledger()).toContain('000000000001.free');
  });

  it('is the last thing that a holder does', async () => {
    const hosts = new Hosts();
    const host = hosts.host();
    const lease = await host.lock().tryAcquire();
    await hosts.time.advance(5_000);
    await lease.release();
    host.calls.length = 0;
    await hosts.time.advance(60_000);
    expect(host.calls).toEqual([]);
  });

  it('may be called twice, and then says so by verify', async () => {
    const hosts = new Hosts();
    const lease = await hosts.host().lock().tryAcquire();
    await Promise.all([lease.release(), lease.release()]);
    await expect(lease.verify()).rejects.toMatchObject({ code: 'ELOCKLOST', reason: 'released' });
    expect(lease.signal.aborted).toBe(false);
  });

  it('is repeated after a lost reply, and does not mind that the first one worked', async () => {
    const hosts = new Hosts();
    const host = hosts.host();
    const lease = await host.lock().tryAcquire();
    host.hold(on('mkdir', '.free')).goButFail(lostReply);
    await hosts.time.runUntil(lease.release());
    expect(host.calls.filter((call) => call.endsWith('.free'))).toHaveLength(2);
  });

  it('rejects if the storage does not take it, while await using only reports it', async () => {
    const hosts = new Hosts();
    const host = hosts.host();
    const denied = new VFSError({ code: 'EACCES', op: 'mkdir', path: '/', adapter: 'memory' });
    host.hold(on('mkdir', '1.free')).fail(denied);
    await expect((await host.lock().tryAcquire()).release()).rejects.toBe(denied);

    host.hold(on('mkdir', '1.free')).fail(denied);
    await host.lock({ id: 'other' }).with(() => undefined);
    expect(host.events).toContainEqual({ type: 'storage-error', during: 'give-up', error: denied });
  });

  it('of a lease that ran out frees the own number, and no other', async () => {
    const hosts = new Hosts();
    const [one, two] = [hosts.host(), hosts.host()];
    const lease = await one.lock().tryAcquire();
    one.clock.suspend('process');
    const next = await hosts.time.runUntil(two.lock().acquire());
    one.clock.resume();
    await lease.release();
    expect(await hosts.ledger()).not.toContain('000000000002.free');
    expect(next.held).toBe(true);
    await expect(next.verify()).resolves.toBeUndefined();
  });
});

describe('cleaning up', () => {
  it('leaves the highest number and its predecessor', async () => {
    const hosts = new Hosts();
    const host = hosts.host();
    for (let round = 0; round < 5; round++) await (await host.lock().tryAcquire()).release();
    await host.lock().tryAcquire();
    await hosts.time.advance(2_000);
    expect(await hosts.ledger()).toEqual([
      '000000000001.free',
      '000000000005',
      '000000000005.free',
      '000000000006',
      '000000000006.beat',
      expect.stringMatching(/^window\.10000\./),
    ]);
  });

  it('comes at once where many short leases have left much behind', async () => {
    const hosts = new Hosts();
    const lock = hosts.host().lock();
    for (let round = 0; round < 200; round++) await (await lock.tryAcquire()).release();
    expect((await hosts.ledger()).length).toBeLessThan(60);
  });

  it('removes beats without a claim, and what a dead contender left, but nothing that is not ours', async () => {
    const hosts = new Hosts();
    const host = hosts.host();
    for (let round = 0; round < 3; round++) await (await host.lock().tryAcquire()).release();
    for (const name of ['000000000001.beat', 'README.txt', '1', '000000000000']) {
      await hosts.truth.writeFile(`/lockfile-deploy/${name}`, '');
    }
    await hosts.truth.mkdir('/lockfile-deploy/look.abc');
    await host.lock().tryAcquire();
    await hosts.time.advance(2_000);
    expect(await hosts.ledger()).toEqual([
      '000000000000',
      '000000000001.free',
      '000000000003',
      '000000000003.free',
      '000000000004',
      '000000000004.beat',
      '1',
      'README.txt',
      expect.stringMatching(/^window\.10000\./),
    ]);
  });
});
