import { describe, expect, test } from 'vitest';
import { properLock } from '../known-broken/proper-lockfile.fixture.js';
import { RemoteLockFile } from '../known-broken/remote-lock-file.fixture.js';
import { holdersAmong, Hosts, Outcome, STALE_AFTER_MS } from './hosts.fixture.js';

describe('two contenders judge the same lock stale, and the slower one is stopped before it acts', () => {
  test('it never removes the fresh lock of the faster one', async () => {
    const hosts = await Hosts.begun();
    const [dead, slow] = [hosts.host('dead'), hosts.host('slow')];
    await dead.lock().acquire();
    await hosts.time.advance(10);
    dead.clock.suspend('process');
    const quickly = new Outcome(hosts.host('fast').lock().acquire());
    await hosts.time.settle();
    const slowly = new Outcome(slow.lock().acquire());
    await hosts.time.advance(STALE_AFTER_MS / 2);
    slow.clock.suspend('process');
    await hosts.time.advance(STALE_AFTER_MS);
    expect([quickly.value?.token, slowly.value]).toEqual([1002, undefined]);
    slow.clock.resume();
    await hosts.time.advance(2 * STALE_AFTER_MS);
    expect([quickly.value?.held, slowly.value]).toEqual([true, undefined]);
    await quickly.value?.release();
    await hosts.time.advance(STALE_AFTER_MS);
    expect(slowly.value?.held).toBe(true);
  });

  test('RemoteLockFile does', async () => {
    const hosts = new Hosts();
    await hosts.storage.mkdir('/lockfile-x');
    await hosts.time.advance(1_000);
    const [fast, slow] = [new RemoteLockFile(hosts.host('fast')), new RemoteLockFile(hosts.host('slow'))];
    const gate = hosts.plan.park('before', { actor: 'slow', op: 'rm' });
    const slowly = slow.lock();
    await gate.reached;
    await fast.lock();
    gate.open();
    await slowly;
    expect(holdersAmong(fast, slow)).toBe(2);
  });

  test('proper-lockfile does', async () => {
    const hosts = await Hosts.begun();
    await hosts.storage.mkdir('/x.lock');
    await hosts.time.advance(1_000);
    const gate = hosts.plan.park('before', { actor: 'slow', op: 'rm' });
    const slowly = properLock(hosts.host('slow'));
    await gate.reached;
    const fast = await properLock(hosts.host('fast'));
    gate.open();
    expect(holdersAmong(fast, await slowly)).toBe(2);
  });
});

describe('two takeovers within one tick of the mtime', () => {
  const coarse = { mtimeGranularityMs: 60_000, etag: false } as const;

  test('are not taken for one: the holder that was stopped knows that it has lost', async () => {
    const hosts = await Hosts.begun();
    const [stopped, heir] = [hosts.host('stopped', {}, coarse), hosts.host('heir', {}, coarse)];
    const lease = await stopped.lock().acquire();
    await hosts.time.advance(10);
    stopped.clock.suspend('process');
    const inherited = await hosts.time.runUntil(heir.lock().acquire());
    stopped.clock.resume();
    await hosts.time.advance(STALE_AFTER_MS);
    expect([lease.held, lease.signal.aborted, inherited.held]).toEqual([false, true, true]);
  });

  test('are taken for one by proper-lockfile, which goes on', async () => {
    const hosts = await Hosts.begun();
    const view = { mtimeGranularityMs: 60_000 };
    const [stopped, heir] = [hosts.host('stopped', {}, view), hosts.host('heir', {}, view)];
    await hosts.time.advance(59_000);
    const first = await properLock(stopped);
    await hosts.time.advance(10);
    stopped.clock.suspend('process');
    await hosts.time.advance(1_000);
    // A minute has begun: by its mtime the lock is a minute old.
    const second = await properLock(heir);
    stopped.clock.resume();
    expect(holdersAmong(first, second)).toBe(2);
  });
});

describe('a contender with a clock that is far off', () => {
  test('never takes over from a holder that lives', async () => {
    for (const offsetMs of [3_600_000, -3_600_000]) {
      const hosts = await Hosts.begun();
      const lease = await hosts.host('holder').lock().acquire();
      const skewed = hosts.host('skewed', { offsetMs });
      const wanted = new Outcome(skewed.lock().acquire({ timeoutMs: 20 * STALE_AFTER_MS }));
      await expect(hosts.time.runUntil(skewed.lock().tryAcquire())).rejects.toMatchObject({
        code: 'ELOCKED',
      });
      await hosts.time.advance(21 * STALE_AFTER_MS);
      expect([lease.held, wanted.value]).toEqual([true, undefined]);
      expect(wanted.error).toMatchObject({ code: 'ELOCKTIMEOUT' });
    }
  });

  test('takes over from one with RemoteLockFile', async () => {
    const hosts = new Hosts();
    const holder = new RemoteLockFile(hosts.host('holder'));
    await holder.lock();
    await hosts.time.advance(200);
    const skewed = new RemoteLockFile(hosts.host('skewed', { offsetMs: 3_600_000 }));
    await skewed.lock();
    expect(holdersAmong(holder, skewed)).toBe(2);
  });
});

describe('a dead holder whose mtime lies in the future', () => {
  test('blocks nobody for longer than a window', async () => {
    const hosts = await Hosts.begun();
    const ahead = hosts.host('ahead', { offsetMs: 3_600_000 });
    const clocked = hosts.host('dead', {}, { clock: ahead.clock });
    await clocked.lock({ clock: ahead.clock }).acquire();
    await hosts.time.advance(10);
    ahead.clock.suspend('process');
    const heir = hosts.host('heir');
    const lease = await hosts.time.runUntil(heir.lock().acquire(), { limitMs: 2 * STALE_AFTER_MS });
    expect(lease.token).toBe(1002);
  });

  test('blocks everybody with RemoteLockFile, for as long as it lies there', async () => {
    const hosts = new Hosts();
    const ahead = hosts.host('ahead', { offsetMs: 3_600_000 });
    await new RemoteLockFile(ahead).lock();
    await hosts.time.advance(10);
    ahead.clock.suspend('process');
    const heir = new RemoteLockFile(hosts.host('heir'));
    const wanted = new Outcome(heir.lock());
    await hosts.time.advance(10_000);
    expect([wanted.value, heir.held]).toEqual([undefined, false]);
  });
});
