import { describe, expect, it } from 'vitest';
import { crash, Hosts, STORAGES } from '../hosts.fixture.js';

describe('a beat on a mount', () => {
  it.each(['local', 'local names', 'network'] as const)(
    'is seen by who reaches the same directory as %s storage, and the other way round',
    async (kind) => {
      for (const [mine, theirs] of [
        [STORAGES.mount, STORAGES[kind]],
        [STORAGES[kind], STORAGES.mount],
      ]) {
        const hosts = await Hosts.begun();
        const holder = hosts.host({ ...(mine && { storage: mine }) });
        const lease = await holder.lock().acquire();
        const waiting = hosts
          .host({ ...(theirs && { storage: theirs }) })
          .lock()
          .acquire();
        await hosts.time.advance(60_000);
        expect(lease.held).toBe(true);
        crash(holder);
        const from = hosts.time.now;
        expect((await hosts.time.runUntil(waiting)).token).toBe(1002);
        expect(hosts.time.now - from).toBeLessThanOrEqual(12_000);
      }
    },
  );
});

describe('a lease that is handed on between a mount and the disk of its server', () => {
  it.each([
    ['mount', 'local'],
    ['mount', 'local names'],
    ['local', 'mount'],
    ['local names', 'mount'],
  ] as const)('from %s to %s is seen alive by both', async (from, to) => {
    const hosts = await Hosts.begun();
    const lease = await hosts.host({ storage: STORAGES[from] }).lock().acquire();
    const refusals = [from, to].map((kind) =>
      expect(
        hosts.host({ storage: STORAGES[kind] }).lock().acquire({ timeoutMs: 60_000 }),
      ).rejects.toMatchObject({ code: 'ELOCKTIMEOUT' }),
    );
    await hosts.time.advance(10_000);
    const handle = await lease.detach({ ttlMs: 5_000 });
    const next = await hosts.host({ storage: STORAGES[to] }).lock().attach(handle);
    await hosts.time.advance(60_000);
    await Promise.all(refusals);
    expect(next.held).toBe(true);
  });
});
