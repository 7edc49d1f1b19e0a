import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { systemClock, VFSError } from '@holdfast/vfs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Hosts, on } from './hosts.fixture.js';
import { inspectAll, isLockError } from './index.js';

describe('with', () => {
  /*
   * What went wrong before: `if (!lease.held) throw lease.signal.reason` takes every lease that is not held for a lost one. Work that releases
   * early, which `release` allows at any time, makes `with` reject with `undefined`, and its result is gone.
   */
  it('passes on the result of work that has released the lease itself', async () => {
    const hosts = new Hosts();
    const result = hosts
      .host()
      .lock()
      .with(async (lease) => {
        await lease.release();
        return 42;
      });
    expect(await result.catch((error: unknown) => ({ rejectedWith: error }))).toBe(42);
  });
});

describe('onEvent', () => {
  /*
   * What went wrong before: "What it throws is swallowed": not what an async listener throws. TypeScript accepts one for `=> void`; its
   * rejection is unhandled, and ends a Node process. From a heartbeat timer, of all places.
   */
  it('of an async listener that throws does not end the process', async () => {
    const unhandled: unknown[] = [];
    const others = process.listeners('unhandledRejection');
    process.removeAllListeners('unhandledRejection');
    process.on('unhandledRejection', (reason) => unhandled.push(reason));
    try {
      const hosts = new Hosts();
      const onEvent = (): unknown => Promise.reject(new Error('log server is down'));
      await hosts.host().lock({ onEvent }).tryAcquire();
      await hosts.time.advance(10);
    } finally {
      process.removeAllListeners('unhandledRejection');
      for (const other of others) process.on('unhandledRejection', other);
    }
    expect(unhandled).toEqual([]);
  });

  /*
   * What went wrong before: `released` is told of a lease that was lost: nothing was released. A log then reads lost, released.
   */
  it('does not tell of a release when a lost lease is disposed of', async () => {
    const hosts = new Hosts();
    const host = hosts.host();
    const lease = await host.lock().tryAcquire();
    await hosts.truth.mkdir('/lockfile-deploy/000000000002');
    await hosts.time.advance(2_000);
    await lease.release();
    expect(host.events.map(({ type }) => type)).toContain('lost');
    expect(host.events.map(({ type }) => type)).not.toContain('released');
  });
});

describe('options', () => {
  /*
   * What went wrong before: `dir` is checked for its first character only; `joinPath` in placeOf then throws a VFSError (EINVAL, "open … on
   * path") out of the constructor, which promises LockOptionError. "/locks/" is the likeliest slip of all.
   */
  it.each(['/locks/', '//locks', '/a/../b', '/a\\b', '/a\u0000'])(
    'refuse the dir %j as any other option',
    (dir) => {
      const host = new Hosts().host();
      expect(() => host.lock({ dir })).toThrow(expect.objectContaining({ code: 'ELOCKOPTION' }));
    },
  );

  /*
   * What went wrong before: tryAcquire, inspect, isStale, releaseIfStale check nothing: a wrong signal is a bare TypeError, a `timeoutMs` for
   * tryAcquire is ignored without a word, although DESIGN says "refused, never ignored".
   */
  it('of tryAcquire are checked', async () => {
    const lock = new Hosts().host().lock();
    // @ts-expect-error -- what a caller without types may pass
    await expect(lock.tryAcquire({ timeoutMs: 5_000 })).rejects.toMatchObject({ code: 'ELOCKOPTION' });
  });
  it('of tryAcquire with a signal that is none are refused as options', async () => {
    const lock = new Hosts().host().lock();
    // @ts-expect-error -- what a caller without types may pass
    await expect(lock.tryAcquire({ signal: 'stop' })).rejects.toMatchObject({ code: 'ELOCKOPTION' });
  });
});

describe('options that make the lease useless or unsafe', () => {
  /*
   * What went wrong before: `positive()` is the only bound: beats back to back, polls as fast as timers go (a metered storage included), a
   * margin of a nanosecond, which leaves nothing for late timers and uneven clocks, the only thing it is there for.
   */
  it.each([{ heartbeatMs: 0.001 }, { pollMs: 0.001 }, { marginMs: 0.000_001 }])(
    '%j is refused',
    (options) => {
      const host = new Hosts().host();
      expect(() => host.lock(options)).toThrow(expect.objectContaining({ code: 'ELOCKOPTION' }));
    },
  );
});

describe('inspectAll', () => {
  /*
   * What went wrong before: One plain file whose name begins with `lockfile-` (another tool's lock), and nobody can list the locks of that
   * directory any more: ENOTDIR. The same for one ledger that this user may not read.
   */
  it('is not ended by a file that has the name of a lock', async () => {
    const hosts = new Hosts();
    await hosts.host().lock().tryAcquire();
    await hosts.truth.writeFile('/lockfile-other', '');
    const infos = await inspectAll(hosts.truth, '/', { clock: hosts.time }).catch((error: unknown) => error);
    expect(infos).toMatchObject([{ id: 'deploy', state: 'held' }]);
  });
});

describe('nodeIdentity', () => {
  /*
   * What went wrong before: In a pid namespace without a /proc of its own (`unshare --pid --fork`, bubblewrap without --proc, some build
   * chroots) /proc/PID is another process of the outer namespace. Boot id and namespace match for all processes in
   * there, so `isDead` trusts it: seen on this machine, a holder that lives is "proved" dead as soon as the outer
   * process of the same number is a zombie, or its number is used again. Then its lock is taken over at once.
   */
  it.runIf(process.platform === 'linux' && process.getuid?.() === 0)(
    'proves nothing where /proc shows another pid namespace',
    () => {
      const built = fileURLToPath(new URL('../dist/node.js', import.meta.url));
      const code = `import(${JSON.stringify(built)}).then((m) => console.log(JSON.stringify(m.nodeIdentity().self)))`;
      const said = execFileSync('unshare', ['--pid', '--fork', process.execPath, '-e', code], {
        encoding: 'utf8',
      });
      const self = JSON.parse(said) as { pid: number; start?: string };
      expect(self.pid).toBe(1);
      expect(self.start).toBeUndefined();
    },
  );
});

describe('errors', () => {
  /*
   * What went wrong before: `isLockError` looks at `code` alone, and 'ELOCKED' is what proper-lockfile calls its own errors, so a program that
   * moves from one to the other takes those for LockedErrors with a token.
   */
  it('of other libraries are not taken for our own', () => {
    const foreign = Object.assign(new Error('Lock file is already being held'), {
      code: 'ELOCKED',
      file: 'x',
    });
    expect(isLockError(foreign, 'ELOCKED')).toBe(false);
  });

  /*
   * What went wrong before: LockTimeoutError takes a cause, and nobody gives it one. Where the storage failed for all of the time, the caller
   * reads "not obtained within 5000 ms" and looks for a holder that does not exist.
   */
  it('of a timeout name the failure of the storage as their cause', async () => {
    const hosts = new Hosts();
    const host = hosts.host();
    await host.lock().with(() => undefined);
    await hosts.host().lock().tryAcquire();
    const down = new VFSError({ code: 'ECONN', op: 'ls', path: '/', adapter: 'memory' });
    for (let times = 0; times < 100; times++) host.hold(on('ls', 'lockfile-deploy')).fail(down);
    const outcome = host
      .lock()
      .acquire({ timeoutMs: 5_000 })
      .catch((error: unknown) => error);
    await hosts.time.advance(5_000);
    expect(await outcome).toMatchObject({ code: 'ELOCKTIMEOUT', cause: down });
  });
});

describe('proof', () => {
  /*
   * What went wrong before: EEXIST of a plain FILE that has the name of the lock's directory counts as the proof that this VFS refuses what
   * exists, for every other lock on it too. (rclone refuses a mkdir over a file, and lets one over a directory pass.)
   */
  it('is not drawn from a file that is in the way', async () => {
    const hosts = new Hosts();
    const host = hosts.host();
    const { intercept } = await import('@holdfast/vfs');
    const { Lock } = await import('./index.js');
    const lax = intercept(host.vfs, async (call, next) => {
      if (call.op !== 'mkdir') return next(call);
      const there = await hosts.truth.stat(call.path).catch(() => undefined);
      return there?.type === 'directory' ? undefined : next(call);
    });
    await hosts.truth.writeFile('/lockfile-a', 'not a directory');
    await new Lock(lax, { id: 'a', clock: host.clock }).tryAcquire().catch(() => undefined);
    await hosts.truth.mkdir('/lockfile-b');
    await expect(new Lock(lax, { id: 'b', clock: host.clock }).tryAcquire()).rejects.toMatchObject({
      code: 'EUNSAFESTORAGE',
    });
  });
});

describe('the machine’s clock', () => {
  afterEach(() => vi.useRealTimers());

  /*
   * What went wrong before: "Calls `run` once, `delayMs` milliseconds from now at the earliest": beyond 2^31-1 ms it is called early. A timeoutMs
   * of 30 days ends after 24.8, with a message that says 30.
   */
  it('calls nobody early, however long the delay', () => {
    vi.useFakeTimers();
    const run = vi.fn<() => void>();
    systemClock.schedule(run, 30 * 86_400_000);
    vi.advanceTimersByTime(29 * 86_400_000);
    expect(run).not.toHaveBeenCalled();
  });
});
