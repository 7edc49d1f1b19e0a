import { Lock } from '@holdfast/lock';
import { intercept, type Entry } from '@holdfast/vfs';
import { describe, expect, it } from 'vitest';
import { crash, failure, Hosts, STORAGES } from '../hosts.fixture.js';

describe('a ledger that is removed while a claim is made', () => {
  it('is made anew by one that was about to say that its claim is shared', async () => {
    const hosts = await Hosts.begun();
    const host = hosts.host();
    const mark = host.hold('make 1001.shared');
    const acquiring = host.lock().acquire({ mode: 'shared' });
    await mark.arrived;
    await hosts.removeLedger();
    mark.go();
    expect((await hosts.time.runUntil(acquiring)).held).toBe(true);
  });

  it('is made anew by one that was about to close a gap below its claim', async () => {
    const hosts = await Hosts.begun();
    await hosts.put('1005');
    await hosts.put('1005.free');
    const host = hosts.host();
    const floor = host.hold('make 1004.floor');
    const acquiring = host.lock().acquire();
    await floor.arrived;
    await hosts.removeLedger();
    floor.go();
    expect((await hosts.time.runUntil(acquiring)).held).toBe(true);
  });
});

it('a listing that never shows a floor is found out, and not looked at for ever', async () => {
  const hosts = await Hosts.begun();
  await hosts.put('1005');
  await hosts.put('1005.free');
  const host = hosts.host({ callMs: 10 });
  const vfs = intercept(host.vfs, async (call, next) => {
    const result = await next(call);
    return call.op === 'ls' ? (result as Entry[]).filter(({ name }) => !name.endsWith('.floor')) : result;
  });
  const acquiring = expect(
    new Lock(vfs, { id: 'deploy', clock: host.clock }).acquire(),
  ).rejects.toMatchObject({
    code: 'EUNSAFESTORAGE',
  });
  await hosts.time.advance(60_000);
  await acquiring;
});

it('one call that fails on the way to a takeover is repeated by who waits', async () => {
  const hosts = await Hosts.begun(STORAGES.mount);
  const holder = hosts.host();
  await holder.lock().acquire();
  await hosts.time.advance(1_000);
  crash(holder);
  const host = hosts.host();
  const waiting = host.lock().acquire();
  await hosts.time.advance(1_000);
  host.fail(/^make look\./, failure('ECONN', { op: 'mkdir' }));
  expect((await hosts.time.runUntil(waiting)).token).toBe(1002);
});

it('a downgrade that the storage did not take can be repeated', async () => {
  const hosts = await Hosts.begun();
  const host = hosts.host({ storage: { ...STORAGES.network } });
  const lease = await host.lock().acquire();
  host.fail('make 1001.shared', failure('ECONN', { op: 'mkdir' }));
  await expect(lease.downgrade()).rejects.toMatchObject({ code: 'ECONN' });
  await lease.downgrade();
  expect(await hosts.ledger()).toContain('1001.shared');
});

it('who waits in the same process learns at once that a lease was detached', async () => {
  const hosts = await Hosts.begun();
  const host = hosts.host();
  const lease = await host.lock({ staleAfterMs: 60_000 }).acquire();
  const waiting = host.lock({ staleAfterMs: 60_000 }).acquire();
  await hosts.time.advance(10_000);
  const from = hosts.time.now;
  await lease.detach({ ttlMs: 500 });
  await hosts.time.runUntil(waiting);
  expect(hosts.time.now - from).toBeLessThan(1_500);
});

it('faults that lie far apart in one long wait are no proof against the storage', async () => {
  const hosts = await Hosts.begun();
  await hosts.host().lock().acquire();
  const host = hosts.host();
  let hide: string | undefined = '1002';
  const vfs = intercept(host.vfs, async (call, next) => {
    const result = await next(call);
    if (call.op !== 'ls' || hide === undefined) return result;
    const hidden = hide;
    const entries = result as Entry[];
    if (!entries.some(({ name }) => name.endsWith(hidden))) return result;
    hide = undefined;
    return entries.filter(({ name }) => !name.endsWith(hidden));
  });
  const waiting = new Lock(vfs, { id: 'deploy', clock: host.clock, pollMs: 2_000 }).acquire();
  waiting.catch(() => undefined);
  await hosts.time.advance(60_000);
  hide = '1004';
  await hosts.put('1003.free');
  await hosts.time.advance(20_000);
  await hosts.put('1001.free');
  expect((await hosts.time.runUntil(waiting)).held).toBe(true);
});

it('a handle that was made up takes nothing from who has the lock', async () => {
  const hosts = new Hosts();
  const holder = await hosts.host().lock().acquire();
  const handle = await (await hosts.host().lock({ id: 'other' }).acquire()).detach({ ttlMs: 60_000 });
  const forged = { ...handle, id: 'deploy', token: holder.token, origin: originOf(await hosts.ledger()) };
  await expect(hosts.host().lock().attach(forged)).rejects.toMatchObject({ code: 'ELOCKOPTION' });
  await hosts.time.advance(30_000);
  expect(holder.held).toBe(true);
  await holder.release();
});

function originOf(names: readonly string[]): number {
  return Number(names.find((name) => name.endsWith('.origin'))?.slice(0, 16));
}
