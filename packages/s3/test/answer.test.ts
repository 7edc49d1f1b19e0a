import { describe, expect, test } from 'vitest';
import { judge, type Expected, type Verdict } from '../src/store/answer.js';

const LISTING = '<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>';
const ERROR = '<?xml version="1.0"?><Error><Code>NoSuchKey</Code></Error>';
const PAGES: readonly (readonly [what: string, body: string])[] = [
  ['a page', '<!DOCTYPE html><html><body>Please sign in</body></html>'],
  ['a page without a declaration', '<html><body>Please sign in</body></html>'],
  ['JSON', '{"a":1}'],
  ['another document', '<?xml version="1.0"?><foo/>'],
  ['a text', 'OK'],
];
const ETAG = { etag: '"1"' };

const judged = (
  expected: Expected,
  status: number,
  body: string | undefined,
  headers: Record<string, string> = {},
): Verdict['read'] | 'not S3' => {
  const bytes = body === undefined ? undefined : new TextEncoder().encode(body);
  try {
    return judge(expected, { status, headers, body: bytes }).read;
  } catch (error) {
    expect(error).toMatchObject({ failure: { code: 'EIO', retryable: true } });
    return 'not S3';
  }
};

describe('an answer with status 200', () => {
  test.each(PAGES)('that is %s is none to any request but one for a file', (_, body) => {
    for (const expected of ['written', 'removed', 'ListBucketResult', 'DeleteResult'] as const) {
      expect(judged(expected, 200, body, ETAG)).toBe('not S3');
    }
  });

  test.each<[Expected, string]>([
    ['ListBucketResult', LISTING],
    ['ListBucketResult', `<?xml version="1.0" encoding="UTF-8"?>\n<!-- a store -->\n${LISTING}\n`],
    [
      'ListBucketResult',
      '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">x</ListBucketResult>',
    ],
    ['ListBucketResult', '<s3:ListBucketResult xmlns:s3="x">x</s3:ListBucketResult>'],
    ['DeleteResult', '<DeleteResult/>'],
    ['DeleteResult', '<?xml version="1.0"?>\n<DeleteResult xmlns="x" />'],
  ])('is one: %s, %s', (expected, body) => {
    expect(judged(expected, 200, body)).toBe('as it is');
  });

  test.each<[Expected, string]>([
    ['removed', ''],
    ['ListBucketResult', ''],
    ['ListBucketResult', '<ListBucketResult><Contents>'],
    ['ListBucketResult', '<DeleteResult/>'],
    ['ListBucketResult', `<html>${LISTING}</html>`],
    ['ListBucketResult', `<!DOCTYPE l [<!ENTITY a "aaaa">]>${LISTING}`],
    ['DeleteResult', LISTING],
    ['written', LISTING],
  ])('is none: %s, %s', (expected, body) => {
    expect(judged(expected, 200, body, ETAG)).toBe('not S3');
  });

  test('needs an etag for what was written, and for a file', () => {
    expect(judged('written', 200, '', ETAG)).toBe('as it is');
    expect(judged('object', 200, undefined, ETAG)).toBe('as it is');
    expect(judged('written', 200, '')).toBe('not S3');
    expect(judged('object', 200, undefined)).toBe('not S3');
    expect(judged('object', 200, undefined, { etag: '' })).toBe('not S3');
  });

  test('is not what S3 says when it has removed something', () => {
    expect(judged('removed', 204, '')).toBe('as it is');
    expect(judged('removed', 204, '<html></html>')).toBe('not S3');
  });

  test('may be an error all the same', () => {
    for (const expected of ['written', 'removed', 'ListBucketResult', 'DeleteResult'] as const) {
      expect(judged(expected, 200, ERROR, ETAG)).toBe('as an error');
    }
  });
});

describe('an answer with another status', () => {
  test('is read if it is an error of S3', () => {
    expect(judged('object', 404, ERROR)).toBe('as it is');
    expect(judged('written', 503, ERROR)).toBe('as it is');
  });

  test.each(PAGES)('that is %s tells its status alone', (_, body) => {
    for (const status of [404, 403, 500, 503]) expect(judged('object', status, body)).toBe('by its status');
  });

  test('that redirects is one of S3 only if it says where the bucket is', () => {
    expect(judged('ListBucketResult', 307, '')).toBe('not S3');
    expect(judged('ListBucketResult', 302, '<html>Sign in</html>')).toBe('not S3');
    expect(judged('ListBucketResult', 301, '<Error><Code>PermanentRedirect</Code></Error>')).toBe('as it is');
    expect(judged('object', 301, '', { 'x-amz-bucket-region': 'eu-west-1' })).toBe('by its status');
  });
});
