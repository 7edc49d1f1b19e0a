import { Lock } from '@holdfast/lock';
import { intercept, type Entry, type VFS } from '@holdfast/vfs';
import { describe, expect, it } from 'vitest';
import { failure, Hosts, KINDS, STORAGES, told } from '../hosts.fixture.js';

describe('a storage that fails', () => {
  it.each(KINDS)(
    'for a while is waited for by who waits on %s storage, and its claim is kept',
    async (kind) => {
      const hosts = await Hosts.begun(STORAGES[kind]);
      const lease = await hosts.host().lock({ staleAfterMs: 10_000 }).acquire();
      const host = hosts.host();
      const waiting = host.lock({ staleAfterMs: 10_000 }).acquire();
      await hosts.time.advance(5_000);
      host.fail('ls', failure('ECONN', { op: 'ls' }), 6);
      await hosts.time.advance(10_000);
      expect(told(host)).toContain('storage-error');
      await lease.release();
      expect((await hosts.time.runUntil(waiting)).token).toBe(1002);
    },
  );

  it('for a whole window is the caller’s matter, and the claim is given up', async () => {
    const hosts = await Hosts.begun();
    await hosts.host().lock().acquire();
    const host = hosts.host();
    const waiting = host.lock({ staleAfterMs: 2_000 }).acquire();
    await hosts.time.advance(500);
    const down = failure('EIO', { op: 'ls' });
    host.fail('ls', down, 10_000);
    await expect(hosts.time.runUntil(waiting)).rejects.toMatchObject({ code: 'EIO' });
    expect(hosts.time.now).toBeLessThanOrEqual(6_000);
    await hosts.time.settle();
    expect(await hosts.ledger()).toContain('1002.free');
  });

  it('at the first call is the caller’s matter at once', async () => {
    const hosts = new Hosts();
    const host = hosts.host();
    const down = failure('ECONN', { op: 'ls' });
    host.fail('ls', down);
    host.fail('make lockfile-deploy', down);
    await expect(host.lock().acquire()).rejects.toBe(down);
    expect(hosts.time.now).toBe(0);
  });

  it('for good is the caller’s matter at once, also while it waits', async () => {
    const hosts = await Hosts.begun();
    await hosts.host().lock().acquire();
    const host = hosts.host();
    const waiting = host.lock().acquire();
    await hosts.time.advance(500);
    const denied = failure('EACCES', { op: 'ls' });
    host.fail('ls', denied, 5);
    await expect(hosts.time.runUntil(waiting)).rejects.toBe(denied);
    expect(hosts.time.now).toBeLessThan(1_000);
  });

  it('to who asks until a time is the cause of the timeout', async () => {
    const hosts = await Hosts.begun();
    const host = hosts.host();
    await host.lock().with(() => undefined);
    await hosts.host().lock().acquire();
    const down = failure('ECONN', { op: 'ls' });
    host.fail('ls', down, 1_000);
    const refusal = expect(host.lock().acquire({ timeoutMs: 5_000 })).rejects.toMatchObject({
      code: 'ELOCKTIMEOUT',
      cause: down,
    });
    await hosts.time.advance(5_000);
    await refusal;
  });

  it.each(KINDS)('as the lock is released is asked again on %s storage', async (kind) => {
    const hosts = await Hosts.begun(STORAGES[kind]);
    const host = hosts.host();
    const lease = await host.lock().acquire();
    host.fail('make 1001.free', failure('ECONN', { outcome: 'unknown' }), 3);
    await hosts.time.runUntil(lease.release());
    expect(await hosts.ledger()).toContain('1001.free');
  });

  it('to answer a release that worked is asked again, and does not mind', async () => {
    const hosts = await Hosts.begun({ link: false });
    const host = hosts.host();
    const lease = await host.lock().acquire();
    host.hold('make 1001.free').goButFail(failure('ECONN', { outcome: 'unknown' }));
    await hosts.time.runUntil(lease.release());
    expect(host.calls.filter((call) => call === 'make 1001.free')).toHaveLength(2);
  });

  it('to take a release says so, and await using only reports it; the lock goes stale by itself', async () => {
    const hosts = await Hosts.begun({ link: false });
    const host = hosts.host();
    const denied = failure('EACCES');
    host.fail('make 1001.free', denied);
    const lease = await host.lock().acquire();
    await expect(lease.release()).rejects.toBe(denied);
    expect(lease.held).toBe(false);
    expect((await hosts.time.runUntil(hosts.host().lock().acquire())).token).toBe(1002);
    const other = hosts.host();
    other.fail(/\.free$/, denied);
    await other.lock({ id: 'other' }).with(() => undefined);
    expect(other.events).toContainEqual({ type: 'storage-error', during: 'give-up', error: denied });
  });

  it('because it is full costs nobody a lease it has, and refuses new ones as what it is', async () => {
    const hosts = await Hosts.begun({ link: false });
    const host = hosts.host();
    const full = failure('ENOSPC');
    host.fail('make 1001', full);
    await expect(host.lock().acquire()).rejects.toBe(full);
    const lease = await host.lock().acquire();
    host.fail('make 1001.free', full, 3);
    await hosts.time.runUntil(lease.release());
    expect(await hosts.ledger()).toContain('1001.free');
  });
});

describe('a disk without hard links', () => {
  const links = (vfs: VFS, refuse: () => boolean): { readonly vfs: VFS; readonly asked: string[] } => {
    const asked: string[] = [];
    const without = intercept(vfs, async (call, next) => {
      if (call.op !== 'link') return next(call);
      asked.push(call.to);
      if (refuse()) throw failure('ENOTSUP', { op: 'link' });
      return next(call);
    });
    return { vfs: without, asked };
  };

  it('is asked for some, and then given files instead', async () => {
    const hosts = await Hosts.begun();
    const host = hosts.host();
    const { vfs, asked } = links(host.vfs, () => true);
    const lock = new Lock(vfs, { id: 'deploy', clock: host.clock });
    for (let round = 0; round < 20; round++) await lock.with(() => undefined);
    expect(asked).toHaveLength(8);
    host.fail(/\.free$/, failure('EACCES'));
    await expect((await lock.acquire()).release()).rejects.toMatchObject({ code: 'EACCES' });
  });

  it('is not taken for one by a refusal now and then', async () => {
    const hosts = await Hosts.begun();
    const host = hosts.host();
    let calls = 0;
    const { vfs, asked } = links(host.vfs, () => ++calls % 4 === 0);
    const lock = new Lock(vfs, { id: 'deploy', clock: host.clock });
    for (let round = 0; round < 40; round++) await lock.with(() => undefined);
    expect(asked.length).toBeGreaterThan(40);
  });
});

describe('a directory', () => {
  it('that has to be made first is made, with those above it', async () => {
    const hosts = new Hosts();
    const lease = await hosts.host().lock({ dir: '/a/b/c' }).acquire();
    expect(lease.held).toBe(true);
    expect(await hosts.truth.ls('/a/b/c')).toHaveLength(1);
  });

  it('that is a file is told as what it is', async () => {
    const hosts = new Hosts();
    await hosts.truth.writeFile('/lockfile-deploy', 'mine');
    await expect(hosts.host().lock().acquire()).rejects.toMatchObject({ code: 'ENOTDIR' });
    expect(new TextDecoder().decode(await hosts.truth.readFile('/lockfile-deploy'))).toBe('mine');
  });
});

describe('a storage that keeps no promise', () => {
  it('and makes a directory that exists is refused before the first claim', async () => {
    const hosts = await Hosts.begun(STORAGES.network);
    const { vfs, clock } = hosts.host();
    const lax = intercept(vfs, (call, next) =>
      call.op === 'mkdir' ? next({ ...call, options: { ...call.options, recursive: true } }) : next(call),
    );
    await expect(new Lock(lax, { id: 'deploy', clock }).acquire()).rejects.toMatchObject({
      code: 'EUNSAFESTORAGE',
    });
    expect(await hosts.ledger()).toEqual(['1000.origin']);
  });

  it('proves nothing by a file that is in the way', async () => {
    const hosts = new Hosts(STORAGES.network);
    const host = hosts.host();
    const lax = intercept(host.vfs, async (call, next) => {
      if (call.op !== 'mkdir') return next(call);
      const there = await hosts.truth.stat(call.path).catch(() => undefined);
      return there?.type === 'directory' ? undefined : next(call);
    });
    await hosts.truth.writeFile('/lockfile-a', 'not a directory');
    const refused = new Lock(lax, { id: 'a', clock: host.clock }).tryAcquire();
    await expect(refused).rejects.toMatchObject({ code: 'ENOTDIR' });
    await hosts.truth.mkdir('/lockfile-b');
    await expect(new Lock(lax, { id: 'b', clock: host.clock }).tryAcquire()).rejects.toMatchObject({
      code: 'EUNSAFESTORAGE',
    });
  });

  it('and cannot make anything exclusively is refused with what it said', async () => {
    const hosts = new Hosts();
    const host = hosts.host();
    const detail = 'the server answers 501 to If-None-Match';
    host.fail('make lockfile-deploy', failure('ENOTSUP', { detail }));
    await expect(host.lock().tryAcquire()).rejects.toMatchObject({
      code: 'EUNSAFESTORAGE',
      evidence: detail,
    });
    const other = hosts.host();
    await hosts.begin();
    other.fail('make 1001', failure('ENOTSUP', { detail }));
    await expect(other.lock().tryAcquire()).rejects.toMatchObject({
      code: 'EUNSAFESTORAGE',
      evidence: detail,
    });
  });

  it('and does not list what was just made is refused the second time, not the first', async () => {
    for (const [times, outcome] of [
      [1, { token: 1002 }],
      [2, { code: 'EUNSAFESTORAGE' }],
    ] as const) {
      const hosts = await Hosts.begun();
      const host = hosts.host();
      let left: number = times;
      const blind = intercept(host.vfs, async (call, next) => {
        const result = await next(call);
        if (call.op !== 'ls' || !/^make \d+$/.test(host.calls.at(-2) ?? '') || left-- <= 0) return result;
        return (result as Entry[]).filter(({ name }) => name.endsWith('.origin') || name.includes('1002'));
      });
      if (times === 2) left = 99;
      const blinder =
        times === 1
          ? blind
          : intercept(host.vfs, async (call, next) => {
              const result = await next(call);
              return call.op === 'ls'
                ? (result as Entry[]).filter(({ name }) => name.endsWith('.origin'))
                : result;
            });
      const result = await new Lock(blinder, { id: 'deploy', clock: host.clock })
        .tryAcquire()
        .catch((error: unknown) => error);
      expect(result).toMatchObject(outcome);
    }
  });

  it('and shows an old listing from a cache is looked at anew after an own change', async () => {
    const hosts = await Hosts.begun(STORAGES.mount);
    const [holder, host] = [hosts.host(), hosts.host()];
    const old = await hosts.truth.ls('/lockfile-deploy');
    const lease = await holder.lock().acquire();
    const cached = intercept(host.vfs, (call, next) =>
      call.op === 'ls' && !host.calls.some((name) => name.startsWith('make look.'))
        ? Promise.resolve(old)
        : next(call),
    );
    const attempt = new Lock(cached, { id: 'deploy', clock: host.clock }).tryAcquire();
    await expect(attempt).rejects.toMatchObject({ code: 'ELOCKED', token: lease.token });
  });

  it('is proved once for each directory, whatever comes of it later', async () => {
    const hosts = new Hosts();
    const host = hosts.host();
    for (let round = 0; round < 3; round++) await host.lock().with(() => undefined);
    await host.lock({ id: 'other' }).with(() => undefined);
    // The first is made, and then refused; the second is made on a storage that is known.
    expect(host.calls.filter((call) => call === 'make lockfile-deploy')).toHaveLength(2);
    expect(host.calls.filter((call) => call === 'make lockfile-other')).toHaveLength(1);
  });
});

describe('a ledger that is not to be understood', () => {
  it.each([
    ['first', '000000000007'],
    ['first', '000000000007.free'],
    ['first', 'window.10000.k3x9'],
    ['later', 'edition.3'],
    ['semaphore', 'permits.4'],
  ])('of kind %s by %s is refused, and nothing in it is changed', async (fault, name) => {
    const hosts = await Hosts.begun();
    await hosts.truth.mkdir(`/lockfile-deploy/${name}`);
    const host = hosts.host();
    const before = await hosts.truth.ls('/lockfile-deploy');
    const lock = host.lock();
    const refusal = { code: 'ELEDGER', fault, path: '/lockfile-deploy' };
    await expect(lock.acquire()).rejects.toMatchObject(refusal);
    await expect(lock.tryAcquire()).rejects.toMatchObject(refusal);
    await expect(lock.inspect()).rejects.toMatchObject(refusal);
    await expect(lock.isStale()).rejects.toMatchObject(refusal);
    await expect(lock.releaseIfStale()).rejects.toMatchObject(refusal);
    await expect(lock.breakLock({ token: 7 })).rejects.toMatchObject(refusal);
    await hosts.time.advance(60_000);
    expect(await hosts.truth.ls('/lockfile-deploy')).toEqual(before);
  });
});
