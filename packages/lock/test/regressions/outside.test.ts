import { Lock } from '@holdfast/lock';
import { localVFS } from '@holdfast/local';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { crash, failure, Hosts, KINDS, ORIGIN, STORAGES } from '../hosts.fixture.js';
import { Outcome } from './hosts.fixture.js';

const WINDOW_MS = 10_000;
const TIMING = { staleAfterMs: WINDOW_MS } as const;
const HOUR_MS = 3_600_000;

describe('a wall clock that jumps there and back around a beat', () => {
  test('lets no lease outlive its window', async () => {
    const hosts = await Hosts.begun();
    const holder = hosts.host();
    const lease = await holder.lock(TIMING).acquire();
    await hosts.time.advance(1_900);
    const gate = holder.hold(/^write .*beat/);
    await hosts.time.advance(200);
    holder.clock.jumpWall(HOUR_MS);
    gate.go();
    await hosts.time.settle();
    holder.clock.jumpWall(-HOUR_MS);
    crash(holder);
    const heir = new Outcome(hosts.host().lock(TIMING).acquire());
    await hosts.time.advance(2 * WINDOW_MS);
    expect([heir.value?.held, lease.held]).toEqual([true, false]);
  });
});

describe.each(KINDS)('a directory that is removed, on %s storage,', (kind) => {
  test('while nobody holds: tokens go on above all before', async () => {
    const hosts = new Hosts(STORAGES[kind]);
    const host = hosts.host();
    const first = await host.lock(TIMING).acquire();
    await first.release();
    await hosts.removeLedger();
    await hosts.time.advance(1_000);
    const second = await hosts.time.runUntil(host.lock(TIMING).acquire());
    expect(second.token).toBeGreaterThan(first.token);
  });

  test('while it is held: the former holder learns it, and frees nothing of the next one', async () => {
    const hosts = new Hosts(STORAGES[kind]);
    const [former, next] = [hosts.host(), hosts.host()];
    const lease = await former.lock(TIMING).acquire();
    await hosts.time.advance(3_000);
    await hosts.removeLedger();
    const heir = await hosts.time.runUntil(next.lock(TIMING).acquire());
    await hosts.time.advance(5_000);
    expect(lease.signal.reason).toMatchObject({ code: 'ELOCKLOST', reason: 'removed' });
    await lease.release();
    await hosts.time.advance(5_000);
    expect([heir.held, lease.held]).toEqual([true, false]);
    await expect(heir.verify()).resolves.toBe(undefined);
    expect(await hosts.ledger()).not.toContain(`${lease.token}.free`);
  });

  test('while somebody waits: it queues again in the new one', async () => {
    const hosts = new Hosts(STORAGES[kind]);
    const [holder, waiter] = [hosts.host(), hosts.host()];
    await holder.lock(TIMING).acquire();
    const waiting = new Outcome(waiter.lock(TIMING).acquire());
    await hosts.time.advance(3_000);
    await hosts.removeLedger();
    crash(holder);
    await hosts.time.advance(2 * WINDOW_MS);
    expect(waiting.value?.held).toBe(true);
  });

  test('does not pass for the old one because of what a former holder writes into it', async () => {
    const hosts = new Hosts(STORAGES[kind]);
    const former = hosts.host();
    const lease = await former.lock(TIMING).acquire();
    await hosts.removeLedger();
    await hosts.begin(lease.token + 1_000);
    // What was on its way lands in the new one: its beat, its mark, even its claim.
    for (const name of [`${lease.token}`, `${lease.token}.beat.${WINDOW_MS}`]) await hosts.put(name);
    await hosts.time.advance(5_000);
    expect(lease.signal.reason).toMatchObject({ reason: 'removed' });
    // It is in the way of the new ones, as a claim without an owner is, for a window.
    const next = await hosts.time.runUntil(hosts.host().lock(TIMING).acquire(), { limitMs: 2 * WINDOW_MS });
    expect(next.token).toBeGreaterThan(lease.token + 1_000);
  });
});

test('what was passed in a ledger that is gone is not marked in the one after it', async () => {
  const hosts = await Hosts.begun(STORAGES.network);
  const dead = hosts.host();
  await dead.lock(TIMING).acquire();
  await hosts.time.advance(3_000);
  const between = hosts.host();
  void between.lock({ staleAfterMs: 600_000, heartbeatMs: 60_000 }).acquire();
  await hosts.time.advance(1_000);
  const host = hosts.host();
  const waiting = host.lock(TIMING).acquire();
  await hosts.time.advance(1_000);
  crash(dead);
  crash(between);
  // It passes the dead holder, and waits on behind the one between.
  await hosts.time.advance(2 * WINDOW_MS);
  expect(host.events.map(({ type }) => type)).toContain('takeover');
  host.clock.suspend('machine');
  await hosts.removeLedger();
  await hosts.begin(5_000);
  await hosts.time.advance(2 * WINDOW_MS);
  // So that it learns from its clocks that its claim is lost, and not from the ledger that it is gone.
  host.fail('ls', failure('ECONN', { op: 'ls' }), 3);
  host.clock.resume();
  const lease = await hosts.time.runUntil(waiting);
  await hosts.time.advance(WINDOW_MS);
  expect([lease.token, lease.held]).toEqual([5_001, true]);
  expect((await hosts.ledger()).filter((name) => name.startsWith('1001'))).toEqual([]);
});

describe('a storage whose root is gone', () => {
  test('is not made again: nobody holds a lock on the folder below', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-root-'));
    const root = join(folder, 'mounted');
    await expect(new Lock(localVFS(root), { id: 'deploy' }).tryAcquire()).rejects.toMatchObject({
      code: 'ENOENT',
    });
    expect(readdirSync(folder)).toEqual([]);
    rmSync(folder, { recursive: true });
  });
});

test('the ledgers of these tests begin where they say', async () => {
  expect((await (await Hosts.begun()).host().lock(TIMING).acquire()).token).toBe(ORIGIN + 1);
});
