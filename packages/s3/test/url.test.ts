import { describe, expect, test } from 'vitest';
import { optionsOfURL, s3VFSFromURL } from '../src/url.js';

describe('an s3 URL', () => {
  test.each<[url: string, options: object]>([
    ['s3://my-locks', { bucket: 'my-locks' }],
    ['s3://my-locks/', { bucket: 'my-locks' }],
    ['s3://my_Locks.1/a/b/', { bucket: 'my_Locks.1', prefix: 'a/b' }],
    ['s3://my-locks/with%20space/%C3%BC', { bucket: 'my-locks', prefix: 'with space/ü' }],
    ['s3://my-locks?region=eu-central-1', { bucket: 'my-locks', region: 'eu-central-1' }],
    [
      's3://my-locks/p?endpoint=http://127.0.0.1:9000&forcePathStyle=false',
      { bucket: 'my-locks', prefix: 'p', endpoint: 'http://127.0.0.1:9000', forcePathStyle: false },
    ],
    [
      's3://my-locks?createHeader=x-goog-if-generation-match&deadlineMs=5000&profile=ci',
      { bucket: 'my-locks', createHeader: 'x-goog-if-generation-match', deadlineMs: 5000, profile: 'ci' },
    ],
    [
      's3://my-locks?encryption=aws:kms&kmsKeyId=arn:aws:kms:eu-west-1:1:key/2&acl=private&storageClass=STANDARD',
      {
        bucket: 'my-locks',
        encryption: 'aws:kms',
        kmsKeyId: 'arn:aws:kms:eu-west-1:1:key/2',
        acl: 'private',
        storageClass: 'STANDARD',
      },
    ],
    [
      's3://my-locks?endpoint=http://10.0.0.1&allowInsecureHttp=true&maxFileBytes=1000',
      { bucket: 'my-locks', endpoint: 'http://10.0.0.1', allowInsecureHttp: true, maxFileBytes: 1000 },
    ],
  ])('%s', (url, options) => {
    expect(optionsOfURL(url)).toEqual(options);
    expect(optionsOfURL(new URL(url))).toEqual(options);
  });

  test.each([
    ['another scheme', 'https://my-locks/'],
    ['no URL', 'my-locks:hunter2'],
    ['credentials', 's3://id:hunter2@my-locks/'],
    ['an access key', 's3://hunter2@my-locks/'],
    ['plain http to another machine', 's3://my-locks?endpoint=http://10.0.0.1'],
    ['an unknown parameter', 's3://my-locks/?secretAccessKey=hunter2'],
    ['a parameter twice', 's3://my-locks/?region=a&region=b'],
    ['a port', 's3://my-locks:9000/'],
    ['a fragment', 's3://my-locks/#hunter2'],
    ['a flag that is none', 's3://my-locks/?forcePathStyle=yes'],
    ['a broken escape', 's3://my-locks/%zz'],
    ['a deadline that is no number', 's3://my-locks/?deadlineMs=soon'],
    ['an escaped slash that makes an empty segment', 's3://my-locks/a/%2Fb'],
    ['an endpoint that is none', 's3://my-locks/?endpoint=minio'],
  ])('with %s is refused, without a credential in the message', (_, url) => {
    const open = (): unknown => s3VFSFromURL(url);
    expect(open).toThrow(expect.objectContaining({ code: 'EINVAL', op: 'open' }));
    expect(open).not.toThrow(/hunter2/);
  });

  test('with a secret says which variables to use', () => {
    for (const url of [
      's3://id:hunter2@my-locks/',
      's3://id@my-locks/',
      's3://my-locks/?secretAccessKey=hunter2',
    ]) {
      expect(() => s3VFSFromURL(url)).toThrow(/AWS_SECRET_ACCESS_KEY/);
    }
  });

  test('opens without a request, and options go before what it says', async () => {
    const vfs = s3VFSFromURL('s3://my-locks/a?region=eu-central-1', { prefix: 'b' });
    expect(vfs.capabilities).toMatchObject({ cost: 'metered', directories: 'virtual', chtimes: false });
    expect(Object.isFrozen(vfs.capabilities)).toBe(true);
    await vfs.close();
  });
});
