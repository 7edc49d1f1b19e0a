import { Lock, type Lease } from '@holdfast/lock';
import { s3VFS } from '@holdfast/s3';
import { VirtualClock } from '@holdfast/testkit';
import type { VFS } from '@holdfast/vfs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startFakeS3, type FakeOp, type FakeS3 } from '../servers/fake-s3.js';
import { drive } from './drive.js';

const HOUR_MS = 3_600_000;
/** US dollars for one request: AWS's list price for S3 Standard in us-east-1. */
const PRICES: Record<FakeOp, number> = {
  create: 0.005 / 1000,
  put: 0.005 / 1000,
  list: 0.005 / 1000,
  get: 0.0004 / 1000,
  head: 0.0004 / 1000,
  delete: 0,
  deleteMany: 0,
  makeBucket: 0,
};

let fake: FakeS3;
let clock: VirtualClock;
beforeEach(async () => {
  fake = await startFakeS3();
  clock = new VirtualClock();
});
afterEach(() => fake.stop());

const open = (endpoint = fake.endpoint): VFS =>
  s3VFS({ bucket: 'bucket', endpoint, credentials: fake.credentials, clock });

/** How many requests of each kind there were since it was last asked. */
function spent(): Partial<Record<FakeOp, number>> {
  const counts: Partial<Record<FakeOp, number>> = {};
  for (const { op } of fake.requests) counts[op] = (counts[op] ?? 0) + 1;
  fake.requests.length = 0;
  return counts;
}

function dollars(counts: Partial<Record<FakeOp, number>>): number {
  return Object.entries(counts).reduce((sum, [op, count]) => sum + PRICES[op as FakeOp] * count, 0);
}

async function settle<T>(promise: Promise<T>): Promise<T> {
  let settled = false;
  const mark = (): void => void (settled = true);
  promise.then(mark, mark);
  await drive(clock, fake, HOUR_MS, { until: () => settled });
  return promise;
}

describe('what a lock at its default timings costs', () => {
  test('to acquire, beat, release and clean up, as the README says', async () => {
    // A ledger as others leave it. They write the address of the store otherwise, so that their proof is not ours.
    const before = new Lock(open(`${fake.endpoint}/`), { id: 'x', clock });
    const founder = await settle(before.acquire());
    const { head = 0, ...rest } = spent();
    expect(rest).toEqual({ list: 2, create: 5 });
    // The first look goes beside the making of the directory, and may find none yet.
    expect([0, 1]).toContain(head);
    await settle(founder.release());
    spent();
    const lock = new Lock(open(), { id: 'x', clock });

    const first = await settle(lock.acquire());
    // The lock's directory and the claim, each sent twice as a proof.
    expect(spent()).toEqual({ list: 2, create: 4 });
    await clock.advance(1);
    await drive(clock, fake, 1_000);
    expect(spent()).toEqual({ put: 1 });
    await drive(clock, fake, 12_000);
    expect(spent()).toEqual({ put: 1, list: 1 });
    await settle(first.release());
    expect(spent()).toEqual({ create: 1 });

    const again = await settle(lock.acquire());
    expect(spent()).toEqual({ create: 1, list: 1 });
    await settle(again.release());
    spent();

    const other = await settle(new Lock(open(), { id: 'x', clock }).acquire());
    expect(spent()).toEqual({ create: 2, list: 2 });
    await drive(clock, fake, 14_000);
    // Two beats, and what is left of the first number: its claim and its beat go, its mark is made sure of and stays.
    expect(spent()).toEqual({ create: 1, head: 4, put: 2, list: 1 + 3, delete: 4 });
    await settle(other.release());
  });

  test('to hold it for an hour is less than one cent, and to wait for it that long too', async () => {
    const holder: Lease = await settle(new Lock(open(), { id: 'x', clock }).acquire());
    await drive(clock, fake, HOUR_MS, { stepMs: 6_000 });
    const held = spent();
    expect(holder.held).toBe(true);
    expect(held.put).toBeGreaterThanOrEqual(299);
    expect(held.put).toBeLessThanOrEqual(302);
    expect(dollars(held)).toBeLessThan(0.004);

    const waiter = new Lock(open(), { id: 'x', clock }).acquire();
    await drive(clock, fake, HOUR_MS / 10);
    const waited = dollars(spent()) * 10 - dollars(held);
    expect(waited).toBeGreaterThan(0);
    expect(waited).toBeLessThan(0.01);
    await settle(holder.release());
    await settle((await settle(waiter)).release());
  });
});

test('a lock is not slowed by 100,000 objects beside its ledger: no listing shows them', async () => {
  const beside = ['a', 'lockfile-w/', 'lockfile-x-', 'lockfile-y/', 'z/'];
  fake
    .objects('bucket')
    .seed(
      Array.from({ length: 100_000 }, (_, n) => `${beside[n % beside.length]}${String(n).padStart(6, '0')}`),
    );
  expect(fake.objects('bucket').size).toBe(100_000);
  const lock = new Lock(open(), { id: 'x', clock });
  for (let round = 0; round < 4; round++) {
    const lease = await settle(lock.acquire());
    await drive(clock, fake, 60_000);
    await settle(lease.release());
  }
  const listings = fake.requests.filter(({ op }) => op === 'list');
  expect(listings.length).toBeGreaterThan(20);
  // A claim, its beat, its end, its predecessor's, and what tells the window.
  expect(Math.max(...listings.map(({ listed = 0 }) => listed))).toBeLessThanOrEqual(12);
  expect(listings.every(({ key }) => key.startsWith('lockfile-x/'))).toBe(true);
});
