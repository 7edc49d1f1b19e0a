import { Lock } from '@holdfast/lock';
import { s3VFS, type S3Credentials, type S3VFSOptions } from '@holdfast/s3';
import { VirtualClock } from '@holdfast/testkit';
import { systemClock, type VFS } from '@holdfast/vfs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { striking } from '../servers/fake-s3-faults.js';
import { startFakeS3, type FakeRequest, type FakeS3 } from '../servers/fake-s3.js';
import { drive, settled } from './drive.js';

let fake: FakeS3;
let clock: VirtualClock;
beforeEach(async () => {
  clock = new VirtualClock();
  fake = await startFakeS3({ now: () => clock.wall() });
});
afterEach(() => fake.stop());

const open = (more: Partial<S3VFSOptions> = {}): VFS =>
  s3VFS({ bucket: 'bucket', endpoint: fake.endpoint, credentials: fake.credentials, clock, ...more });
const settle = <T>(promise: Promise<T>): Promise<T> => settled(clock, fake, promise);

/** Every kind of request that there is. */
async function everything(vfs: VFS): Promise<FakeRequest[]> {
  await settle(vfs.mkdir('/d'));
  await settle(vfs.writeFile('/d/f', 'x', { exclusive: true }));
  await settle(vfs.writeFile('/d/f', 'y'));
  await settle(vfs.writeFile('/d/g', new Uint8Array(300_000)));
  await settle(vfs.readFile('/d/f'));
  await settle(vfs.ls('/d'));
  await settle(vfs.stat('/d/f'));
  await settle(vfs.rm('/d/f'));
  await settle(vfs.writeFile('/d/h', 'z'));
  await settle(vfs.rm('/d', { recursive: true }));
  const seen = new Set(fake.requests.map(({ op }) => op));
  expect(seen).toEqual(new Set(['create', 'put', 'get', 'list', 'head', 'delete', 'deleteMany']));
  return fake.requests;
}

test('a bucket with a default retention gets the digest that it demands', async () => {
  fake.demandsDigest = true;
  await expect(everything(open())).resolves.not.toHaveLength(0);
});

describe('a bucket that demands headers', () => {
  const isWrite = ({ op }: FakeRequest): boolean => op === 'create' || op === 'put';

  test('gets those of encryption, ACL and storage class with every write, and with nothing else', async () => {
    const vfs = open({
      encryption: 'aws:kms',
      kmsKeyId: 'alias/locks',
      acl: 'bucket-owner-full-control',
      storageClass: 'STANDARD',
      headers: { 'x-amz-tagging': 'team=ops' },
    });
    const demanded = {
      'x-amz-server-side-encryption': 'aws:kms',
      'x-amz-server-side-encryption-aws-kms-key-id': 'alias/locks',
      'x-amz-acl': 'bucket-owner-full-control',
      'x-amz-storage-class': 'STANDARD',
      'x-amz-tagging': 'team=ops',
    };
    const requests = await everything(vfs);
    for (const { headers } of requests.filter(isWrite)) expect(headers).toMatchObject(demanded);
    for (const { headers } of requests.filter((request) => !isWrite(request))) {
      expect(Object.keys(headers).filter((name) => name in demanded)).toEqual([]);
    }
  });

  test("gets the payer's and the owner's with every request", async () => {
    const headers = { 'x-amz-request-payer': 'requester', 'x-amz-expected-bucket-owner': '111122223333' };
    for (const request of await everything(open({ headers }))) {
      expect(request.headers).toMatchObject(headers);
    }
  });

  test("gets Google's in Google's own spelling", async () => {
    await fake.stop();
    fake = await startFakeS3({ dialect: 'google' });
    // Google's signatures are made on other threads, where the virtual clock does not see that something goes on.
    const vfs = open({ createHeader: 'x-goog-if-generation-match', acl: 'private', clock: systemClock });
    const requests = await everything(vfs);
    for (const { headers } of requests.filter(isWrite)) {
      expect(headers).toMatchObject({ 'x-goog-acl': 'private' });
    }
  });
});

test('the first use of a new lock works where one key takes one write a second', async () => {
  fake.slowKeys = true;
  const lock = new Lock(open(), { id: 'x', clock });
  for (let nth = 0; nth < 3; nth++) {
    const lease = await settle(lock.acquire());
    await drive(clock, fake, 30_000);
    expect(lease.held).toBe(true);
    await settle(lease.release());
  }
});

test('a file is written once its store has taken a breath', async () => {
  fake.slowKeys = true;
  const vfs = open();
  await settle(vfs.writeFile('/f', '1'));
  const before = clock.now;
  await settle(vfs.writeFile('/f', '2'));
  expect(clock.now - before).toBeGreaterThanOrEqual(1_000);
  expect(fake.requests.map(({ op }) => op)).toEqual(['put', 'put', 'put']);
});

test.each([
  [400, 'ThrottlingException'],
  [400, 'Throttling'],
  [400, 'KMS.ThrottlingException'],
  [400, 'BandwidthLimitExceeded'],
  [403, 'RequestThrottled'],
  [429, 'TooManyRequestsException'],
  [503, 'SlowDown'],
  [509, 'BandwidthLimitExceeded'],
])('a store that throttles with %i %s is asked again', async (status, code) => {
  const vfs = open();
  fake.fault = striking(
    { op: 'put', fault: { status, code }, times: 2 },
    { op: 'list', fault: { status, code } },
  );
  await settle(vfs.writeFile('/f', 'x'));
  expect(await settle(vfs.ls('/'))).toHaveLength(1);
});

test('a store that says when to come again is asked again then, and not after the deadline', async () => {
  const vfs = open();
  fake.fault = striking({ op: 'list', fault: { status: 503, headers: { 'retry-after': '7' } } });
  await settle(vfs.ls('/'));
  expect(clock.now).toBeGreaterThanOrEqual(7_000);
  fake.fault = () => ({ status: 429, headers: { 'retry-after': '3600' } });
  const before = clock.now;
  for (const call of [() => vfs.ls('/'), () => vfs.writeFile('/f', 'x'), () => vfs.mkdir('/d')]) {
    await expect(settle<unknown>(call())).rejects.toMatchObject({ code: 'EBUSY', outcome: 'failed' });
  }
  expect(clock.now - before).toBeLessThan(15_000);
});

describe('credentials that expire without saying when', () => {
  /** Tells whose request it is. */
  const by = (key: string, { headers }: FakeRequest): boolean =>
    headers.authorization?.includes(`Credential=${key}/`) === true;

  test('are asked for again once the store refuses them, and the lock is kept', async () => {
    let isOver = false;
    let asked = 0;
    const credentials = async (): Promise<S3Credentials> => {
      asked += 1;
      return { ...fake.credentials, sessionToken: isOver ? 'new' : 'old' };
    };
    fake.fault = ({ op, headers }) => {
      if (!isOver || headers['x-amz-security-token'] === 'new') return undefined;
      return op === 'head' ? { status: 400, body: '' } : { status: 400, code: 'ExpiredToken' };
    };
    const vfs = open({ credentials });
    const lease = await settle(new Lock(vfs, { id: 'x', clock }).acquire());
    await drive(clock, fake, 20_000);
    isOver = true;
    await drive(clock, fake, 300_000);
    expect(lease.held).toBe(true);
    expect(asked).toBe(2);
    expect((await settle(vfs.stat('/lockfile-x'))).type).toBe('directory');
    await settle(lease.release());
  });

  test('are an error where there are no others', async () => {
    fake.fault = (request) =>
      by(fake.credentials.accessKeyId, request) ? { status: 403, code: 'ExpiredToken' } : undefined;
    await expect(settle(open().ls('/'))).rejects.toMatchObject({ code: 'EAUTH', outcome: 'failed' });
    expect(fake.requests).toHaveLength(1);
  });
});
