import { Lock } from '@holdfast/lock';
import { intercept, type Entry } from '@holdfast/vfs';
import { expect, it } from 'vitest';
import { crash, failure, Hosts, STORAGES } from '../hosts.fixture.js';

it.each(['tryAcquire', 'isStale'] as const)(
  '%s answers within a window or two, also of a beat of which the storage tells nothing',
  async (method) => {
    const hosts = await Hosts.begun(STORAGES['local names']);
    const holder = hosts.host();
    await holder.lock().acquire();
    await hosts.time.advance(5_000);
    crash(holder);
    const host = hosts.host();
    host.fail(/^stat .*beat/, failure('EACCES', { op: 'stat' }), 100_000);
    let settled = false;
    const end = (): void => void (settled = true);
    void host.lock()[method]().then(end, end);
    await hosts.time.advance(60_000);
    expect(settled).toBe(true);
  },
);

it.each(['isStale', 'releaseIfStale'] as const)(
  '%s does not judge a live holder by a listing from a cache',
  async (method) => {
    const hosts = await Hosts.begun(STORAGES.mount);
    const lease = await hosts.host().lock().acquire();
    await hosts.time.advance(5_000);
    const host = hosts.host();
    let cached: Entry[] | undefined;
    const vfs = intercept(host.vfs, async (call, next) => {
      if (call.op === 'ls') return (cached ??= (await next(call)) as Entry[]);
      const result = await next(call);
      if (call.op === 'mkdir' || call.op === 'rm') cached = undefined;
      return result;
    });
    const lock = new Lock(vfs, { id: 'deploy', clock: host.clock });
    expect(await hosts.time.runUntil(lock[method]())).toBe(false);
    await hosts.time.advance(5_000);
    expect(lease.held).toBe(true);
  },
);
