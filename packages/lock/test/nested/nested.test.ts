import { lockAll, Semaphore, type TryOptions } from '@holdfast/lock';
import { describe, expect, it } from 'vitest';
import { Hosts, type Host } from '../hosts.fixture.js';

const DEADLOCK = { code: 'EWOULDDEADLOCK', id: 'deploy', path: '/lockfile-deploy' };

function semaphore(host: Host, permits: number): Semaphore {
  return new Semaphore(host.vfs, { id: 'slots', permits, clock: host.clock });
}

describe('a lock that the running call chain holds', () => {
  it.each<[TryOptions['mode'], TryOptions['mode']]>([
    ['exclusive', 'exclusive'],
    ['exclusive', 'shared'],
    ['shared', 'exclusive'],
  ])('%s, is refused when it would wait for itself: %s', async (outer, mode) => {
    const host = new Hosts().host();
    await host.lock().with(
      async (lease) => {
        host.calls.length = 0;
        // By another object too, through any number of calls, with a timeout or not.
        const deeper = async (): Promise<unknown> =>
          Promise.resolve().then(() => host.lock().acquire({ mode }));
        for (const asked of [
          deeper(),
          host.lock().acquire({ mode, timeoutMs: 5 }),
          host.lock().with(() => 1, { mode }),
          lockAll([{ lock: host.lock(), mode }]),
        ])
          await expect(asked).rejects.toMatchObject({ ...DEADLOCK, token: lease.token });
        expect(host.calls).toEqual([]);
        await expect(host.lock().tryAcquire({ mode })).rejects.toMatchObject({ code: 'ELOCKED' });
        await expect(host.lock().acquire({ mode, timeoutMs: 0 })).rejects.toMatchObject({
          code: 'ELOCKTIMEOUT',
        });
      },
      { mode: outer },
    );
    await expect(host.lock().with(() => 'later')).resolves.toBe('later');
  });

  it('shared, can be had shared once more', async () => {
    const host = new Hosts().host();
    const nested = host.lock().with(
      () =>
        host
          .lock()
          .with(async (lease) => (await host.lock().acquire({ mode: 'shared' })).held && lease.held, {
            mode: 'shared',
          }),
      { mode: 'shared' },
    );
    expect(await nested).toBe(true);
  });

  it.each(['the same host', 'another one'])(
    'shared, is refused shared while one of %s waits in between for an exclusive lease',
    async (where) => {
      const hosts = new Hosts();
      const host = hosts.host();
      let writing: Promise<string> | undefined;
      const writer = (where === 'the same host' ? host : hosts.host()).lock();
      const work = host.lock().with(
        async (lease) => {
          writing = asNobody(() => writer.with(() => 'written'));
          await pause(hosts, 1_000);
          const nested = host.lock().acquire({ mode: 'shared' });
          await expect(nested).rejects.toMatchObject({ ...DEADLOCK, token: lease.token });
        },
        { mode: 'shared' },
      );
      await hosts.time.runUntil(work);
      expect(await hosts.time.runUntil(writing ?? Promise.reject(new Error('none')))).toBe('written');
      expect(await host.lock().inspect()).toMatchObject({ state: 'free', waiters: [] });
    },
  );

  it('can be had again once it was released, lost, or handed on within', async () => {
    const hosts = new Hosts();
    const host = hosts.host();
    await host.lock().with(async (lease) => {
      await lease.release();
      await expect(host.lock().with(() => 'again')).resolves.toBe('again');
    });
    const lost = host.lock().with(async (lease) => {
      await hosts.host().lock().breakLock({ token: lease.token });
      await pause(hosts, 5_000);
      return host.lock().with(() => 'again');
    });
    await expect(hosts.time.runUntil(lost)).rejects.toMatchObject({ code: 'ELOCKLOST' });
    const downgraded = host.lock().with(async (lease) => {
      await lease.downgrade();
      return host.lock().with(() => 'beside', { mode: 'shared' });
    });
    await expect(downgraded).resolves.toBe('beside');
  });

  it('is of no account to another lock, another host, or what began elsewhere', async () => {
    const hosts = new Hosts();
    const [host, other] = [hosts.host(), hosts.host()];
    let later: Promise<string> | undefined;
    const elsewhere = asNobody(async () => {
      await Promise.resolve();
      return host.lock().with(() => 'elsewhere');
    });
    await host.lock().with(async () => {
      await expect(host.lock({ id: 'other' }).with(() => 1)).resolves.toBe(1);
      await expect(host.lock({ dir: '/else' }).with(() => 2)).resolves.toBe(2);
      await expect(host.lock({ id: 'other' }).with(() => host.lock().acquire())).rejects.toMatchObject(
        DEADLOCK,
      );
      // Another view of the same storage, which may be another process for all that is known.
      later = other.lock().with(() => 'other');
    });
    expect(await hosts.time.runUntil(Promise.all([elsewhere, later]))).toEqual(['elsewhere', 'other']);
  });

  it('taken without `with` is nobody’s context: it may be released from anywhere', async () => {
    const hosts = new Hosts();
    const host = hosts.host();
    const lease = await host.lock().acquire();
    hosts.time.schedule(() => void lease.release(), 1_000);
    expect((await hosts.time.runUntil(host.lock().acquire())).held).toBe(true);
  });
});

describe('a semaphore that the running call chain holds', () => {
  it('can be had as far as there are permits beside its own', async () => {
    const host = new Hosts().host();
    await semaphore(host, 3).with(
      async (lease) => {
        const error = { code: 'EWOULDDEADLOCK', id: 'slots', token: lease.token };
        await expect(semaphore(host, 3).acquire({ count: 2 })).rejects.toMatchObject(error);
        await semaphore(host, 3).with(async () => {
          await expect(semaphore(host, 3).acquire()).rejects.toMatchObject({ code: 'EWOULDDEADLOCK' });
        });
      },
      { count: 2 },
    );
  });
});

/** Runs `work` as if it had been begun by somebody who holds nothing. */
const asNobody: <T>(work: () => Promise<T>) => Promise<T> = (() => {
  const queue: (() => void)[] = [];
  let wake: () => void = () => undefined;
  void (async () => {
    for (;;) {
      await new Promise<void>((resolve) => (wake = resolve));
      for (const next of queue.splice(0)) next();
    }
  })();
  return (work) =>
    new Promise((resolve, reject) => {
      queue.push(() => void work().then(resolve, reject));
      wake();
    });
})();

function pause(hosts: Hosts, ms: number): Promise<void> {
  return new Promise((resolve) => hosts.time.schedule(resolve, ms));
}
