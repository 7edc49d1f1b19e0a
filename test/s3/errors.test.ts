import { Lock } from '@holdfast/lock';
import { s3VFS, type S3VFSOptions } from '@holdfast/s3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startFakeS3, type FakeS3 } from '../servers/fake-s3.js';
import { freePort } from '../servers/process.js';

const HOUR_MS = 3_600_000;

let fake: FakeS3;
beforeEach(async () => {
  fake = await startFakeS3();
});
afterEach(() => fake.stop());

const options = (more: Partial<S3VFSOptions> = {}): S3VFSOptions => ({
  bucket: 'bucket',
  endpoint: fake.endpoint,
  credentials: fake.credentials,
  ...more,
});

/** The error of each operation, and of a lock on top. */
async function errorsOf(given: S3VFSOptions): Promise<unknown[]> {
  const vfs = s3VFS(given);
  const calls = [
    () => vfs.mkdir('/d'),
    () => vfs.mkdir('/d', { recursive: true }),
    () => vfs.writeFile('/f', 'x'),
    () => vfs.writeFile('/f', 'x', { exclusive: true }),
    () => vfs.ls('/'),
    () => vfs.rm('/f', { recursive: true }),
    () => new Lock(vfs, { id: 'x' }).acquire(),
  ];
  const errors: unknown[] = [];
  for (const call of calls) {
    errors.push(
      await call().then(
        () => 'it went well',
        (error: unknown) => error,
      ),
    );
  }
  await vfs.close();
  return errors;
}

describe('every call is clear about', () => {
  test('an access key that the store does not know', async () => {
    const credentials = { accessKeyId: 'AKIAUNKNOWN', secretAccessKey: 'hunter2' };
    for (const error of await errorsOf(options({ credentials }))) {
      expect(error).toMatchObject({ code: 'EAUTH', outcome: 'failed' });
      expect(String(error)).not.toMatch(/hunter2|AKIAUNKNOWN/);
    }
  });

  test('a secret key that does not fit', async () => {
    const credentials = { ...fake.credentials, secretAccessKey: 'hunter2' };
    for (const error of await errorsOf(options({ credentials }))) {
      expect(error).toMatchObject({ code: 'EAUTH', outcome: 'failed' });
      expect(String(error)).not.toContain('hunter2');
    }
  });

  test('credentials that cannot be had', async () => {
    const credentials = (): Promise<never> => {
      const error = new Error('no key in the vault: hunter2');
      error.name = 'CredentialsProviderError';
      return Promise.reject(error);
    };
    for (const error of await errorsOf(options({ credentials }))) {
      expect(error).toMatchObject({ code: 'EAUTH', outcome: 'failed' });
      expect(String(error)).not.toContain('hunter2');
    }
  });

  test('a bucket that does not exist', async () => {
    for (const error of await errorsOf(options({ bucket: 'no-such-bucket' }))) {
      expect(error).toMatchObject({
        code: 'EINVAL',
        outcome: 'failed',
        detail: `there is no such bucket (bucket no-such-bucket at ${fake.endpoint})`,
      });
    }
  });

  test('a right that is missing, of all things the one to list', async () => {
    fake.fault = ({ op }) => (op === 'list' ? { status: 403, code: 'AccessDenied' } : undefined);
    const vfs = s3VFS(options());
    await expect(vfs.ls('/')).rejects.toMatchObject({
      code: 'EACCES',
      outcome: 'failed',
      advice: expect.stringContaining('s3:ListBucket'),
    });
    await expect(new Lock(vfs, { id: 'x' }).acquire()).rejects.toMatchObject({ code: 'EACCES' });
    await vfs.close();
  });

  test('a right that is missing to see what does not exist', async () => {
    // Without the right to list, AWS answers 403 where it would answer 404.
    fake.fault = ({ op }) => (op === 'head' ? { status: 403 } : undefined);
    const vfs = s3VFS(options());
    await expect(vfs.stat('/f')).rejects.toMatchObject({ code: 'EACCES', outcome: 'failed' });
    await vfs.close();
  });

  test('a server that is not there', async () => {
    const endpoint = `http://127.0.0.1:${await freePort()}`;
    const vfs = s3VFS(options({ endpoint }));
    await expect(vfs.mkdir('/d')).rejects.toMatchObject({ code: 'ECONN', outcome: 'failed' });
    await expect(vfs.ls('/')).rejects.toMatchObject({ code: 'ECONN', outcome: 'failed' });
    await vfs.close();
  });

  test('a bucket that is elsewhere', async () => {
    fake.fault = () => ({ status: 301, code: 'PermanentRedirect' });
    for (const error of await errorsOf(options())) {
      expect(error).toMatchObject({ code: 'EINVAL', outcome: 'failed' });
    }
  });

  test('a path that is too long for a key', async () => {
    fake.fault = ({ key }) => (key.length > 1024 ? { status: 400, code: 'KeyTooLongError' } : undefined);
    const vfs = s3VFS(options());
    await expect(vfs.mkdir(`/${'d'.repeat(1100)}`)).rejects.toMatchObject({ code: 'EINVAL' });
    await vfs.close();
  });
});

describe('a clock that is an hour off', () => {
  test('is no matter: the store tells the time as it refuses', async () => {
    fake.skewMs = HOUR_MS;
    const vfs = s3VFS(options());
    await vfs.mkdir('/d');
    expect(await vfs.ls('/')).toMatchObject([{ name: 'd' }]);
    await vfs.close();
  });

  test('is a clear error if the store does not tell', async () => {
    fake.skewMs = -HOUR_MS;
    fake.showsTime = false;
    for (const error of await errorsOf(options())) {
      expect(error).toMatchObject({ code: 'EAUTH', outcome: 'failed', advice: 'Set the clock' });
    }
  });
});

test('an error with everything that hangs on it holds no credential', async () => {
  const credentials = { accessKeyId: 'AKIASECRET', secretAccessKey: 'SECRET', sessionToken: 'SECRET' };
  const [error] = await errorsOf(options({ credentials }));
  const seen = new Set<unknown>();
  const texts: string[] = [];
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) texts.push(String(value));
    else if (!seen.has(value)) {
      seen.add(value);
      for (const key of Reflect.ownKeys(value)) visit(Reflect.get(value, key));
    }
  };
  visit(error);
  expect(texts.length).toBeGreaterThan(5);
  expect(texts.join('\n')).not.toContain('SECRET');
});
