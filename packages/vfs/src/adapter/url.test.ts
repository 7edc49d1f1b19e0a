import { describe, expect, test } from 'vitest';
import { VFSError } from '../errors/error.js';
import { parseURL, type URLRules } from './url.js';

const RULES = {
  adapter: 'some',
  schemes: ['some:', 'somes:'],
  form: 'some://user@host/folder',
  options: { keyPath: 'text', fingerprints: 'list', careless: 'flag', deadlineMs: 'number', mode: 'octal' },
  secrets: 'Put it into SOME_PASSWORD',
} as const satisfies URLRules<Record<string, 'text' | 'list' | 'flag' | 'number' | 'octal'>>;

function refusalOf(url: string): VFSError {
  try {
    parseURL(url, RULES);
  } catch (error) {
    if (error instanceof VFSError) return error;
  }
  return expect.unreachable('the URL should have been refused');
}

describe('a URL', () => {
  test('is taken apart, and decoded', () => {
    expect(
      parseURL('some://a%40b@[::1]:99/x%20y/%25?keyPath=/k+1&fingerprints=SHA256:a+b,c&careless=true', RULES),
    ).toEqual({
      scheme: 'some:',
      user: 'a@b',
      host: '::1',
      port: 99,
      path: '/x y/%',
      encodedPath: '/x%20y/%25',
      options: { keyPath: '/k+1', fingerprints: ['SHA256:a+b', 'c'], careless: true },
    });
  });

  test('has numbers as numbers, and permission bits in octal', () => {
    const { options } = parseURL('somes://host/?deadlineMs=1500&mode=2770', RULES);
    expect(options).toEqual({ deadlineMs: 1500, mode: 0o2770 });
    expect(parseURL('somes://host/?mode=0o755', RULES).options.mode).toBe(0o755);
  });

  test.each([
    ['no URL', 'nowhere'],
    ['another scheme', 'other://host/'],
    ['a password', 'some://user:s3cret@host/'],
    ['a secret option', 'some://host/?password=s3cret'],
    ['a secret option of another case', 'some://host/?secretAccessKey=s3cret'],
    ['a fragment', 'some://host/a#s3cret'],
    ['an unknown option', 'some://host/?s3cret=1'],
    ['an option twice', 'some://host/?mode=700&mode=s3cret'],
    ['an option that every object has', 'some://host/?constructor=s3cret'],
    ['a number that is none', 'some://host/?deadlineMs=s3cret'],
    ['a mode that is not octal', 'some://host/?mode=888'],
    ['a mode that says nothing', 'some://host/?mode='],
    ['a flag that is none', 'some://host/?careless=yes-s3cret'],
    ['a broken escape', 'some://host/s3cret%'],
    ['a NUL', 'some://host/s3cret%00b'],
    ['a NUL in an option', 'some://host/?keyPath=s3cret%00'],
  ])('with %s is refused, without a word of what it holds', (_, url) => {
    const error = refusalOf(url);
    expect(error).toMatchObject({ code: 'EINVAL', adapter: 'some' });
    expect(`${error.message} ${String(error.cause)}`).not.toContain('s3cret');
  });

  test('with a password says where that goes instead', () => {
    expect(refusalOf('some://user:x@host/').advice).toBe(RULES.secrets);
    expect(refusalOf('some://host/?token=x').advice).toBe(RULES.secrets);
  });
});
