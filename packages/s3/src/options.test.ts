import { isVFSError } from '@holdfast/vfs';
import { describe, expect, test } from 'vitest';
import { parseOptions, type S3Options } from './options.js';

const refusal = (options: object): string => {
  try {
    parseOptions(options as S3Options);
  } catch (error) {
    if (isVFSError(error, 'EINVAL') && error.op === 'open') return error.message;
    throw error;
  }
  return 'accepted';
};

describe('the options', () => {
  test('have defaults for AWS', () => {
    expect(parseOptions({ bucket: 'my-locks' })).toEqual({
      bucket: 'my-locks',
      keyPrefix: '',
      region: undefined,
      endpoint: undefined,
      credentials: undefined,
      profile: undefined,
      forcePathStyle: false,
      createHeader: 'if-none-match',
      deadlineMs: 15_000,
    });
  });

  test('have the bucket in the path, and some region, at another endpoint', () => {
    const settings = parseOptions({ bucket: 'my-locks', endpoint: 'http://127.0.0.1:9000' });
    expect(settings).toMatchObject({ forcePathStyle: true, region: 'us-east-1' });
    const told = parseOptions({
      bucket: 'b-1',
      endpoint: 'https://x.example',
      forcePathStyle: false,
      region: 'auto',
    });
    expect(told).toMatchObject({ forcePathStyle: false, region: 'auto' });
  });

  test('make a folder of the prefix', () => {
    expect(parseOptions({ bucket: 'my-locks', prefix: 'a/b' }).keyPrefix).toBe('a/b/');
    expect(parseOptions({ bucket: 'my-locks', prefix: '' }).keyPrefix).toBe('');
  });

  test('take what the providers of the SDK resolve to, and leave it as it is', () => {
    const credentials = { accessKeyId: 'id', secretAccessKey: 'key', sessionToken: 'token', accountId: '1' };
    expect(parseOptions({ bucket: 'my-locks', credentials }).credentials).toEqual(credentials);
    expect(parseOptions({ bucket: 'my-locks', credentials }).credentials).not.toBe(credentials);
  });

  test.each<[name: string, options: object, named: string]>([
    ['no bucket', {}, 'bucket'],
    ['a bucket with a slash', { bucket: 'a/b' }, 'bucket'],
    ['a bucket with dots that climb', { bucket: 'a..b' }, 'bucket'],
    ['a prefix that climbs', { bucket: 'bucket', prefix: 'a/../b' }, 'prefix'],
    ['a prefix that begins with a slash', { bucket: 'bucket', prefix: '/a' }, 'prefix'],
    ['a prefix with a NUL', { bucket: 'bucket', prefix: 'a\0' }, 'prefix'],
    ['an endpoint that is no URL', { bucket: 'bucket', endpoint: 'minio:9000' }, 'endpoint'],
    ['an endpoint with a password', { bucket: 'bucket', endpoint: 'https://u:hunter2@h' }, 'endpoint'],
    ['an endpoint of another scheme', { bucket: 'bucket', endpoint: 'file:///etc' }, 'endpoint'],
    ['a region with a line break', { bucket: 'bucket', region: 'eu\r\nx: y' }, 'region'],
    ['half a key pair', { bucket: 'bucket', credentials: { secretAccessKey: 'hunter2' } }, 'credentials'],
    ['no deadline', { bucket: 'bucket', deadlineMs: Infinity }, 'deadlineMs'],
    ['a deadline of nothing', { bucket: 'bucket', deadlineMs: 0 }, 'deadlineMs'],
    ['a header of its own', { bucket: 'bucket', createHeader: 'if-match' }, 'createHeader'],
    ['an unknown option', { bucket: 'bucket', secretAccesKey: 'hunter2' }, 'secretAccesKey'],
  ])('with %s are refused by name, without a credential in the message', (_, options, named) => {
    const message = refusal(options);
    expect(message).toContain(named);
    expect(message).not.toContain('hunter2');
  });
});
