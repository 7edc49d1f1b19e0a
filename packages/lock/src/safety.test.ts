import { intercept, VFSError, type Entry } from '@holdfast/vfs';
import { describe, expect, it } from 'vitest';
import { Hosts, on, type Host } from './hosts.fixture.js';
import { Lock } from './index.js';

/** Rounds of acquire and release, with nothing in between. */
async function rounds(host: Host, count: number): Promise<void> {
  for (let round = 0; round < count; round++) await host.lock().with(() => undefined);
}

describe('two leases held at once', () => {
  /*
   * What went wrong before: No removal, no crash, no skew: only a listing that is read in parts, which the contract of `ls` allows ("all that
   * existed when the call began and were not removed since"). Rule 2's second half (`view.numbers.has(basis)`) guards
   * against it, but for a claim that was built on an EMPTY ledger there is no basis: `basis === 0 ||` lets it through.
   * The slow contender is granted token 1 while token 9 is held.
   */
  it('cannot come of a claim on an empty ledger that is confirmed by a listing read in two parts', async () => {
    const hosts = new Hosts();
    const [slow, fast] = [hosts.host(), hosts.host()];
    const claim = slow.hold(on('mkdir', '000000000001'));
    let between = async (): Promise<void> => undefined;
    // The first part of the directory has the names up to 1 and the window, the second has all others.
    const inParts = intercept(slow.vfs, async (call, next) => {
      if (call.op !== 'ls' || !slow.calls.includes('mkdir 000000000001')) return next(call);
      const early = (name: string): boolean => /^0{11}1$|^window/.test(name);
      const before = (await next(call)) as Entry[];
      await between();
      const after = (await next(call)) as Entry[];
      // Names that were made meanwhile hash into the first part, which has been read.
      const known = new Set(before.map(({ name }) => name));
      return [
        ...before.filter(({ name }) => early(name)),
        ...after.filter(({ name }) => !early(name) && known.has(name)),
      ];
    });
    const attempt = new Lock(inParts, { id: 'deploy', clock: slow.clock }).tryAcquire();
    await claim.arrived;
    await rounds(fast, 6);
    let lease = await fast.lock().tryAcquire();
    await hosts.time.settle();
    await hosts.time.advance(2_100);
    between = async () => {
      between = () => Promise.resolve();
      for (let passage = 0; passage < 2; passage++) {
        await lease.release();
        lease = await fast.lock().tryAcquire();
        await hosts.time.advance(2_100);
      }
    };
    claim.go();
    const second = await attempt.catch(() => undefined);
    expect(lease.held).toBe(true);
    expect(second?.held ?? false).toBe(false);
  });

  /*
   * What went wrong before: The same with a basis. "What it builds on is still there" is asked of any entry of the basis. A release whose reply
   * was lost is repeated; if the repetition comes late, after 1 was swept, an orphan 1.free stands there, and vouches for
   * a ledger that has moved on long ago.
   */
  it('cannot come of a basis of which only a late mark is left', async () => {
    const hosts = new Hosts();
    const [first, slow, fast] = [hosts.host(), hosts.host(), hosts.host()];
    const lost = new VFSError({
      code: 'ECONN',
      op: 'mkdir',
      path: '/',
      adapter: 'memory',
      outcome: 'unknown',
    });
    const lease1 = await first.lock().tryAcquire();
    first.hold(on('mkdir', '1.free')).goButFail(lost);
    const repeated = first.hold(on('mkdir', '1.free'));
    void lease1.release();
    await hosts.time.advance(100);
    await repeated.arrived;
    const claim = slow.hold(on('mkdir', '000000000002'));
    let between = async (): Promise<void> => undefined;
    const inParts = intercept(slow.vfs, async (call, next) => {
      if (call.op !== 'ls' || !slow.calls.includes('mkdir 000000000002')) return next(call);
      const early = (name: string): boolean => /^0{11}[12](\.free)?$|^window/.test(name);
      const before = (await next(call)) as Entry[];
      await between();
      const after = (await next(call)) as Entry[];
      const known = new Set(before.map(({ name }) => name));
      return [
        ...before.filter(({ name }) => early(name)),
        ...after.filter(({ name }) => !early(name) && known.has(name)),
      ];
    });
    const attempt = new Lock(inParts, { id: 'deploy', clock: slow.clock }).tryAcquire();
    await claim.arrived;
    await rounds(fast, 6);
    let lease = await fast.lock().tryAcquire();
    await hosts.time.advance(2_100);
    repeated.go();
    await hosts.time.settle();
    between = async () => {
      between = () => Promise.resolve();
      for (let passage = 0; passage < 2; passage++) {
        await lease.release();
        lease = await fast.lock().tryAcquire();
        await hosts.time.advance(2_100);
      }
    };
    claim.go();
    const second = await attempt.catch(() => undefined);
    expect(lease.held).toBe(true);
    expect(second?.held ?? false).toBe(false);
  });

  /*
   * What went wrong before: `place.marks` belongs to the process, not to the attempt. While one attempt waits for its confirming look, another
   * attempt of the process (tryAcquire, or the next in the queue after a timeout) looks at a ledger that was made anew,
   * and overwrites the marks. The first one then compares the new ledger with itself, finds "its" claim there (it is
   * somebody else's), and is granted the same token. Nobody ever notices: both beat into one file, for ever.
   * The same way `knownFree` is checked against marks that may be younger than it.
   */
  it('cannot come of two attempts of one process that saw two ledgers', async () => {
    const hosts = new Hosts();
    const [host, other] = [hosts.host(), hosts.host()];
    const look = host.hold((call) => call.op === 'ls' && host.calls.includes('mkdir 000000000001'));
    const attempt = host.lock().tryAcquire();
    await look.arrived;
    await hosts.truth.rm('/lockfile-deploy', { recursive: true });
    const theirs = await other.lock().tryAcquire();
    await hosts.time.advance(10);
    await expect(host.lock().tryAcquire()).rejects.toMatchObject({ code: 'ELOCKED' });
    look.go();
    const ours = await attempt.catch(() => undefined);
    await hosts.time.advance(60_000);
    expect(theirs.held).toBe(true);
    expect(ours?.held ?? false).toBe(false);
  });

  /*
   * What went wrong before: The size of a beat comes back after 509 beats. Where nothing but the size shows life (the storage of the test "goes
   * by the size of the beat where its mtime does not move"), a contender that looks twice, 509 beats apart, takes a live
   * lock over: what is observed is kept between calls, without end. (A cron job every 16 min 58 s, or every multiple.)
   */
  it('cannot come of a beat whose size has come round', async () => {
    const hosts = new Hosts();
    const weak = { etag: false, chtimes: false, mtimeOnRewrite: 'stays', mtimeGranularityMs: 1_000 } as const;
    const lease = await hosts.host({}, weak).lock().tryAcquire();
    const cron = hosts.host({}, weak).lock();
    await hosts.time.advance(100 * 2_000 + 1);
    await expect(hosts.time.runUntil(cron.tryAcquire())).rejects.toMatchObject({ code: 'ELOCKED' });
    await hosts.time.advance(509 * 2_000);
    const second = await hosts.time.runUntil(cron.tryAcquire()).catch(() => undefined);
    expect(lease.held).toBe(true);
    expect(second?.held ?? false).toBe(false);
  });
});

describe('an observation without end', () => {
  /*
   * What went wrong before: The same hole without weak storage. A one-shot contender (a cron job in a long-lived process) sees the claim in the
   * millisecond before its first beat: its version is the mark alone. An hour later one listing lacks the beat, because
   * the server replaces the file by rename while it reads the directory (POSIX leaves open whether a renamed name is
   * seen). "Unchanged for an hour": the live lock is taken over on one look.
   */
  it('does not make one incomplete look the proof of a whole hour', async () => {
    const hosts = new Hosts();
    const [holder, cron] = [hosts.host(), hosts.host()];
    const lease = await holder.lock().tryAcquire();
    let incomplete = false;
    const vfs = intercept(cron.vfs, async (call, next) => {
      const result = await next(call);
      if (call.op !== 'ls' || !incomplete) return result;
      incomplete = false;
      return (result as Entry[]).filter(({ name }) => name !== '000000000001.beat');
    });
    const lock = new Lock(vfs, { id: 'deploy', clock: cron.clock });
    await expect(lock.tryAcquire()).rejects.toMatchObject({ code: 'ELOCKED' });
    await hosts.time.advance(3_600_000);
    incomplete = true;
    const second = await hosts.time.runUntil(lock.tryAcquire()).catch(() => undefined);
    expect(lease.held).toBe(true);
    expect(second?.held ?? false).toBe(false);
  });
});

describe('a ledger that was removed and made anew', () => {
  /*
   * What went wrong before: The sweep goes on after the lease is lost (only `release` stops it), and it names numbers only. One call of a dead
   * holder's sweep that lands late, in a new ledger, removes the live claim 1 with its beat. The next contender finds no
   * number at all, makes 1 again, and both hold token 1 for ever: `lossIn` of the first sees "its" claim.
   */
  it('is not robbed of a live claim by the sweep of a holder that is long dead', async () => {
    const hosts = new Hosts();
    const [old, one, two] = [hosts.host(), hosts.host(), hosts.host()];
    const first = await old.lock().tryAcquire();
    await hosts.time.advance(10);
    await first.release();
    await rounds(old, 2);
    await old.lock().tryAcquire();
    const removal = old.hold(on('rm', '000000000001'));
    await hosts.time.advance(2_100);
    await removal.arrived;
    old.clock.suspend('process');
    await hosts.truth.rm('/lockfile-deploy', { recursive: true });
    const leaseOne = await one.lock().tryAcquire();
    await hosts.time.advance(100);
    removal.go();
    await hosts.time.settle();
    const leaseTwo = await two
      .lock()
      .tryAcquire()
      .catch(() => undefined);
    await hosts.time.advance(60_000);
    expect([leaseOne.held, leaseTwo?.held ?? false]).not.toEqual([true, true]);
  });

  /*
   * What went wrong before: The holder of 5 in the old ledger releases before its next beat told it of the removal: `5.free` appears in the new
   * ledger, whose live claim is 1. The highest number is 5 then, and free, so everybody may claim 6.
   * README: only "the first one" may hold on until its next heartbeat. Here it is the new, rightful holder that loses.
   */
  it('is not freed by the release of a holder of the old one', async () => {
    const hosts = new Hosts();
    const [old, fresh, third] = [hosts.host(), hosts.host(), hosts.host()];
    await rounds(old, 4);
    const lease = await old.lock().tryAcquire();
    await hosts.truth.rm('/lockfile-deploy', { recursive: true });
    const next = await fresh.lock().tryAcquire();
    await lease.release();
    const second = await third
      .lock()
      .tryAcquire()
      .catch(() => undefined);
    expect([next.held, second?.held ?? false]).not.toEqual([true, true]);
  });

  /*
   * What went wrong before: The same by a beat: the old holder of 5 writes and looks side by side, so its beat always lands in the new ledger,
   * where it outranks the live claim 1. The rightful holder is told "superseded", and the lock is barred for a window.
   * "A paused holder's heartbeat … re-creates a released lock" is on DESIGN's list of what must never happen.
   */
  it('is not disturbed by the last beat of a holder of the old one', async () => {
    const hosts = new Hosts();
    const [old, fresh] = [hosts.host(), hosts.host()];
    await rounds(old, 4);
    await old.lock().tryAcquire();
    await hosts.time.advance(10);
    await hosts.truth.rm('/lockfile-deploy', { recursive: true });
    const next = await fresh.lock().tryAcquire();
    await hosts.time.advance(10_000);
    expect(next.held).toBe(true);
  });

  /*
   * What went wrong before: Nobody held the lock when its directory was removed, so no warning of the README applies. But the process that
   * released last knows 5 to be free, and makes 6 in the new ledger without a look. The confirming look tells it that
   * the ledger is another one, and it leaves 6 standing: the live holder of 1 is told "superseded", and the lock is
   * barred for a window, with nobody holding it.
   */
  it('of a lock that was free is not disturbed by who released last', async () => {
    const hosts = new Hosts();
    const [last, fresh] = [hosts.host(), hosts.host()];
    await rounds(last, 5);
    await hosts.truth.rm('/lockfile-deploy', { recursive: true });
    const lease = await fresh.lock().tryAcquire();
    await hosts.time.advance(10);
    await expect(last.lock().tryAcquire()).rejects.toMatchObject({ code: 'ELOCKED' });
    await hosts.time.advance(10_000);
    expect(lease.held).toBe(true);
  });

  /*
   * What went wrong before: README: "If somebody once used a very long staleAfterMs, remove that entry by hand, while nobody holds the lock."
   * Whoever does so bars the process that released last, and everybody else, for a window: there is no mark left, so
   * the claim of the knownFree shortcut is taken for one in another ledger, and left standing.
   */
  it('is what the README says about window entries taken for', async () => {
    const hosts = new Hosts();
    const host = hosts.host();
    await rounds(host, 3);
    for (const name of await hosts.ledger()) {
      if (name.startsWith('window.')) await hosts.truth.rm(`/lockfile-deploy/${name}`);
    }
    const lease = await host
      .lock()
      .tryAcquire()
      .catch(() => undefined);
    expect(lease?.held ?? false).toBe(true);
  });
});

describe('elapsed time', () => {
  /*
   * What went wrong before: The larger of the two clocks since the last beat is not the sum of what each missed: the wall clock is set back (an
   * NTP step), and then the machine sleeps, within one heartbeat. The monotonic clock misses the sleep, the wall clock
   * hides it. `held` is true 29 s after the last beat.
   */
  it('is not hidden by a wall clock that was set back before the machine slept', async () => {
    const hosts = new Hosts();
    const host = hosts.host();
    const lease = await host.lock({ staleAfterMs: 30_000, heartbeatMs: 10_000 }).tryAcquire();
    await hosts.time.advance(2_500);
    host.clock.jumpWall(-60_000);
    await hosts.time.advance(2_500);
    host.clock.suspend('machine');
    await hosts.time.advance(60_000);
    host.clock.resume();
    expect(lease.held).toBe(false);
  });
});
