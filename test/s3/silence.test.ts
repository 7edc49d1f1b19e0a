import { Lock, type Lease } from '@holdfast/lock';
import { s3VFS } from '@holdfast/s3';
import { VirtualClock } from '@holdfast/testkit';
import type { VFS } from '@holdfast/vfs';
import { channel } from 'node:diagnostics_channel';
import { setMaxListeners } from 'node:events';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { striking } from '../servers/fake-s3-faults.js';
import { startFakeS3, type FakeOp, type FakeS3 } from '../servers/fake-s3.js';
import { drive, settled } from './drive.js';

let fake: FakeS3;
let clock: VirtualClock;
let vfs: VFS;
beforeEach(async () => {
  clock = new VirtualClock();
  fake = await startFakeS3({ now: () => clock.wall() });
  vfs = s3VFS({ bucket: 'bucket', endpoint: fake.endpoint, credentials: fake.credentials, clock });
});
afterEach(async () => {
  await vfs.close();
  await fake.stop();
});

const settle = <T>(promise: Promise<T>): Promise<T> => settled(clock, fake, promise);
const acquire = (id: string): Promise<Lease> => new Lock(vfs, { id, clock }).acquire();

describe('a healthy lease at the default timings', () => {
  test.each<[FakeOp, number]>([
    ['list', 1],
    ['put', 1],
    ['list', 2],
    ['put', 2],
  ])('outlives a %s that is never answered, %i times in a row', async (op, times) => {
    const lease = await settle(acquire('x'));
    await drive(clock, fake, 20_000);
    fake.fault = striking({ op, fault: 'hang', times });
    await drive(clock, fake, 180_000);
    expect(fake.hanging).toBe(times);
    expect(lease.held).toBe(true);
  });

  test('outlives that all connections fall silent at once', async () => {
    const lease = await settle(acquire('x'));
    await drive(clock, fake, 20_000);
    await settle(Promise.all(Array.from({ length: 6 }, () => vfs.ls('/'))));
    expect(fake.connections).toBeGreaterThan(5);
    fake.deafen();
    await drive(clock, fake, 180_000);
    expect(lease.held).toBe(true);
  });

  test.each<[string, RegExp]>([
    ['eight other locks', /^lockfile-other-\d\//],
    ['seventy other locks', /^lockfile-other-\d+\//],
  ])('is not touched by %s of the same VFS that are never answered', async (name, key) => {
    const others = name.startsWith('eight') ? 8 : 70;
    const leases = await settle(Promise.all(Array.from({ length: others }, (_, n) => acquire(`other-${n}`))));
    const lease = await settle(acquire('x'));
    await drive(clock, fake, 20_000);
    fake.fault = (request) => (key.test(request.key) ? 'hang' : undefined);
    let failed = 0;
    const lock = new Lock(vfs, {
      id: 'y',
      clock,
      onEvent: ({ type }) => (failed += type === 'beat-failed' ? 1 : 0),
    });
    const other = await settle(lock.acquire());
    await drive(clock, fake, 90_000);
    expect(leases.some(({ held }) => held)).toBe(false);
    expect([lease.held, other.held, failed]).toEqual([true, true, 0]);
  });

  test('is not touched by acquires of others that are never answered, and whose callers have gone', async () => {
    const lease = await settle(acquire('x'));
    await drive(clock, fake, 20_000);
    fake.fault = ({ op, key }) => (op === 'create' && key.startsWith('stuck') ? 'hang' : undefined);
    const controller = new AbortController();
    setMaxListeners(0, controller.signal);
    const stuck = Array.from({ length: 200 }, (_, n) =>
      vfs.mkdir(`/stuck-${n}`, { signal: controller.signal }).catch(() => undefined),
    );
    await drive(clock, fake, 2_000);
    controller.abort();
    await Promise.all(stuck);
    await drive(clock, fake, 180_000);
    expect(lease.held).toBe(true);
  });
});

test('a call is repeated over another connection, after a third of its deadline', async () => {
  await settle(vfs.ls('/'));
  fake.deafen();
  const before = clock.now;
  await settle(vfs.ls('/'));
  await settle(vfs.writeFile('/f', 'x'));
  expect(clock.now - before).toBeLessThan(7_000);
});

describe('a server that is away for two seconds', () => {
  let dials = 0;
  const count = (): void => void (dials += 1);
  const warnings: Error[] = [];
  const hear = (warning: Error): unknown => warnings.push(warning);
  beforeEach(() => {
    dials = 0;
    warnings.length = 0;
    channel('net.client.socket').subscribe(count);
    process.on('warning', hear);
  });
  afterEach(() => {
    channel('net.client.socket').unsubscribe(count);
    process.off('warning', hear);
  });

  test('is not stormed by 200 locks when it comes back, and none of them is lost', async () => {
    const leases = await settle(Promise.all(Array.from({ length: 200 }, (_, n) => acquire(`lock-${n}`))));
    await drive(clock, fake, 23_000);
    // Two beats were made, and the third falls due while it is away.
    const comeBack = await fake.goAway();
    dials = 0;
    await drive(clock, fake, 2_000, { stepMs: 100 });
    const knocks = dials;
    await comeBack();
    await drive(clock, fake, 40_000);
    expect(leases.every(({ held }) => held)).toBe(true);
    const { length: beats } = fake.requests;
    expect(beats).toBeGreaterThan(200);
    expect(knocks).toBeLessThan(20);
    // And then as many as are used side by side.
    expect(dials).toBeLessThan(knocks + 80);
    expect(warnings.filter(({ name }) => name === 'MaxListenersExceededWarning')).toEqual([]);
  });

  test('is knocked at a few times only, however many calls there are', async () => {
    await settle(vfs.ls('/'));
    const comeBack = await fake.goAway();
    dials = 0;
    const calls = Array.from({ length: 200 }, (_, n) => vfs.writeFile(`/f-${n}`, 'x'));
    const outcomes = Promise.allSettled(calls);
    await drive(clock, fake, 2_000, { stepMs: 100 });
    expect(dials).toBeLessThan(20);
    await comeBack();
    const results = await settle(outcomes);
    expect(results.filter(({ status }) => status === 'rejected')).toEqual([]);
  });
});
