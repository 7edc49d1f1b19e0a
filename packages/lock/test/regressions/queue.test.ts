import { describe, expect, test } from 'vitest';
import { crash, Hosts, KINDS, STORAGES } from '../hosts.fixture.js';
import { Outcome } from './hosts.fixture.js';

const WINDOW_MS = 10_000;
const TIMING = { staleAfterMs: WINDOW_MS } as const;

describe.each(KINDS)('on %s storage', (kind) => {
  test('a busy process does not keep the lock among its own', async () => {
    const hosts = await Hosts.begun(STORAGES[kind]);
    const [busy, other] = [hosts.host(), hosts.host()];
    const grants: string[] = [];
    const hold = async (who: string, lock = (who === 'busy' ? busy : other).lock(TIMING)): Promise<void> => {
      const lease = await lock.acquire();
      grants.push(who);
      await new Promise<void>((resolve) => hosts.time.schedule(resolve, 100));
      await lease.release();
    };
    const first = hold('busy');
    await hosts.time.advance(50);
    const rest = [1, 2, 3, 4].map(() => hold('busy'));
    await hosts.time.advance(10);
    const waiting = hold('other');
    await hosts.time.runUntil(Promise.all([first, ...rest, waiting]));
    // One of its own stood in the queue already, and no more.
    expect(grants.indexOf('other')).toBeLessThanOrEqual(2);
  });

  test('dead waiters hold the queue up for one window, all of them together', async () => {
    const hosts = await Hosts.begun(STORAGES[kind]);
    const holder = hosts.host();
    const lease = await holder.lock(TIMING).acquire();
    const doomed = [hosts.host(), hosts.host(), hosts.host()];
    for (const host of doomed) {
      host
        .lock(TIMING)
        .acquire()
        .catch(() => undefined);
      await hosts.time.advance(500);
    }
    const last = new Outcome(hosts.host().lock(TIMING).acquire());
    await hosts.time.advance(4_000);
    for (const host of doomed) crash(host);
    await lease.release();
    await hosts.time.advance(WINDOW_MS + 3_000);
    expect(last.value?.held).toBe(true);
  });
});
