import { Lock, UnsafeStorageError } from '@holdfast/lock';
import { s3VFS, type S3VFSOptions } from '@holdfast/s3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Fault } from '../servers/fake-s3-faults.js';
import { startFakeS3, type FakeS3 } from '../servers/fake-s3.js';
import { makeBucket } from '../servers/s3-server.js';
import { startS3rver } from '../servers/s3rver.js';

const refusalOf = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => 'it was not refused',
    (error: unknown) => error,
  );

test('s3rver, which overwrites whatever the condition, is unsafe for a lock, and for exclusive calls', async () => {
  const server = await startS3rver();
  try {
    const vfs = s3VFS(await makeBucket(server, 'unsafe'));
    const error = await refusalOf(new Lock(vfs, { id: 'x' }).acquire());
    expect(error).toBeInstanceOf(UnsafeStorageError);
    expect(error).toMatchObject({ code: 'EUNSAFESTORAGE', cause: { code: 'ENOTSUP' } });
    await expect(vfs.mkdir('/d')).rejects.toMatchObject({ code: 'ENOTSUP', outcome: 'failed' });
    await expect(vfs.writeFile('/f', 'x', { exclusive: true })).rejects.toMatchObject({ code: 'ENOTSUP' });
    await vfs.close();
  } finally {
    await server.stop();
  }
});

describe('a store that', () => {
  let fake: FakeS3;
  beforeEach(async () => {
    fake = await startFakeS3();
  });
  afterEach(() => fake.stop());

  const creates = (of = ''): number =>
    fake.requests.filter(({ op, key }) => op === 'create' && key.startsWith(of)).length;
  const options = (): S3VFSOptions => ({
    bucket: 'bucket',
    endpoint: fake.endpoint,
    credentials: fake.credentials,
  });
  const strikeCreates = (fault: Fault): void => {
    fake.fault = ({ op }) => (op === 'create' ? fault : undefined);
  };
  /** A ledger as others leave it. They write the address of the store otherwise, so that their proof is not ours. */
  const useBefore = async (): Promise<void> => {
    const vfs = s3VFS({ ...options(), endpoint: `${fake.endpoint}/` });
    await (await new Lock(vfs, { id: 'x' }).acquire()).release();
    await vfs.close();
    fake.requests.length = 0;
  };

  test.each<[name: string, fault: Fault, atLeast: string]>([
    ['ignores If-None-Match', 'ignoreCondition', 'accepted both'],
    ['answers it with 501', { status: 501, code: 'NotImplemented' }, '501'],
    ['checks it before it writes, with others in between', 'checkEarly', 'accepted both'],
  ])('%s is unsafe, at most two requests after it is first asked', async (_, fault, evidence) => {
    for (const used of [false, true]) {
      await fake.stop();
      fake = await startFakeS3();
      if (used) await useBefore();
      strikeCreates(fault);
      const vfs = s3VFS(options());
      const error = await refusalOf(new Lock(vfs, { id: 'x' }).acquire());
      expect(error).toMatchObject({ code: 'EUNSAFESTORAGE', evidence: expect.stringContaining(evidence) });
      // The two creates that were needed anyway are the lock's directory and the claim.
      expect(creates()).toBeLessThanOrEqual(4);
      fake.requests.length = 0;
      await expect(new Lock(s3VFS(options()), { id: 'y' }).tryAcquire()).rejects.toMatchObject({
        code: 'EUNSAFESTORAGE',
      });
      // The second of a pair sent before may arrive late; of this lock there is none.
      expect(creates('lockfile-y')).toBe(0);
      await vfs.close();
    }
  });

  test('has somebody before it who answers 501 is refused, but not for good', async () => {
    strikeCreates({ status: 501, html: true });
    const vfs = s3VFS(options());
    await expect(vfs.mkdir('/d')).rejects.toMatchObject({ code: 'ENOTSUP', outcome: 'failed' });
    fake.fault = () => undefined;
    await vfs.mkdir('/e');
    await vfs.close();
  });

  test('keeps it is trusted after two requests more than needed, for all VFSs of the process', async () => {
    await useBefore();
    const vfs = s3VFS(options());
    const lock = new Lock(vfs, { id: 'x' });
    await (await lock.acquire()).release();
    // The lock's directory, the claim, the release: the first two were sent twice.
    expect(creates()).toBe(5);
    fake.requests.length = 0;
    const other = s3VFS(options());
    await (await new Lock(other, { id: 'x' }).acquire()).release();
    expect(creates()).toBe(3);
    await vfs.close();
    await other.close();
  });
});
