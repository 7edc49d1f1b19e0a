import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { memoryStore, memoryVFS } from '@holdfast/memory';
import { intercept, VFSError, type Clock, type Entry } from '@holdfast/vfs';
import { describe, expect, it } from 'vitest';
import { Hosts, on } from './hosts.fixture.js';
import { Lock } from './index.js';

const unreachable = new VFSError({ code: 'ECONN', op: 'mkdir', path: '/', adapter: 'memory' });
const denied = new VFSError({ code: 'EACCES', op: 'chtimes', path: '/', adapter: 'memory' });

describe('what a release leaves behind', () => {
  /*
   * What went wrong before: Heartbeat.idle races the beat in flight against `pause(clock, patienceMs)`, and never cancels that timer. It is a
   * foreground timer of staleAfterMs: a program that releases while a beat is in flight (any release within the first
   * round trip, since the first beat comes at once) and then has nothing more to do stays alive for 10 s, on S3 for a
   * minute, with a staleAfterMs of a day for a day.
   */
  it('is no timer that keeps the process alive for a window', async () => {
    const hosts = new Hosts();
    const host = hosts.host();
    const lease = await host.lock({ staleAfterMs: 86_400_000 }).tryAcquire();
    const beat = host.hold(on('writeFile', '.beat'));
    await hosts.time.advance(1);
    await beat.arrived;
    const released = lease.release();
    beat.go();
    await released;
    await hosts.time.settle();
    expect(hosts.time.pendingTimers).toBe(0);
  });

  /*
   * What went wrong before: `#release` marks the number free, and then waits for the removal that the sweep has under way before it wakes the
   * waiters of the process. Those have no timer of their own while the lease is ours ("it tells of its end itself"):
   * while the `rm` hangs they sleep on, although the lock is free, and any other process may have it. Without a deadline
   * (a local disk has none) they sleep for ever. `release` itself hangs as well.
   */
  it('are no waiters that sleep on because a removal hangs', async () => {
    const hosts = new Hosts();
    const host = hosts.host();
    for (let round = 0; round < 3; round++) await host.lock().with(() => undefined);
    const lease = await host.lock().tryAcquire();
    const removal = host.hold((call) => call.op === 'rm');
    const waiter = host.lock().acquire();
    await hosts.time.advance(2_100);
    await removal.arrived;
    void lease.release();
    await hosts.time.settle();
    expect(await hosts.ledger()).toContain('000000000004.free');
    expect((await hosts.time.runUntil(waiter, { limitMs: 60_000 })).token).toBe(5);
  });

  /*
   * What went wrong before: `untilDone` repeats the marking for a whole staleAfterMs, in the foreground: up to a day, for a storage that is gone
   * for good, or a VFS that was closed first (`await using` in the wrong order). `with` cannot return meanwhile.
   */
  it('is no release that holds its caller for a day', async () => {
    const hosts = new Hosts();
    const host = hosts.host();
    const lease = await host.lock({ staleAfterMs: 86_400_000 }).tryAcquire();
    await host.vfs.close();
    const released = lease.release().catch((error: unknown) => error);
    const end = hosts.time.runUntil(released, { limitMs: 120_000 });
    expect(await end.catch(() => 'still waiting')).not.toBe('still waiting');
  });
});

describe('a lease', () => {
  /*
   * What went wrong before: MtimeUpkeep is "for people", yet the next beat waits for its `stat` or `chtimes`. If that one call hangs (a stat on
   * a mount whose server is slow: deadline 5 s; on a local disk none), no beat follows, and the lease is lost although
   * every write would have succeeded.
   */
  it('is not lost because the call that keeps the mtime pretty hangs', async () => {
    const hosts = new Hosts();
    const host = hosts.host({}, { listing: 'names' });
    const lease = await host.lock().tryAcquire();
    const stat = host.hold(on('stat', '.beat'));
    await hosts.time.advance(2_500);
    await stat.arrived;
    await hosts.time.advance(10_000);
    expect(lease.held).toBe(true);
  });

  /*
   * What went wrong before: The same by a refusal: a beat whose write and look succeeded is called 'beat-failed' when the chtimes after it is
   * refused, and the next one comes after a quarter of the time. Where chtimes is always refused (another user's file,
   * a server without SETSTAT), every holder beats four times as often for ever and reports a failure each time.
   */
  it('does not beat four times as often because times cannot be set', async () => {
    const hosts = new Hosts();
    const host = hosts.host({}, { mtimeOnRewrite: 'stays' });
    const vfs = intercept(host.vfs, (call, next) =>
      call.op === 'chtimes' ? Promise.reject(denied) : next(call),
    );
    const lease = await new Lock(vfs, { id: 'deploy', clock: host.clock }).tryAcquire();
    await hosts.time.advance(20_000);
    host.calls.length = 0;
    await hosts.time.advance(60_000);
    expect(lease.held).toBe(true);
    expect(host.calls.filter((call) => call.startsWith('writeFile')).length).toBeLessThanOrEqual(31);
  });

  /*
   * What went wrong before: The check of options says "so that one beat may fail", and allows settings where none may: beats every 4.5 s, a
   * lease of 5 s. With staleAfterMs 50 the write has 2.5 ms to come home.
   */
  it('outlives one failed beat with every setting that is accepted', async () => {
    const hosts = new Hosts();
    const host = hosts.host();
    let lock: Lock;
    try {
      lock = host.lock({ staleAfterMs: 10_000, heartbeatMs: 4_500, marginMs: 5_000 });
    } catch {
      return; // Refused: that would be right, too.
    }
    const lease = await lock.tryAcquire();
    await hosts.time.advance(10);
    host.hold(on('writeFile', '.beat')).fail(unreachable);
    await hosts.time.advance(10_000);
    expect(lease.held).toBe(true);
  });
});

describe('one that waits', () => {
  /*
   * What went wrong before: While a lease of this very process holds the lock, the one in front has no timer at all, and all timers of the lease
   * are in the background. A program in which nothing else is pending ends in the middle of `await lock.acquire()`, with
   * status 13 and no word (seen with Node 20: `await lock.acquire(); await lock.acquire();` ends after 0.4 s), while one
   * that waits for another process is kept alive.
   */
  it('keeps its process alive, whoever holds the lock', async () => {
    const hosts = new Hosts();
    const host = hosts.host();
    await host.lock().tryAcquire();
    void host.lock().acquire();
    await hosts.time.advance(10);
    await expect(hosts.time.runUntilIdle({ limitMs: 5_000 })).rejects.toMatchObject({ code: 'ELIMIT' });
  });

  /*
   * What went wrong before: `Promise.race([woken, gone])` in Wait.pause and `Promise.race([attempt, patience.gone])` in attemptWithin: each leaves
   * reactions on `gone`, which stays pending as long as the caller waits. Two a poll, never let go: at ten polls a
   * second (local disk) that is some 1.7 million a day for each waiter (several hundred MB).
   */
  it('needs no more memory the longer it waits', { timeout: 120_000 }, async () => {
    setFlagsFromString('--expose-gc');
    const gc = runInNewContext('gc') as () => void;
    let polls = 0;
    let at = 0;
    const reached: { count: number; tell: () => void }[] = [];
    // Every timer fires with the next turn of the event loop, and nearly no time passes.
    const clock: Clock = {
      monotonic: () => at,
      wall: () => 1_700_000_000_000 + at,
      schedule: (run) => {
        const handle = setImmediate(() => {
          at += 0.000_1;
          run();
        });
        return { cancel: () => clearImmediate(handle) };
      },
    };
    const entries: Entry[] = [
      { name: '000000000001', type: 'directory' },
      { name: 'window.10000.a', type: 'directory' },
    ];
    const vfs = intercept(memoryVFS({ store: memoryStore(), watch: false }), async (call, next) => {
      if (call.op !== 'ls') return next(call);
      polls++;
      for (const { count, tell } of reached) if (polls === count) tell();
      return entries;
    });
    const until = (count: number): Promise<void> =>
      new Promise((resolve) => reached.push({ count, tell: resolve }));
    const used = async (count: number): Promise<number> => {
      await until(count);
      gc();
      return process.memoryUsage().heapUsed;
    };
    const end = new AbortController();
    const waiter = new Lock(vfs, { id: 'deploy', clock }).acquire({ signal: end.signal });
    const refused = waiter.catch(() => undefined);
    const before = await used(5_000);
    const after = await used(55_000);
    end.abort();
    await refused;
    const bytesPerPoll = (after - before) / 50_000;
    expect(bytesPerPoll).toBeLessThan(20);
  });

  /*
   * What went wrong before: Between two looks the directory can be removed: for a look and for a claim that is a ledger without numbers. For the
   * `look.*` entry on a mount it is an ENOENT that ends `acquire` (and `tryAcquire`, in looksDead): a missing directory
   * is not transient.
   */
  it('is not sent away because the directory vanished as it asked for a fresh view', async () => {
    const hosts = new Hosts();
    const mount = { listing: 'names', cost: 'network' } as const;
    const [dead, heir] = [hosts.host({}, mount), hosts.host({}, mount)];
    await dead.lock().tryAcquire();
    dead.clock.suspend('process');
    const fresh = heir.hold((call) => call.op === 'mkdir' && call.path.includes('/look.'));
    const waiter = heir.lock().acquire({ timeoutMs: 60_000 });
    const outcome = waiter.then(
      (lease) => lease.held,
      (error: unknown) => error,
    );
    await hosts.time.advance(15_000);
    await fresh.arrived;
    await hosts.truth.rm('/lockfile-deploy', { recursive: true });
    fresh.go();
    await hosts.time.advance(5_000);
    expect(await outcome).toBe(true);
  });

  /*
   * What went wrong before: A timeout of 0 means one try. But one try from the knownFree shortcut is no look at all: this process released 1,
   * another one came and went with 2, the lock is free, and the answer is LockTimeoutError. tryAcquire runs it again.
   */
  it('with a timeout of 0 obtains a lock that is free', async () => {
    const hosts = new Hosts();
    const [one, two] = [hosts.host(), hosts.host()];
    await one.lock().with(() => undefined);
    await two.lock().with(() => undefined);
    const lease = await one
      .lock()
      .acquire({ timeoutMs: 0 })
      .catch((error: unknown) => error);
    expect(lease).toMatchObject({ token: 3 });
  });

  /*
   * What went wrong before: `refused` calls itself for ever when the directory cannot be made for ENOENT although its parent can be (a WebDAV
   * server that answers 409 for its own reasons, a parent that somebody keeps removing): two calls a round, without a
   * pause, without a look at the signal, going on behind a caller that has timed out long ago.
   */
  it('does not flood a storage on which its directory cannot be made', async () => {
    const hosts = new Hosts();
    const host = hosts.host();
    let calls = 0;
    const vfs = intercept(host.vfs, (call, next) => {
      if (call.op !== 'mkdir' || !call.path.includes('lockfile-')) return next(call);
      const code = ++calls > 1_000 ? 'EACCES' : 'ENOENT';
      return Promise.reject(new VFSError({ code, op: 'mkdir', path: call.path, adapter: 'memory' }));
    });
    await expect(
      new Lock(vfs, { id: 'deploy', dir: '/locks', clock: host.clock }).tryAcquire(),
    ).rejects.toMatchObject({ code: 'ENOENT' });
    expect(calls).toBeLessThan(10);
  });

  /*
   * What went wrong before: `#refused` and `#faults` belong to the Lock, not to the attempt. A look that began before the refused number was made
   * is taken for a listing that hides it, when two calls of one Lock overlap. Faults are only forgotten when this Lock
   * is granted something, so a busy server that calls tryAcquire for each request is told after the third such
   * coincidence, however far apart, that its storage is unsafe.
   */
  it('does not call a storage unsafe because two of its own looks overlapped', async () => {
    const hosts = new Hosts();
    const [host, other] = [hosts.host(), hosts.host()];
    const answers: Promise<void>[] = [];
    const late = intercept(host.vfs, async (call, next) => {
      const result = await next(call);
      if (call.op === 'ls') await answers.shift();
      return result;
    });
    const lock = new Lock(late, { id: 'deploy', clock: host.clock });
    await other.lock().with(() => undefined);
    const codes: unknown[] = [];
    const codeOf = (error: unknown): void => void codes.push((error as { code: unknown }).code);
    for (let round = 0; round < 3; round++) {
      const [first, second] = [gate(), gate()];
      answers.push(first.opened);
      const one = lock.tryAcquire().catch(codeOf);
      await hosts.time.settle();
      const claim = host.hold((call) => call.op === 'mkdir' && /\d{12}$/.test(call.path));
      const two = lock.tryAcquire().catch(codeOf);
      await claim.arrived;
      const lease = await other.lock().tryAcquire();
      answers.push(second.opened);
      claim.go();
      await hosts.time.settle();
      first.open();
      await hosts.time.settle();
      second.open();
      await Promise.all([one, two]);
      await lease.release();
    }
    expect(codes).toEqual(Array(6).fill('ELOCKED'));
  });
});

describe('cleaning up', () => {
  /*
   * What went wrong before: The sweep stops at the first entry that it cannot remove, and begins with the same one next time. One stray file in
   * an old claim's directory (ENOTEMPTY), or one entry of another user in a sticky directory (EACCES), and the ledger
   * grows without bound, each listing with it.
   */
  it('is not ended for ever by one entry that cannot be removed', async () => {
    const hosts = new Hosts();
    const lock = hosts.host().lock();
    await lock.with(() => undefined);
    await hosts.truth.writeFile('/lockfile-deploy/000000000001/.DS_Store', 'x');
    for (let round = 0; round < 100; round++) {
      const lease = await lock.tryAcquire();
      await hosts.time.settle();
      await lease.release();
    }
    expect((await hosts.ledger()).length).toBeLessThan(60);
  });
});

function gate(): { opened: Promise<void>; open: () => void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}
