import { Lock } from '@holdfast/lock';
import type { VFS } from '@holdfast/vfs';
import { describe, expect, test } from 'vitest';
import { properLock } from '../known-broken/proper-lockfile.fixture.js';
import { RemoteLockFile } from '../known-broken/remote-lock-file.fixture.js';
import { Hosts, Outcome, STALE_AFTER_MS } from './hosts.fixture.js';

describe('a timeout that fires as the lock is obtained', () => {
  test('leaves nothing held: who was told "timeout" holds nothing, and the next one has it at once', async () => {
    const hosts = await Hosts.begun();
    const late = hosts.host('late');
    const gate = hosts.plan.park('after', { actor: 'late', op: 'mkdir', path: /\d+1$/ });
    const wanted = new Outcome(late.lock().acquire({ timeoutMs: 100 }));
    await hosts.time.advance(100);
    expect(wanted.error).toMatchObject({ code: 'ELOCKTIMEOUT' });
    expect(await hosts.ledger()).toContain('1001');
    gate.open();
    await hosts.time.settle();
    expect(await hosts.ledger()).toContain('1001.free');
    expect((await hosts.host('next').lock().tryAcquire()).token).toBe(1002);
    await hosts.time.advance(10 * STALE_AFTER_MS);
    expect(await hosts.ledger()).not.toContain('1001.beat.1000');
  });

  test('leaves it held and beating with RemoteLockFile', async () => {
    const hosts = new Hosts();
    const late = new RemoteLockFile(hosts.host('late'));
    const gate = hosts.plan.park('after', { actor: 'late', op: 'mkdir' });
    const wanted = new Outcome(late.lockWithTimeout(100));
    await hosts.time.advance(100);
    expect(wanted.error).toBeInstanceOf(Error);
    gate.open();
    await hosts.time.advance(10_000);
    expect(late.held).toBe(true);
    expect(await new RemoteLockFile(hosts.host('next')).tryLock()).toBe(false);
  });
});

describe('a mkdir that the client gave up on, and that lands later', () => {
  test('is freed as soon as it is known to have landed', async () => {
    const hosts = await Hosts.begun();
    const gate = hosts.plan.late({ actor: 'unlucky', op: 'mkdir', path: /\d+1$/ });
    const attempt = new Outcome(hosts.host('unlucky').lock().tryAcquire());
    await hosts.time.settle();
    expect(attempt.error).toMatchObject({ code: 'ETIMEDOUT', outcome: 'unknown' });
    gate.open();
    await hosts.time.settle();
    expect(await hosts.ledger()).toEqual(expect.arrayContaining(['1001', '1001.free']));
    expect((await hosts.host('next').lock().tryAcquire()).token).toBe(1002);
  });

  test('is in the way for one window at most, even if nobody ever hears of it', async () => {
    const hosts = await Hosts.begun();
    hosts.plan.add({ actor: 'unlucky', op: 'mkdir', path: /\d+1$/, fault: { kind: 'lose-reply' } });
    await expect(hosts.host('unlucky').lock().tryAcquire()).rejects.toMatchObject({ outcome: 'unknown' });
    expect(await hosts.ledger()).toContain('1001');
    const next = hosts.host('next').lock().acquire();
    expect((await hosts.time.runUntil(next, { limitMs: 11_000 })).token).toBe(1002);
  });

  test('is never counted as held', async () => {
    const hosts = await Hosts.begun();
    const unlucky = hosts.host('unlucky');
    hosts.plan.add({ actor: 'unlucky', op: 'mkdir', path: /\d+1$/, times: 1, fault: { kind: 'lose-call' } });
    const attempt = new Outcome(unlucky.lock().acquire());
    await hosts.time.settle();
    const other = await hosts.host('other').lock().tryAcquire();
    expect(other.token).toBe(1001);
    await hosts.time.advance(10 * STALE_AFTER_MS);
    expect([attempt.value, other.held]).toEqual([undefined, true]);
  });

  test('locks everybody out with RemoteLockFile, which reports it as stale for ever', async () => {
    const hosts = new Hosts();
    const gate = hosts.plan.late({ actor: 'unlucky', op: 'mkdir' });
    const attempt = new Outcome(new RemoteLockFile(hosts.host('unlucky'), false).tryLock());
    await hosts.time.settle();
    expect(attempt.error).toMatchObject({ code: 'ETIMEDOUT' });
    gate.open();
    const next = new RemoteLockFile(hosts.host('next'), false);
    for (let hour = 0; hour < 3; hour++) {
      await hosts.time.advance(3_600_000);
      await expect(next.tryLock()).rejects.toThrow('stale');
    }
  });
});

describe('an error in the heartbeat', () => {
  const defect = new TypeError('a defect of an adapter');

  test.each([
    ['rejects with', (vfs: VFS, hosts: Hosts): VFS => faultyFrom(hosts, vfs)],
    ['throws', (vfs: VFS): VFS => ({ ...vfs, writeFile: () => throwing(defect) })],
  ])('that a storage %s is told to the holder, and never thrown out of a timer', async (_, spoil) => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown): void => void unhandled.push(reason);
    process.on('unhandledRejection', note);
    try {
      const hosts = new Hosts();
      const { vfs, clock } = hosts.host('holder');
      const events: string[] = [];
      const lock = new Lock(spoil(vfs, hosts), {
        id: 'x',
        clock,
        staleAfterMs: STALE_AFTER_MS,
        onEvent: ({ type }) => events.push(type),
      });
      const lease = await lock.acquire();
      await hosts.time.advance(2 * STALE_AFTER_MS);
      expect(lease.signal.reason).toMatchObject({ code: 'ELOCKLOST', reason: 'expired' });
      expect(events).toEqual(expect.arrayContaining(['beat-failed', 'lost']));
      expect(unhandled).toEqual([]);
    } finally {
      process.off('unhandledRejection', note);
    }
  });

  function faultyFrom(hosts: Hosts, vfs: VFS): VFS {
    hosts.plan.add({ actor: 'holder', op: 'writeFile', fault: { kind: 'throw', error: defect } });
    return vfs;
  }

  function throwing(error: unknown): never {
    throw error;
  }

  test('ends the process with proper-lockfile', async () => {
    const hosts = await Hosts.begun();
    const uncaught: unknown[] = [];
    const { vfs, clock } = hosts.host('holder');
    await properLock({ vfs, clock, uncaught: (error) => uncaught.push(error) });
    await hosts.storage.rm('/x.lock');
    await hosts.time.advance(1_000);
    expect(uncaught).toEqual([expect.objectContaining({ code: 'ENOENT' })]);
  });
});
