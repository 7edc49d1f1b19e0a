import { VFSError } from '@holdfast/vfs';
import { describe, expect, it } from 'vitest';
import { Hosts, on } from './hosts.fixture.js';
import { Lock, LockedError } from './index.js';

describe('obtaining a lock', () => {
  it('grants tokens that grow by one with every lease', async () => {
    const hosts = new Hosts();
    const lock = hosts.host().lock();
    const tokens: number[] = [];
    for (let round = 0; round < 3; round++) {
      const lease = await lock.tryAcquire();
      tokens.push(lease.token);
      await lease.release();
    }
    expect(tokens).toEqual([1, 2, 3]);
  });

  it('refuses a second contender, and tells who holds it since when', async () => {
    const hosts = new Hosts();
    const [one, two] = [hosts.host(), hosts.host()];
    const lease = await one.lock({ label: 'nightly' }).tryAcquire();
    await hosts.time.advance(5);
    const refusal = await two
      .lock()
      .tryAcquire()
      .catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(LockedError);
    expect(refusal).toMatchObject({
      code: 'ELOCKED',
      token: lease.token,
      holder: { label: 'nightly' },
      since: new Date(hosts.time.wall() - 5),
    });
  });

  it('refuses a second contender of the same process without asking the storage', async () => {
    const hosts = new Hosts();
    const host = hosts.host();
    await host.lock().tryAcquire();
    await hosts.time.advance(5);
    host.calls.length = 0;
    await expect(host.lock().tryAcquire()).rejects.toMatchObject({ code: 'ELOCKED', token: 1 });
    expect(host.calls).toEqual([]);
  });

  it('costs two calls once the storage is known, and one to release', async () => {
    const hosts = new Hosts();
    const host = hosts.host();
    const lock = host.lock();
    await (await lock.tryAcquire()).release();
    host.calls.length = 0;
    const lease = await lock.tryAcquire();
    expect(host.calls).toEqual(['mkdir 000000000002', 'ls lockfile-deploy']);
    await lease.release();
    expect(host.calls.slice(2)).toEqual(['mkdir 000000000002.free']);
  });

  it('makes the directories that are missing', async () => {
    const hosts = new Hosts();
    const lease = await hosts.host().lock({ dir: '/a/b' }).tryAcquire();
    expect(lease.held).toBe(true);
    expect(await hosts.truth.ls('/a/b')).toMatchObject([{ name: 'lockfile-deploy' }]);
  });

  it('makes the directory again after somebody removed it', async () => {
    const hosts = new Hosts();
    const lock = hosts.host().lock();
    await (await lock.tryAcquire()).release();
    await hosts.truth.rm('/lockfile-deploy', { recursive: true });
    expect((await lock.tryAcquire()).held).toBe(true);
  });

  it('rejects options that are not valid, all faults at once', () => {
    const { vfs } = new Hosts().host();
    const options = { id: '', staleAfterMs: 1, onStale: 'steal', color: 'red' };
    // @ts-expect-error -- what a caller without types may pass
    expect(() => new Lock(vfs, options)).toThrow(
      expect.objectContaining({
        code: 'ELOCKOPTION',
        message: expect.stringMatching(/id.*staleAfterMs.*onStale.*color/),
      }),
    );
  });
});

describe('waiting', () => {
  it('ends as soon as a holder of the same process releases, in the order of the calls', async () => {
    const hosts = new Hosts();
    const host = hosts.host();
    const lease = await host.lock().tryAcquire();
    const order: number[] = [];
    const waiters = [1, 2, 3].map(async (n) => {
      const next = await host.lock().acquire();
      order.push(n);
      await next.release();
    });
    await hosts.time.advance(3_000);
    expect(order).toEqual([]);
    const before = hosts.time.now;
    await lease.release();
    await Promise.all(waiters);
    expect(order).toEqual([1, 2, 3]);
    expect(hosts.time.now).toBe(before);
  });

  it('asks the storage nothing while a lease of this process holds the lock', async () => {
    const hosts = new Hosts();
    const host = hosts.host();
    const lease = await host.lock().tryAcquire();
    const waiter = host.lock().acquire();
    await hosts.time.advance(1_000);
    host.calls.length = 0;
    await hosts.time.advance(900);
    expect(host.calls).toEqual([]);
    await lease.release();
    await (await waiter).release();
  });

  it('ends within a poll after a holder elsewhere releases', async () => {
    const hosts = new Hosts();
    const lease = await hosts.host().lock().tryAcquire();
    const waiter = hosts.host().lock({ pollMs: 100 }).acquire();
    await hosts.time.advance(5_000);
    await lease.release();
    const from = hosts.time.now;
    const next = await hosts.time.runUntil(waiter);
    expect(next.token).toBe(2);
    expect(hosts.time.now - from).toBeLessThanOrEqual(130);
  });

  it('ends at once where the storage can be watched', async () => {
    const hosts = new Hosts();
    const lease = await hosts.host().lock().tryAcquire();
    const waiter = hosts.host({}, { watch: true }).lock({ pollMs: 5_000 }).acquire();
    await hosts.time.advance(1_500);
    const from = hosts.time.now;
    await lease.release();
    await hosts.time.runUntil(waiter);
    expect(hosts.time.now - from).toBeLessThanOrEqual(5);
  });

  it('ends with a timeout that names the holder, and leaves no claim behind', async () => {
    const hosts = new Hosts();
    const lease = await hosts.host().lock({ label: 'slow' }).tryAcquire();
    const waiter = hosts.host().lock().acquire({ timeoutMs: 1_000 });
    const refusal = expect(waiter).rejects.toMatchObject({
      code: 'ELOCKTIMEOUT',
      timeoutMs: 1_000,
      token: 1,
      holder: { label: 'slow' },
    });
    await hosts.time.advance(1_000);
    await refusal;
    expect((await hosts.ledger()).filter((name) => name.startsWith('000000000002'))).toEqual([]);
    await lease.release();
  });

  it('names the holder even to one that never came to the front of the queue', async () => {
    const hosts = new Hosts();
    const host = hosts.host();
    await host.lock({ label: 'first' }).tryAcquire();
    const waiters = [1, 2].map(() => host.lock().acquire({ timeoutMs: 1_000 }));
    const refusals = Promise.allSettled(waiters);
    await hosts.time.advance(1_000);
    const refusal = { reason: { code: 'ELOCKTIMEOUT', token: 1, holder: { label: 'first' } } };
    expect(await refusals).toMatchObject([refusal, refusal]);
  });

  it('with a timeout of 0 tries once', async () => {
    const hosts = new Hosts();
    const free = await hosts.host().lock().acquire({ timeoutMs: 0 });
    expect(free.held).toBe(true);
    await expect(hosts.host().lock().acquire({ timeoutMs: 0 })).rejects.toMatchObject({
      code: 'ELOCKTIMEOUT',
    });
  });

  it('ends with the reason of an abort, in the queue of the process as well as at the storage', async () => {
    const hosts = new Hosts();
    await hosts.host().lock().tryAcquire();
    const host = hosts.host();
    const [front, back] = [new AbortController(), new AbortController()];
    const waiters = [front, back].map(({ signal }) => host.lock().acquire({ signal }));
    await hosts.time.advance(500);
    const reasons = Promise.allSettled(waiters);
    back.abort('back');
    front.abort('front');
    expect(await reasons).toMatchObject([{ reason: 'front' }, { reason: 'back' }]);
    await expect(host.lock().acquire({ signal: front.signal })).rejects.toBe('front');
  });

  it('lets the next one in the queue go on when the one in front gives up', async () => {
    const hosts = new Hosts();
    const lease = await hosts.host().lock().tryAcquire();
    const host = hosts.host();
    const first = host.lock().acquire({ timeoutMs: 1_000 });
    const second = host.lock().acquire();
    const timeout = expect(first).rejects.toMatchObject({ code: 'ELOCKTIMEOUT' });
    await hosts.time.advance(2_000);
    await timeout;
    await lease.release();
    expect((await hosts.time.runUntil(second)).held).toBe(true);
  });

  it('gives back what it obtains after its caller has left', async () => {
    const hosts = new Hosts();
    const host = hosts.host();
    const claim = host.hold(on('mkdir', '000000000001'));
    const waiter = host.lock().acquire({ timeoutMs: 100 });
    const timeout = expect(waiter).rejects.toMatchObject({ code: 'ELOCKTIMEOUT' });
    await claim.arrived;
    await hosts.time.advance(100);
    await timeout;
    claim.go();
    await hosts.time.settle();
    expect(await hosts.ledger()).toContain('000000000001.free');
    expect(await hosts.ledger()).not.toContain('000000000001.beat');
    expect((await hosts.host().lock().tryAcquire()).token).toBe(2);
  });

  it('outlasts a storage that fails for a while, but reports one that never answered', async () => {
    const hosts = new Hosts();
    const host = hosts.host();
    const lease = await hosts.host().lock().tryAcquire();
    const waiter = host.lock().acquire();
    await hosts.time.advance(50);
    const broken = new VFSError({ code: 'ECONN', op: 'ls', path: '/', adapter: 'memory' });
    for (let times = 0; times < 3; times++) host.hold(on('ls', 'lockfile-deploy')).fail(broken);
    await hosts.time.advance(3_000);
    expect(host.events.filter(({ type }) => type === 'storage-error')).toHaveLength(3);
    await lease.release();
    expect((await hosts.time.runUntil(waiter)).held).toBe(true);

    const cut = hosts.host();
    cut.hold(on('mkdir', 'lockfile-deploy')).fail(broken);
    cut.hold(on('ls', 'lockfile-deploy')).fail(broken);
    await expect(cut.lock().acquire()).rejects.toBe(broken);
  });
});

describe('with', () => {
  it('releases afterwards, and passes on what the work returns or throws', async () => {
    const hosts = new Hosts();
    const lock = hosts.host().lock();
    expect(await lock.with(({ token }) => token)).toBe(1);
    const fault = new Error('no');
    await expect(lock.with(() => Promise.reject(fault))).rejects.toBe(fault);
    expect(await lock.with(({ token }) => token)).toBe(3);
  });

  it('rejects with the loss, even if the work succeeded', async () => {
    const hosts = new Hosts();
    const host = hosts.host();
    const outcome = host.lock().with(async ({ signal }) => {
      await hosts.truth.rm('/lockfile-deploy', { recursive: true });
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
    });
    await expect(hosts.time.runUntil(outcome)).rejects.toMatchObject({
      code: 'ELOCKLOST',
      reason: 'removed',
    });
  });
});
