import { s3VFS, type S3Credentials, type S3VFSOptions } from '@holdfast/s3';
import { VirtualClock } from '@holdfast/testkit';
import { isVFSError, type VFS } from '@holdfast/vfs';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { striking, type Fault } from '../servers/fake-s3-faults.js';
import { startFakeS3, type FakeOp, type FakeS3 } from '../servers/fake-s3.js';

let fake: FakeS3;
beforeEach(async () => {
  fake = await startFakeS3();
});
afterEach(() => fake.stop());

const open = (options: Partial<S3VFSOptions> = {}): VFS =>
  s3VFS({ bucket: 'bucket', endpoint: fake.endpoint, credentials: fake.credentials, ...options });

/** What a promise rejects with. */
const refusalOf = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => 'it was not refused',
    (error: unknown) => error,
  );

const ops = (): string[] => fake.requests.map(({ op }) => op);
/** What was asked about one key. That of a directory ends with a slash. */
const opsOn = (key: string): string[] =>
  fake.requests.filter((request) => request.key === key).map(({ op }) => op);

/** Gets the proof out of the way: what comes after it costs what it always costs. */
async function proven(options: Partial<S3VFSOptions> = {}): Promise<VFS> {
  const vfs = open(options);
  await vfs.mkdir('/proof');
  await vfs.rm('/proof');
  fake.requests.length = 0;
  return vfs;
}

describe('what a call costs, once the store is proven', () => {
  test.each<[name: string, run: (vfs: VFS) => Promise<unknown>, requests: string[]]>([
    ['ls is one listing', (vfs) => vfs.ls('/'), ['list']],
    ['mkdir is a put', (vfs) => vfs.mkdir('/d'), ['create']],
    ['writeFile is a put, of a new file', (vfs) => vfs.writeFile('/f', 'x'), ['put']],
    ['and of one that exists', (vfs) => vfs.writeFile('/there', 'x'), ['put']],
    ['an exclusive writeFile is a put', (vfs) => vfs.writeFile('/f', 'x', { exclusive: true }), ['create']],
    ['readFile is a get', (vfs) => vfs.readFile('/there'), ['get']],
    ['rm of a file is a delete after a HEAD', (vfs) => vfs.rm('/there'), ['delete', 'head']],
  ])('%s', async (_, run, requests) => {
    const vfs = await proven();
    fake.objects('bucket').seed(['there']);
    await run(vfs);
    expect(ops().sort()).toEqual(requests);
  });

  test('stat of a file is one HEAD, of a directory a HEAD and a listing of two keys', async () => {
    const vfs = await proven();
    await vfs.writeFile('/f', 'x');
    await vfs.mkdir('/d');
    fake.requests.length = 0;
    await vfs.stat('/f');
    await vfs.stat('/d');
    expect(ops()).toEqual(['head', 'head', 'list']);
  });

  test('removing a tree of 2,500 files takes three listings and batches of a thousand', async () => {
    const vfs = await proven();
    await vfs.mkdir('/d');
    fake.objects('bucket').seed(Array.from({ length: 2500 }, (_, n) => `d/${n}`));
    fake.requests.length = 0;
    await vfs.rm('/d', { recursive: true });
    expect(fake.objects('bucket').size).toBe(0);
    expect(ops().filter((op) => op === 'list')).toHaveLength(3);
    expect(ops().filter((op) => op === 'deleteMany')).toHaveLength(3);
  });

  test('a store without batches has its files removed one by one', async () => {
    const vfs = await proven();
    for (const name of ['a', 'b', 'c']) await vfs.writeFile(`/d/${name}`, 'x');
    fake.fault = striking({ op: 'deleteMany', fault: { status: 501, code: 'NotImplemented' } });
    await vfs.rm('/d', { recursive: true });
    expect(fake.objects('bucket').size).toBe(0);
  });
});

describe('a create whose answer is lost', () => {
  test.each<[name: string, fault: Fault]>([
    ['the connection is cut', 'loseReply'],
    ['a gateway answers 500 although it was carried out', { status: 500, applied: true }],
    ['a gateway answers 504 although it was carried out', { status: 504, applied: true }],
    ['a proxy answers in HTML', { status: 502, applied: true, html: true }],
  ])('is won if it was carried out: %s', async (_, fault) => {
    const vfs = await proven();
    fake.fault = striking({ op: 'create', fault });
    await vfs.mkdir('/d');
    expect(opsOn('d/')).toEqual(['create', 'create', 'head']);
  });

  test('is won if it was not carried out and nobody came between', async () => {
    const vfs = await proven();
    fake.fault = striking({ op: 'create', fault: 'dropRequest' });
    await vfs.mkdir('/d');
    expect(opsOn('d/')).toEqual(['create', 'create']);
  });

  test('is lost if another was faster', async () => {
    const vfs = await proven();
    const rival = await proven();
    await rival.mkdir('/d');
    fake.fault = striking({ op: 'create', fault: 'dropRequest' });
    await expect(vfs.mkdir('/d')).rejects.toMatchObject({ code: 'EEXIST', outcome: 'failed' });
  });

  test('is unknown if it cannot be told whose the object is', async () => {
    const vfs = await proven();
    fake.objects('bucket').set('d/', new Uint8Array(), {});
    fake.fault = striking({ op: 'create', fault: 'dropRequest' });
    await expect(vfs.mkdir('/d')).rejects.toMatchObject({ code: 'ECONFLICT', outcome: 'unknown' });
  });

  test('is unknown if the store cannot be asked afterwards either', async () => {
    const vfs = await proven();
    fake.fault = striking(
      { op: 'create', fault: 'loseReply', times: 9 },
      { op: 'head', fault: { status: 500 }, times: 9 },
    );
    await expect(vfs.mkdir('/d')).rejects.toMatchObject({ outcome: 'unknown' });
    expect(fake.objects('bucket').get('d/')).toBeDefined();
  });

  test('goes for exclusive files as for directories', async () => {
    const vfs = await proven();
    fake.fault = striking({ op: 'create', fault: 'loseReply' });
    await vfs.writeFile('/f', 'mine', { exclusive: true });
    expect(new TextDecoder().decode(await vfs.readFile('/f'))).toBe('mine');
  });
});

test('a create that meets another under way is sent again', async () => {
  const vfs = await proven();
  fake.fault = striking({
    op: 'create',
    fault: { status: 409, code: 'ConditionalRequestConflict' },
    times: 2,
  });
  await vfs.mkdir('/d');
  expect(opsOn('d/')).toEqual(['create', 'create', 'create']);
});

test('a create that only ever meets others under way has failed for certain', async () => {
  const vfs = await proven();
  fake.fault = striking({
    op: 'create',
    fault: { status: 409, code: 'ConditionalRequestConflict' },
    times: 9,
  });
  await expect(vfs.mkdir('/d')).rejects.toMatchObject({ code: 'ECONFLICT', outcome: 'failed' });
});

describe('a store that hangs', () => {
  const DEADLINE_MS = 15_000;
  const clock = new VirtualClock();
  const provenOnClock = async (): Promise<VFS> => {
    await proven();
    return s3VFS({ bucket: 'bucket', endpoint: fake.endpoint, credentials: fake.credentials, clock });
  };
  const hanging = async (count: number): Promise<void> => {
    await expect.poll(() => fake.hanging, { timeout: 20_000, interval: 5 }).toBe(count);
  };

  test('is given up at the deadline, with the outcome unknown', async () => {
    const vfs = await provenOnClock();
    fake.fault = striking({ op: 'create', fault: 'hang', times: 9 });
    const refusal = refusalOf(vfs.mkdir('/d'));
    await hanging(1);
    await clock.advance(DEADLINE_MS);
    expect(await refusal).toMatchObject({ code: 'ETIMEDOUT', outcome: 'unknown' });
  });

  test('has its reads fail for certain', async () => {
    const vfs = await provenOnClock();
    fake.fault = () => 'hang';
    const refusal = refusalOf(vfs.ls('/'));
    await hanging(1);
    await clock.advance(DEADLINE_MS);
    expect(await refusal).toMatchObject({ code: 'ETIMEDOUT', outcome: 'failed' });
  });

  test.each<[name: string, op: FakeOp, run: (vfs: VFS) => Promise<unknown>]>([
    ['mkdir', 'create', (vfs) => vfs.mkdir('/d')],
    ['writeFile', 'put', (vfs) => vfs.writeFile('/f', 'x')],
    ['ls', 'list', (vfs) => vfs.ls('/')],
    ['readFile', 'get', (vfs) => vfs.readFile('/there')],
  ])('once costs %s one attempt: the next goes over another connection', async (_, op, run) => {
    const vfs = await provenOnClock();
    fake.objects('bucket').seed(['there']);
    fake.fault = striking({ op, fault: 'hang' });
    const call = run(vfs);
    await hanging(1);
    await clock.advance(DEADLINE_MS / 3);
    await clock.advance(100);
    await expect(call).resolves.not.toThrow();
  });

  test('and makes a directory late says so in the error, once that is known', async () => {
    const vfs = await provenOnClock();
    fake.fault = striking({ op: 'create', fault: 'hang', times: 9 });
    const call = refusalOf(vfs.mkdir('/d'));
    await hanging(1);
    await clock.advance(DEADLINE_MS);
    const error = await call;
    if (!isVFSError(error, 'ETIMEDOUT') || error.settled === undefined) throw error;
    fake.release();
    await clock.advance(DEADLINE_MS);
    await expect(error.settled).resolves.toBeUndefined();
  });

  test('and never makes it says so too', async () => {
    const vfs = await provenOnClock();
    fake.fault = striking({ op: 'create', fault: 'hang', times: 9 });
    const call = refusalOf(vfs.mkdir('/d'));
    await hanging(1);
    await clock.advance(DEADLINE_MS);
    const error = await call;
    if (!isVFSError(error, 'ETIMEDOUT') || error.settled === undefined) throw error;
    await clock.advance(DEADLINE_MS);
    await expect(error.settled).rejects.toMatchObject({ outcome: 'unknown' });
  });
});

test('an abort leaves a create in doubt, and sends nothing more than a look', async () => {
  const vfs = await proven();
  const controller = new AbortController();
  const sent = new Promise<void>((resolve) => {
    fake.fault = ({ op }) => {
      if (op !== 'create') return undefined;
      resolve();
      return 'hang';
    };
  });
  const refusal = refusalOf(vfs.mkdir('/d', { signal: controller.signal }));
  await sent;
  controller.abort('enough');
  expect(await refusal).toBe('enough');
  expect(opsOn('d/')).toEqual(['create']);
});

test('an abort of a read closes its connection', async () => {
  const vfs = await proven();
  const controller = new AbortController();
  fake.fault = () => 'hang';
  const refusal = refusalOf(vfs.ls('/', { signal: controller.signal }));
  await expect.poll(ops, { timeout: 20_000 }).toEqual(['list']);
  controller.abort('enough');
  expect(await refusal).toBe('enough');
  await expect.poll(() => fake.connections, { timeout: 20_000 }).toBe(0);
});

test('closing ends what is under way, and closes every connection', async () => {
  const vfs = await proven();
  fake.fault = () => 'hang';
  const calls = Array.from({ length: 30 }, (_, n) => refusalOf(vfs.mkdir(`/${n}`)));
  await expect.poll(() => fake.hanging, { timeout: 20_000 }).toBe(30);
  await vfs.close();
  for (const error of await Promise.all(calls)) expect(error).toMatchObject({ outcome: 'unknown' });
  await expect.poll(() => fake.connections, { timeout: 20_000 }).toBe(0);
});

test('an address from a profile is held to the same rules as the option', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-s3-'));
  const file = join(folder, 'config');
  writeFileSync(file, '[profile remote]\nendpoint_url = http://192.0.2.1:9000\n');
  vi.stubEnv('AWS_CONFIG_FILE', file);
  vi.stubEnv('AWS_PROFILE', 'remote');
  try {
    const options = {
      bucket: 'bucket',
      region: 'us-east-1',
      credentials: fake.credentials,
    };
    const vfs = s3VFS(options);
    await expect(vfs.ls('/')).rejects.toMatchObject({ code: 'EINVAL', outcome: 'failed' });
    await vfs.close();
  } finally {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true });
  }
});

test('an answer to readFile that is no file of S3 leaves no connection behind', async () => {
  const vfs = open();
  fake.fault = () => ({ status: 200, body: 'x'.repeat(1_000_000) });
  await expect(vfs.readFile('/f')).rejects.toMatchObject({ code: 'EIO' });
  await expect.poll(() => fake.connections, { timeout: 20_000 }).toBe(0);
  await vfs.close();
});

test('every error names the bucket and its store', async () => {
  const vfs = open();
  fake.objects('bucket').seed(['d/', 'd/f']);
  const calls = [vfs.stat('/no'), vfs.ls('/d/f'), vfs.mkdir('/d'), vfs.rm('/d'), vfs.readFile('/d')];
  for (const error of await Promise.all(calls.map(refusalOf))) {
    expect(error).toMatchObject({ detail: expect.stringContaining(`(bucket bucket at ${fake.endpoint})`) });
  }
  await vfs.close();
});

test('credentials come from the environment if none are given', async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', fake.credentials.accessKeyId);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', fake.credentials.secretAccessKey);
  vi.stubEnv('AWS_SESSION_TOKEN', undefined);
  try {
    const vfs = s3VFS({ bucket: 'bucket', endpoint: fake.endpoint });
    expect(await vfs.ls('/')).toEqual([]);
    await vfs.close();
  } finally {
    vi.unstubAllEnvs();
  }
});

test('credentials come from a provider, which is asked again before they expire', async () => {
  let asked = 0;
  const credentials = async (): Promise<S3Credentials> => {
    asked += 1;
    return { ...fake.credentials, expiration: new Date(Date.now() + (asked === 1 ? 1_000 : 3_600_000)) };
  };
  const vfs = open({ credentials });
  await vfs.ls('/');
  await vfs.ls('/');
  await vfs.ls('/');
  expect(asked).toBe(2);
  await vfs.close();
});

describe('what lies in the bucket', () => {
  test('is listed page by page', async () => {
    fake.objects('bucket').seed(Array.from({ length: 2500 }, (_, n) => `d/${String(n).padStart(5, '0')}`));
    const entries = await open().ls('/d');
    expect(new Set(entries.map(({ name }) => name)).size).toBe(2500);
    expect(ops()).toEqual(['list', 'list', 'list']);
  });

  test('is reached below the prefix only', async () => {
    fake.objects('bucket').seed(['a/b/in', 'a/out', 'out']);
    const vfs = open({ prefix: 'a/b' });
    expect((await vfs.ls('/')).map(({ name }) => name)).toEqual(['in']);
    await expect(vfs.stat('/../out')).rejects.toMatchObject({ code: 'EINVAL' });
    await expect(vfs.rm('/out', { recursive: true })).rejects.toMatchObject({ code: 'ENOENT' });
    expect(fake.objects('bucket').size).toBe(3);
  });

  test('does not show names that no path can have', async () => {
    fake.objects('bucket').seed(['d/', 'd//x', 'd/../x', 'd/./x', 'd/a\\b', 'd/bell\u0007', 'd/ok']);
    expect((await open().ls('/d')).map(({ name }) => name)).toEqual(['ok']);
  });

  test('with a file and a folder of one name is removed whole', async () => {
    fake.objects('bucket').seed(['d/x', 'd/x/', 'd/x/y', 'd/x-beside']);
    await open().rm('/d/x', { recursive: true });
    expect((await open().ls('/d')).map(({ name }) => name)).toEqual(['x-beside']);
  });

  test('with a file and a folder of one name shows the file, as stat does', async () => {
    fake.objects('bucket').seed(['d/x', 'd/x/y']);
    expect(await open().ls('/d')).toMatchObject([{ name: 'x', type: 'file' }]);
    expect(await open().stat('/d/x')).toMatchObject({ type: 'file' });
  });

  test('makes a directory of its own where other tools put a file below', async () => {
    fake.objects('bucket').seed(['theirs/file']);
    expect(await open().stat('/theirs')).toEqual({ type: 'directory', size: 0 });
    await open().rm('/theirs/file');
    await expect(open().stat('/theirs')).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('that answers with something else than S3 is an error of its own', async () => {
    fake.fault = () => 'garbage';
    await expect(open().ls('/')).rejects.toMatchObject({ code: 'EIO' });
  });
});
