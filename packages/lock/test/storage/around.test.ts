import { Lock } from '@holdfast/lock';
import { intercept } from '@holdfast/vfs';
import { describe, expect, it } from 'vitest';
import { crash, failure, Hosts, KINDS, STORAGES, told } from '../hosts.fixture.js';

describe.each(KINDS)('on %s storage', (kind) => {
  it('who waits, or would, on a VFS that was closed is told so, and does not try again', async () => {
    const hosts = await Hosts.begun(STORAGES[kind]);
    await hosts.host().lock().acquire();
    const host = hosts.host();
    const waiting = host.lock().acquire();
    await hosts.time.advance(1_000);
    await host.vfs.close();
    const refused = { code: 'ECONN', closed: true, message: /the VFS was closed.*Open a new one/ };
    const waited = expect(waiting).rejects.toMatchObject({
      ...refused,
      message: expect.stringMatching(refused.message),
    });
    await hosts.time.advance(7_000);
    await waited;
    for (const acquire of ['acquire', 'tryAcquire'] as const)
      await expect(hosts.time.runUntil(host.lock()[acquire]())).rejects.toMatchObject({
        code: 'ECONN',
        closed: true,
      });
  });

  it('nothing is written or told of a heartbeat once the lock was released', async () => {
    const hosts = await Hosts.begun(STORAGES[kind]);
    const host = hosts.host();
    const lease = await host.lock().acquire();
    const beat = host.hold(/^(write|make) 1001\.beat/);
    await hosts.time.advance(1_000);
    await beat.arrived;
    const released = lease.release();
    await hosts.time.advance(10_000);
    await released;
    const [calls, events] = [host.calls.length, told(host).length];
    beat.fail(failure('ECONN'));
    await hosts.time.advance(10_000);
    expect([host.calls.slice(calls), told(host).slice(events)]).toEqual([[], []]);
  });
});

it('a clean-up that never ends keeps later ones from beginning for a minute, and not for ever', async () => {
  const hosts = await Hosts.begun();
  const host = hosts.host();
  const lock = host.lock();
  const rounds = async (count: number): Promise<void> => {
    for (let round = 0; round < count; round++) await hosts.time.runUntil(lock.with(() => undefined));
  };
  host.hold(/^rm /);
  await rounds(30);
  expect((await hosts.ledger()).length).toBeGreaterThan(40);
  await hosts.time.advance(60_000);
  await rounds(3);
  await hosts.time.advance(1_000);
  expect((await hosts.ledger()).length).toBeLessThan(20);
});

it('a dead claim that was passed is marked as over, also by a waiter that then gives up', async () => {
  const hosts = await Hosts.begun({ ...STORAGES.local, claimAs: 'directory', link: false, cost: 'network' });
  const dead = hosts.host();
  await dead.lock().acquire();
  await hosts.time.advance(3_000);
  const live = await (async () => {
    const host = hosts.host();
    const waiting = host.lock({ staleAfterMs: 60_000, heartbeatMs: 5_000 }).acquire();
    await hosts.time.advance(1_000);
    return { host, waiting };
  })();
  const third = hosts.host();
  const leaving = new AbortController();
  const gone = third.lock().acquire({ signal: leaving.signal });
  const left = expect(gone).rejects.toBeDefined();
  await hosts.time.advance(1_000);
  crash(dead);
  // The second one looks no more: so it is the third that passes the dead one, behind whom it stays.
  crash(live.host);
  await hosts.time.advance(15_000);
  expect(told(third)).toContain('takeover');
  expect(await hosts.ledger()).not.toContain('1001.free');
  leaving.abort(new Error('no more'));
  await hosts.time.advance(1_000);
  await left;
  expect(await hosts.ledger()).toContain('1001.free');
});

it('on a mount a beat that may not be read does not bar the lock: its attributes tell, two minutes late', async () => {
  const hosts = await Hosts.begun(STORAGES.mount);
  // The owner is the server itself: it rewrites one file, and another user may not read that.
  const owner = hosts.host({ storage: STORAGES.local });
  const lease = await owner.lock().acquire();
  await hosts.time.advance(5_000);
  const host = hosts.host();
  const vfs = intercept(host.vfs, (call, next) => {
    if (call.op === 'readFile' && call.path.includes('.beat.')) throw failure('EACCES', { op: 'readFile' });
    return next(call);
  });
  const waiting = new Lock(vfs, { id: 'deploy', clock: host.clock }).acquire();
  await hosts.time.advance(200_000);
  expect(lease.held).toBe(true);
  crash(owner);
  await hosts.time.advance(100_000);
  expect(await hosts.ledger()).not.toContain('1001.free');
  await hosts.time.advance(40_000);
  expect((await waiting).token).toBe(1002);
});
