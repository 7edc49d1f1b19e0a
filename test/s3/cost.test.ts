import { Lock } from '@holdfast/lock';
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

type Counts = Partial<Record<FakeOp, number>>;

let fake: FakeS3;
let clock: VirtualClock;
beforeEach(async () => {
  clock = new VirtualClock();
  fake = await startFakeS3({ now: () => clock.wall() });
});
afterEach(() => fake.stop());

const open = (endpoint = fake.endpoint): VFS =>
  s3VFS({ bucket: 'bucket', endpoint, credentials: fake.credentials, clock });

/** Somebody else's: the address of the store is written otherwise, so that their proof is not ours. */
const openAsOthers = (): VFS => open(`${fake.endpoint}/`);

/** How many requests of each kind there were since it was last asked. */
function spent(): Counts {
  const counts: Counts = {};
  for (const { op } of fake.requests) counts[op] = (counts[op] ?? 0) + 1;
  fake.requests.length = 0;
  return counts;
}

function dollars(counts: Counts): number {
  return Object.entries(counts).reduce((sum, [op, count]) => sum + PRICES[op as FakeOp] * count, 0);
}

/** How often `promise` waits for answers before it is settled: requests side by side count once. */
async function roundTrips(promise: Promise<unknown>): Promise<number> {
  let settled = false;
  const mark = (): void => void (settled = true);
  promise.then(mark, mark);
  let trips = 0;
  fake.fault = () => 'hang';
  const each = (): void => {
    if (fake.hanging > 0) trips += 1;
    fake.release();
  };
  await drive(clock, fake, HOUR_MS, { stepMs: 0, until: () => settled, each });
  fake.fault = () => undefined;
  await promise;
  return trips;
}

async function settle<T>(promise: Promise<T>): Promise<T> {
  let settled = false;
  const mark = (): void => void (settled = true);
  promise.then(mark, mark);
  await drive(clock, fake, HOUR_MS, { until: () => settled });
  return promise;
}

const newLock = (vfs = open()): Lock => new Lock(vfs, { id: 'x', clock });

/** A ledger as others leave it. */
async function useBefore(times = 1): Promise<void> {
  const lock = newLock(openAsOthers());
  for (let nth = 0; nth < times; nth++) await settle((await settle(lock.acquire())).release());
  fake.requests.length = 0;
}

/** Gets the proof of the store out of the way, which is once for a process and bucket. */
async function prove(): Promise<void> {
  await settle(open().writeFile('/proof', '', { exclusive: true }));
  await settle(open().rm('/proof'));
  fake.requests.length = 0;
}

describe('a call, once the store is proven, is one request:', () => {
  test.each<[call: string, run: (vfs: VFS) => Promise<unknown>, op: FakeOp]>([
    ['mkdir', (vfs) => vfs.mkdir('/d'), 'create'],
    ['an exclusive writeFile', (vfs) => vfs.writeFile('/new', 'x', { exclusive: true }), 'create'],
    ['a writeFile of a new file', (vfs) => vfs.writeFile('/new', 'x'), 'put'],
    ['a writeFile of one that exists', (vfs) => vfs.writeFile('/there', 'x'), 'put'],
    ['readFile', (vfs) => vfs.readFile('/there'), 'get'],
    ['readFile of at most so many bytes', (vfs) => vfs.readFile('/there', { maxBytes: 9 }), 'get'],
    ['ls', (vfs) => vfs.ls('/'), 'list'],
    ['stat of a file', (vfs) => vfs.stat('/there'), 'head'],
  ])('%s', async (_, run, op) => {
    await prove();
    fake.objects('bucket').seed(['there']);
    await settle(run(open()));
    expect(spent()).toEqual({ [op]: 1 });
  });

  test.each<[call: string, run: (vfs: VFS) => Promise<unknown>]>([
    ['mkdir of what exists', (vfs) => vfs.mkdir('/d')],
    ['an exclusive writeFile of what exists', (vfs) => vfs.writeFile('/there', 'x', { exclusive: true })],
  ])('%s', async (_, run) => {
    await prove();
    fake.objects('bucket').seed(['there', 'd/']);
    await expect(settle(run(open()))).rejects.toMatchObject({ code: 'EEXIST' });
    expect(spent()).toEqual({ create: 1 });
  });
});

describe('a lock at its default timings', () => {
  test('is acquired with three round trips at first, and two later', async () => {
    await useBefore();
    await prove();
    const lock = newLock();
    const first = lock.acquire();
    expect(await roundTrips(first)).toBe(3);
    // The look beside the probe whether mkdir is refused, the claim, and the confirming look.
    expect(spent()).toEqual({ list: 2, create: 2 });
    await settle((await first).release());
    spent();
    const later = lock.acquire();
    expect(await roundTrips(later)).toBe(2);
    expect(spent()).toEqual({ list: 1, create: 1 });
    await settle((await later).release());
  });

  test('costs two requests more with the first acquire of a process, as a proof of the store', async () => {
    await useBefore();
    const acquired = newLock().acquire();
    expect(await roundTrips(acquired)).toBe(3);
    expect(spent()).toEqual({ list: 2, create: 4 });
  });

  test('costs five creates for the very first, which makes the ledger', async () => {
    await settle(newLock().acquire());
    // The directory, its probe, the origin and the claim; one of them was sent twice.
    expect(spent()).toEqual({ list: 3, create: 5, head: 1 });
  });

  test('is kept with a put and a listing side by side, and released with one request', async () => {
    await useBefore();
    const lease = await settle(newLock().acquire());
    await drive(clock, fake, 1_000);
    for (let beat = 0; beat < 3; beat++) {
      spent();
      await drive(clock, fake, 12_000);
      expect(spent()).toEqual({ put: 1, list: 1 });
    }
    const released = lease.release();
    expect(await roundTrips(released)).toBe(1);
    expect(spent()).toEqual({ create: 1 });
  });

  test('passes to one who waits with one listing', async () => {
    const holder = await settle(newLock().acquire());
    const waiting = newLock().acquire();
    await drive(clock, fake, 20_000);
    await settle(holder.release());
    spent();
    await settle(waiting);
    const { put: beats = 0, ...rest } = spent();
    // Beats go on, and each has a listing of its own.
    expect(beats).toBeLessThan(2);
    expect(rest).toEqual({ list: 1 + beats });
  });

  test('is refused with one listing while it is held', async () => {
    await settle(newLock().acquire());
    await drive(clock, fake, 14_000);
    const lock = newLock();
    for (const more of [{ create: 1 }, {}]) {
      spent();
      await expect(settle(lock.tryAcquire())).rejects.toMatchObject({ code: 'ELOCKED' });
      const { get: records = 0, ...rest } = spent();
      // Who holds it is read once, for the error.
      expect(records).toBeLessThan(2);
      expect(rest).toEqual({ list: 1, ...more });
    }
  });

  test('cleans up behind eight leases at a time', async () => {
    await useBefore();
    const lock = newLock();
    let cleaned: Counts | undefined;
    for (let nth = 0; cleaned === undefined; nth++) {
      expect(nth).toBeLessThan(20);
      const lease = await settle(lock.acquire());
      await drive(clock, fake, 0);
      const { head, delete: removed, create = 0 } = spent();
      if (removed !== undefined) cleaned = { head: head ?? 0, delete: removed, create: create - 1 };
      await settle(lease.release());
      spent();
    }
    // A floor, and each claim and its mark.
    expect(cleaned.create).toBe(1);
    expect(cleaned.head).toBe(cleaned.delete);
    expect(cleaned.delete).toBeLessThanOrEqual(20);
  });

  test('costs about $0.0030 to hold for an hour, and $0.0070 to wait for that long', async () => {
    await useBefore();
    const holder = await settle(newLock().acquire());
    spent();
    await drive(clock, fake, HOUR_MS, { stepMs: 6_000 });
    const held = spent();
    expect(holder.held).toBe(true);
    expect(held).toEqual({ put: 300, list: 300 });
    expect(dollars(held)).toBeCloseTo(0.003, 6);

    const waiter = newLock().acquire();
    await drive(clock, fake, HOUR_MS / 10);
    const waited = dollars(spent()) * 10 - dollars(held);
    expect(waited).toBeGreaterThan(0.006);
    expect(waited).toBeLessThan(0.008);
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
  const lock = newLock();
  for (let round = 0; round < 4; round++) {
    const lease = await settle(lock.acquire());
    await drive(clock, fake, 60_000);
    await settle(lease.release());
  }
  const listings = fake.requests.filter(({ op }) => op === 'list');
  expect(listings.length).toBeGreaterThan(20);
  // The directory, its origin, and of each of four leases the claim, its beat and its end.
  expect(Math.max(...listings.map(({ listed = 0 }) => listed))).toBeLessThanOrEqual(2 + 4 * 3);
  expect(listings.every(({ key }) => key === 'lockfile-x/')).toBe(true);
});
