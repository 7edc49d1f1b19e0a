import type { Lease } from '@holdfast/lock';
import { describe, expect, test } from 'vitest';
import { RemoteLockFile } from '../known-broken/remote-lock-file.fixture.js';
import { holdersAmong, Hosts, Outcome, STALE_AFTER_MS, type Host } from './hosts.fixture.js';

const BEAT = '/lockfile-x/0000000000001001.beat.1000';

/** A holder is stopped, and another one takes its lock over. */
async function takenOver(
  hosts: Hosts,
): Promise<{ stopped: Host; lease: Lease; heir: Host; inherited: Lease }> {
  const [stopped, heir] = [hosts.host('stopped'), hosts.host('heir')];
  const lease = await stopped.lock().acquire();
  await hosts.time.advance(10);
  stopped.clock.suspend('process');
  const inherited = await hosts.time.runUntil(heir.lock().acquire());
  return { stopped, lease, heir, inherited };
}

/** The same with RemoteLockFile. */
async function takenOverFile(
  hosts: Hosts,
): Promise<{ stopped: Host; file: RemoteLockFile; heir: Host; inherited: RemoteLockFile }> {
  const [stopped, heir] = [hosts.host('stopped'), hosts.host('heir')];
  const [file, inherited] = [new RemoteLockFile(stopped), new RemoteLockFile(heir)];
  await file.lock();
  await hosts.time.advance(10);
  stopped.clock.suspend('process');
  await hosts.time.runUntil(inherited.lock());
  return { stopped, file, heir, inherited };
}

describe('a holder that was stopped while another one took over', () => {
  test('knows at once that it holds nothing, before any answer of the storage', async () => {
    const hosts = await Hosts.begun();
    const { stopped, lease, inherited } = await takenOver(hosts);
    expect(holdersAmong(lease, inherited)).toBe(1);
    stopped.clock.resume();
    expect(lease.held).toBe(false);
    expect(lease.signal.reason).toMatchObject({ code: 'ELOCKLOST', reason: 'expired' });
  });

  test('does not know with RemoteLockFile', async () => {
    const { stopped, file, inherited } = await takenOverFile(new Hosts());
    stopped.clock.resume();
    expect(holdersAmong(file, inherited)).toBe(2);
  });

  test('releases without touching the lock of the next holder', async () => {
    const hosts = await Hosts.begun();
    const { stopped, lease, inherited } = await takenOver(hosts);
    stopped.clock.resume();
    await lease.release();
    await expect(hosts.host('third').lock().tryAcquire()).rejects.toMatchObject({
      code: 'ELOCKED',
      token: inherited.token,
    });
    await inherited.verify();
    expect(await hosts.ledger()).not.toContain(`${inherited.token}.free`);
  });

  test('removes the lock of the next holder with RemoteLockFile, so that a third one gets it too', async () => {
    const hosts = new Hosts();
    const { stopped, file, inherited } = await takenOverFile(hosts);
    stopped.clock.resume();
    await file.unlock();
    const third = new RemoteLockFile(hosts.host('third'));
    await third.lock();
    expect(holdersAmong(inherited, third)).toBe(2);
  });

  test('does not keep the lock of the next holder alive after that one died', async () => {
    const hosts = await Hosts.begun();
    const { stopped, heir } = await takenOver(hosts);
    heir.clock.suspend('process');
    stopped.clock.resume();
    const third = await hosts.time.runUntil(hosts.host('third').lock().acquire(), {
      limitMs: 3 * STALE_AFTER_MS,
    });
    expect(third.token).toBe(1003);
  });

  test('keeps it alive for ever with RemoteLockFile', async () => {
    const hosts = new Hosts();
    const { stopped, heir } = await takenOverFile(hosts);
    heir.clock.suspend('process');
    stopped.clock.resume();
    const third = new RemoteLockFile(hosts.host('third'));
    const wanted = new Outcome(third.lock());
    await hosts.time.advance(10_000);
    expect([wanted.value, third.held]).toEqual([undefined, false]);
  });
});

describe('a beat that is on its way while the lock is released', () => {
  test('is waited for, so that nothing comes behind the release', async () => {
    const hosts = await Hosts.begun();
    const holder = hosts.host('holder');
    const lease = await holder.lock().acquire();
    const gate = hosts.plan.park('before', { actor: 'holder', op: 'writeFile' });
    await hosts.time.advance(10);
    const released = new Outcome(lease.release().then(() => 'released'));
    await hosts.time.advance(100);
    expect(gate.waiting).toBe(1);
    expect([lease.held, released.value, await hosts.ledger()]).toEqual([
      false,
      undefined,
      expect.not.arrayContaining(['1001.free']),
    ]);
    gate.open();
    await hosts.time.settle();
    expect([released.value, await hosts.ledger()]).toEqual([
      'released',
      expect.arrayContaining(['1001.free', '1001.beat.1000']),
    ]);
    const last = await hosts.storage.readFile(BEAT);
    await hosts.time.advance(10 * STALE_AFTER_MS);
    expect(await hosts.storage.readFile(BEAT)).toEqual(last);
  });

  test('revives nothing if it comes later still', async () => {
    const hosts = await Hosts.begun();
    const holder = hosts.host('holder');
    const lease = await holder.lock().acquire();
    const gate = hosts.plan.late({ actor: 'holder', op: 'writeFile' });
    await hosts.time.advance(10);
    await lease.release();
    gate.open();
    await hosts.time.settle();
    expect(await hosts.ledger()).toEqual(expect.arrayContaining(['1001.free', '1001.beat.1000']));
    expect((await hosts.host('next').lock().tryAcquire()).token).toBe(1002);
  });
});

describe('a holder whose wall clock is set back while the storage does not answer', () => {
  test('still counts its lease as over in time', async () => {
    const hosts = await Hosts.begun();
    const holder = hosts.host('holder');
    const lease = await holder.lock().acquire();
    hosts.plan.park('before', { actor: 'holder', op: 'writeFile', times: Infinity });
    await hosts.time.advance(10);
    holder.clock.jumpWall(-3_600_000);
    await hosts.time.advance(STALE_AFTER_MS);
    expect([lease.signal.aborted, lease.held]).toEqual([true, false]);
  });

  test('and so does one whose machine slept, which stops its monotonic clock', async () => {
    const hosts = await Hosts.begun();
    const holder = hosts.host('holder');
    const lease = await holder.lock().acquire();
    await hosts.time.advance(10);
    holder.clock.suspend('machine');
    await hosts.time.advance(STALE_AFTER_MS);
    expect(lease.held).toBe(false);
    holder.clock.resume();
    expect(lease.held).toBe(false);
  });
});
