import { Lock } from '@holdfast/lock';
import { intercept, type Entry } from '@holdfast/vfs';
import { expect, it } from 'vitest';
import { Hosts, STORAGES } from './hosts.fixture.js';

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
