import { isVFSError, systemClock } from '@holdfast/vfs';
import { describe, expect, test } from 'vitest';
import { parseOptions, type S3VFSOptions } from '../src/options.js';

const refusal = (options: object, env: Record<string, string> = {}): string => {
  try {
    parseOptions(options as S3VFSOptions, env);
  } catch (error) {
    if (isVFSError(error, 'EINVAL') && error.op === 'open') return error.message;
    throw error;
  }
  return 'accepted';
};

describe('the options', () => {
  test('have defaults for AWS', () => {
    expect(parseOptions({ bucket: 'my-locks' }, {})).toEqual({
      bucket: 'my-locks',
      keyPrefix: '',
      region: undefined,
      endpoint: undefined,
      credentials: undefined,
      profile: undefined,
      forcePathStyle: false,
      createHeader: 'if-none-match',
      headers: {},
      allowInsecureHttp: false,
      maxFileBytes: 64 * 2 ** 20,
      deadlineMs: 15_000,
      clock: systemClock,
    });
  });

  test('have the bucket in the path, and some region, at another endpoint', () => {
    const settings = parseOptions({ bucket: 'my-locks', endpoint: 'http://127.0.0.1:9000' }, {});
    expect(settings).toMatchObject({ forcePathStyle: true, region: 'us-east-1' });
    const told = parseOptions({
      bucket: 'b-1',
      endpoint: 'https://x.example',
      forcePathStyle: false,
      region: 'auto',
    });
    expect(told).toMatchObject({ forcePathStyle: false, region: 'auto' });
  });

  test.each([
    ['http://127.0.0.1:9000'],
    ['http://127.1.2.3'],
    ['http://[::1]:9000'],
    ['http://localhost:9000'],
    ['http://a.localhost'],
    ['https://10.0.0.1:9000'],
  ])('take the address %s', (endpoint) => {
    expect(parseOptions({ bucket: 'my-locks', endpoint }).endpoint).toBe(endpoint);
  });

  test('take plain http to another machine if that is said', () => {
    const endpoint = 'http://10.0.0.1:9000';
    const settings = parseOptions({ bucket: 'my-locks', endpoint, allowInsecureHttp: true });
    expect(settings).toMatchObject({ endpoint, allowInsecureHttp: true });
  });

  test('make headers of what a bucket demands', () => {
    const kms = { bucket: 'my-locks', kmsKeyId: 'alias/locks', storageClass: 'STANDARD_IA' };
    const headers = { 'X-Amz-Tagging': 'team=ops' };
    expect(parseOptions({ ...kms, acl: 'bucket-owner-full-control', headers }).headers).toEqual({
      'x-amz-server-side-encryption': 'aws:kms',
      'x-amz-server-side-encryption-aws-kms-key-id': 'alias/locks',
      'x-amz-storage-class': 'STANDARD_IA',
      'x-amz-acl': 'bucket-owner-full-control',
      'x-amz-tagging': 'team=ops',
    });
    expect(parseOptions({ bucket: 'my-locks', encryption: 'AES256' }).headers).toEqual({
      'x-amz-server-side-encryption': 'AES256',
    });
    expect(parseOptions({ ...kms, createHeader: 'x-goog-if-generation-match' }).headers).toEqual({
      'x-goog-encryption-kms-key-name': 'alias/locks',
      'x-goog-storage-class': 'STANDARD_IA',
    });
  });

  describe('without an endpoint', () => {
    const at = (env: Record<string, string>): unknown => {
      const { endpoint, forcePathStyle, region } = parseOptions({ bucket: 'my-locks' }, env);
      return { endpoint, forcePathStyle, region };
    };
    const general = { AWS_ENDPOINT_URL: 'https://general.example' };
    const special = { AWS_ENDPOINT_URL_S3: 'https://s3.example' };

    test('go where the tools of AWS are sent', () => {
      const defaults = { forcePathStyle: true, region: 'us-east-1' };
      expect(at(general)).toEqual({ endpoint: 'https://general.example', ...defaults });
      expect(at({ ...general, ...special })).toEqual({ endpoint: 'https://s3.example', ...defaults });
    });

    test('go to AWS if there is none, an empty one, or one that is to be ignored', () => {
      const aws = { endpoint: undefined, forcePathStyle: false, region: undefined };
      expect(at({})).toEqual(aws);
      expect(at({ AWS_ENDPOINT_URL: '' })).toEqual(aws);
      expect(at({ ...general, AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true' })).toEqual(aws);
    });

    test('are held to the same rules there', () => {
      const bucket = 'my-locks';
      expect(refusal({ bucket }, { AWS_ENDPOINT_URL: 'http://10.0.0.1' })).toContain('plain http');
      const bad = refusal({ bucket }, { AWS_ENDPOINT_URL_S3: 'https://id:hunter2@h' });
      expect(bad).toContain('AWS_ENDPOINT_URL_S3');
      expect(bad).not.toContain('hunter2');
    });

    test('take the region of the environment too', () => {
      const settings = parseOptions({ bucket: 'my-locks' }, { ...general, AWS_REGION: 'eu-west-1' });
      expect(settings.region).toBe('eu-west-1');
    });

    test('prefer the option', () => {
      const endpoint = 'https://option.example';
      expect(parseOptions({ bucket: 'my-locks', endpoint }, general).endpoint).toBe(endpoint);
    });
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
    ['an access key in the address', { bucket: 'bucket', endpoint: 'https://hunter2@h' }, 'endpoint'],
    ['plain http to another machine', { bucket: 'bucket', endpoint: 'http://10.0.0.1:9000' }, 'endpoint'],
    [
      'http to what only looks like this machine',
      { bucket: 'bucket', endpoint: 'http://127.0.0.1.x.de' },
      'endpoint',
    ],
    ['an encryption that there is not', { bucket: 'bucket', encryption: 'rot13' }, 'encryption'],
    [
      'a header with a line break',
      { bucket: 'bucket', headers: { 'x-amz-tagging': 'a\r\nb: c' } },
      'headers',
    ],
    ['a header of the signature', { bucket: 'bucket', headers: { 'x-amz-date': '1' } }, 'headers'],
    ['a header of the condition', { bucket: 'bucket', headers: { 'if-none-match': '*' } }, 'headers'],
    ['the nonce of creates', { bucket: 'bucket', headers: { 'x-amz-meta-holdfast-nonce': '1' } }, 'headers'],
    [
      'a header twice',
      { bucket: 'bucket', acl: 'private', headers: { 'X-Amz-Acl': 'private' } },
      'x-amz-acl',
    ],
    ["Google's header for AWS", { bucket: 'bucket', headers: { 'x-goog-acl': 'private' } }, 'x-goog-acl'],
    ['a clock that is none', { bucket: 'bucket', clock: 1 }, 'clock'],
    ['a limit of nothing', { bucket: 'bucket', maxFileBytes: 0 }, 'maxFileBytes'],
    ['an unknown option', { bucket: 'bucket', secretAccesKey: 'hunter2' }, 'secretAccesKey'],
  ])('with %s are refused by name, without a credential in the message', (_, options, named) => {
    const message = refusal(options);
    expect(message).toContain(named);
    expect(message).not.toContain('hunter2');
  });
});
