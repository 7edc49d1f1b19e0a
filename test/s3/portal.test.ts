import { Lock } from '@holdfast/lock';
import { s3VFS } from '@holdfast/s3';
import { VirtualClock } from '@holdfast/testkit';
import type { VFS } from '@holdfast/vfs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { striking, type Fault } from '../servers/fake-s3-faults.js';
import { startFakeS3, type FakeOp, type FakeS3 } from '../servers/fake-s3.js';
import { drive, settled } from './drive.js';

let fake: FakeS3;
let clock: VirtualClock;
beforeEach(async () => {
  clock = new VirtualClock();
  fake = await startFakeS3({ now: () => clock.wall() });
});
afterEach(() => fake.stop());

const open = (): VFS =>
  s3VFS({ bucket: 'bucket', endpoint: fake.endpoint, credentials: fake.credentials, clock });
const settle = <T>(promise: Promise<T>): Promise<T> => settled(clock, fake, promise);

/** What stands between a client and its store may answer. */
const PAGES: readonly (readonly [name: string, fault: Fault])[] = [
  ['a sign-in page', { status: 200, html: true }],
  ['nothing', { status: 200, body: '' }],
  ['JSON', { status: 200, body: '{"a":1}' }],
  ['another document', { status: 200, body: '<?xml version="1.0"?><foo/>' }],
  ['a sign-in page with an etag', { status: 200, html: true, headers: { etag: '"1"' } }],
  [
    'a redirect to a sign-in page',
    { status: 302, html: true, headers: { location: 'https://portal.example/' } },
  ],
  ['a temporary redirect', { status: 307, body: '', headers: { location: 'https://portal.example/' } }],
  ['the demand for a sign-in', { status: 511, html: true }],
];

/** Each call, the request in it that is answered wrongly, and what there is once it was carried out. */
const CALLS: readonly (readonly [
  name: string,
  op: FakeOp,
  run: (vfs: VFS) => Promise<unknown>,
  keys: readonly string[],
])[] = [
  ['ls', 'list', async (vfs) => expect(await vfs.ls('/d')).toHaveLength(2), ['d/', 'd/f', 'd/g']],
  ['mkdir', 'create', (vfs) => vfs.mkdir('/new'), ['d/', 'd/f', 'd/g', 'new/']],
  ['writeFile', 'put', (vfs) => vfs.writeFile('/new', 'x'), ['d/', 'd/f', 'd/g', 'new']],
  [
    'an exclusive writeFile',
    'create',
    (vfs) => vfs.writeFile('/new', 'x', { exclusive: true }),
    ['d/', 'd/f', 'd/g', 'new'],
  ],
  ['rm', 'delete', (vfs) => vfs.rm('/d/f'), ['d/', 'd/g']],
  ['rm of a tree', 'deleteMany', (vfs) => vfs.rm('/d', { recursive: true }), []],
];

describe.each(PAGES)('%s', (_name, fault) => {
  beforeEach(() => fake.objects('bucket').seed(['d/', 'd/f', 'd/g']));

  test.each(CALLS)('is no answer to %s: the request is sent again', async (_, op, run, keys) => {
    const vfs = open();
    fake.fault = striking({ op, fault, times: op === 'create' ? 2 : 1 });
    await settle(run(vfs));
    expect(fake.objects('bucket').list('', '', '', 99).keys).toEqual(keys);
    await vfs.close();
  });

  test.each(CALLS)('for ever is an error of %s', async (_, op, run) => {
    const vfs = open();
    fake.fault = (request) => (request.op === op ? fault : undefined);
    await expect(settle(run(vfs))).rejects.toMatchObject({ code: 'EIO' });
    await vfs.close();
  });

  test('in place of one answer to a beat does not cost a holder its lock', async () => {
    const lock = new Lock(open(), { id: 'x', clock });
    const lease = await settle(lock.acquire());
    await drive(clock, fake, 1_000);
    for (const op of ['list', 'put'] as const) {
      fake.fault = striking({ op, fault });
      await drive(clock, fake, 120_000);
      expect(lease.held).toBe(true);
    }
    await settle(lease.release());
  });
});

describe('a 404 that is not the store’s', () => {
  const page: Fault = { status: 404, html: true };

  test.each<[string, FakeOp, (vfs: VFS) => Promise<unknown>]>([
    ['stat', 'head', (vfs) => vfs.stat('/there')],
    ['rm', 'head', (vfs) => vfs.rm('/there')],
    ['readFile', 'get', (vfs) => vfs.readFile('/there')],
  ])('does not make %s believe that a file does not exist', async (_, op, run) => {
    fake.objects('bucket').seed(['there']);
    fake.fault = striking({ op, fault: page });
    await expect(settle(run(open()))).rejects.toMatchObject({ code: 'EIO', outcome: expect.any(String) });
    expect(fake.objects('bucket').get('there')).toBeDefined();
  });

  test('is believed once a listing says so too', async () => {
    fake.objects('bucket').seed(['there-not']);
    fake.fault = ({ op }) => (op === 'get' ? page : undefined);
    await expect(settle(open().readFile('/there'))).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(settle(open().stat('/there'))).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

test.each(['constructor', '__proto__', 'toString'])('the code %s is one that nobody knows', async (code) => {
  const body = `<DeleteResult><Error><Key>k</Key><Code>${code}</Code></Error></DeleteResult>`;
  fake.objects('bucket').seed(['d/a', 'd/b']);
  fake.fault = striking(
    { op: 'list', fault: { status: 400, code } },
    { op: 'deleteMany', fault: { status: 200, body } },
  );
  await expect(settle(open().ls('/d'))).rejects.toMatchObject({ code: 'EINVAL', outcome: 'failed' });
  await expect(settle(open().rm('/d', { recursive: true }))).rejects.toMatchObject({
    code: 'EIO',
    outcome: 'unknown',
  });
});

test('a bucket that is in another region is named with it', async () => {
  fake.fault = () => ({
    status: 301,
    code: 'PermanentRedirect',
    headers: { 'x-amz-bucket-region': 'eu-west-1' },
  });
  for (const call of [() => open().ls('/'), () => open().stat('/f'), () => open().mkdir('/d')]) {
    await expect(settle<unknown>(call())).rejects.toMatchObject({
      code: 'EINVAL',
      advice: 'Set region to eu-west-1',
    });
  }
});

test('an answer that has no end is cut off, and the error tells the limit', async () => {
  const body = `<ListBucketResult>${' '.repeat(17 * 2 ** 20)}</ListBucketResult>`;
  fake.fault = ({ op }) => (op === 'list' ? { status: 200, body } : undefined);
  await expect(settle(open().ls('/'))).rejects.toMatchObject({
    code: 'EIO',
    detail: expect.stringContaining(String(16 * 2 ** 20)),
  });
});

test('a file that is larger than may be read is EFBIG, and the error tells the limit', async () => {
  fake.objects('bucket').set('f', new Uint8Array(1_000_000), {});
  const vfs = s3VFS({
    bucket: 'bucket',
    endpoint: fake.endpoint,
    credentials: fake.credentials,
    maxFileBytes: 1_000,
  });
  for (const [limits, told] of [
    [{}, '1000'],
    [{ maxBytes: 10 }, '10'],
    [{ maxBytes: 1_000_000 }, '1000'],
  ] as const) {
    await expect(vfs.readFile('/f', limits)).rejects.toMatchObject({
      code: 'EFBIG',
      outcome: 'failed',
      detail: expect.stringContaining(`more than ${told} bytes`),
    });
  }
  await vfs.close();
});
