import { s3VFS, type S3VFSOptions } from '@holdfast/s3';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { makeBucket, type S3Server } from '../servers/s3-server.js';

/** What a real server answers to those it does not let in. */
export function s3Refusals(server: () => S3Server, { signatures }: { readonly signatures: boolean }): void {
  let bucket: S3VFSOptions;
  beforeAll(async () => {
    bucket = await makeBucket(server(), 'refusals');
  });

  const errorsOf = async (options: S3VFSOptions): Promise<unknown[]> => {
    const vfs = s3VFS(options);
    const calls = [vfs.mkdir('/d'), vfs.ls('/'), vfs.writeFile('/f', 'x'), vfs.rm('/d', { recursive: true })];
    const results = await Promise.allSettled(calls);
    await vfs.close();
    return results.map((result) => (result.status === 'rejected' ? (result.reason as Error) : undefined));
  };

  test('a bucket that does not exist is an error that says so', async () => {
    for (const error of await errorsOf({ ...bucket, bucket: 'no-such-bucket' })) {
      expect(error).toMatchObject({
        code: 'EINVAL',
        outcome: 'failed',
        detail: expect.stringContaining('there is no such bucket (bucket no-such-bucket at '),
      });
    }
  });

  // moto takes any signature.
  if (!signatures) return;
  describe('with signatures that are checked', () => {
    test('a key that is not known is EAUTH', async () => {
      const credentials = { accessKeyId: 'UNKNOWNUNKNOWNUNKNOWN', secretAccessKey: 'hunter2' };
      for (const error of await errorsOf({ ...bucket, credentials })) {
        expect(error).toMatchObject({ code: 'EAUTH', outcome: 'failed' });
      }
    });

    test('a secret that does not fit is EAUTH', async () => {
      const credentials = { ...server().credentials, secretAccessKey: 'hunter2' };
      for (const error of await errorsOf({ ...bucket, credentials })) {
        expect(error).toMatchObject({ code: 'EAUTH', outcome: 'failed' });
        expect(String(error)).not.toContain('hunter2');
      }
    });

    test('a clock that is an hour off is no matter', async () => {
      vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 3_600_000 });
      try {
        const vfs = s3VFS({ ...bucket, prefix: 'skewed' });
        await vfs.mkdir('/d');
        expect(await vfs.ls('/')).toMatchObject([{ name: 'd' }]);
        await vfs.close();
      } finally {
        vi.useRealTimers();
      }
    });
  });
}
