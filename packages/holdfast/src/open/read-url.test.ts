import { describe, expect, it } from 'vitest';
import { readURL } from './read-url.js';

describe('a URL is taken as it is, or refused', () => {
  it.each(['file:///tmp/a', 'FILE:/tmp/a', 'file:///tmp/a%20b%5Cc', 'sftp://ada@host/a b', 'memory:x'])(
    'takes %s',
    (text) => {
      expect(readURL(text, 'linux')).toStrictEqual(new URL(text));
    },
  );

  // Each of these the parser takes for something else.
  it.each([
    ['a folder without a root', 'file:locks'],
    ['a line feed at the end, as a file has it', 'file:///tmp/a\n'],
    ['a tab within', 'file:///tmp/a\tb'],
    ['a space before', ' file:///tmp/a'],
    ['a backslash', String.raw`file:///tmp\a`],
    ['no URL', 'locks'],
    ['nothing', ''],
  ])('refuses %s', (_, text) => {
    expect(readURL(text, 'linux')).toBeTypeOf('string');
  });

  it('takes a backslash where it is what divides folders', () => {
    expect(readURL(String.raw`file:///C:\locks`, 'win32')).toBeInstanceOf(URL);
  });

  it.each(['webdavs://ada:Sup/s3cret@host/dav', 'sftp://ada:Sup?s3cret@host', ' s3://AKIA:s3cret@bucket'])(
    'does not repeat what it refuses: %s',
    (text) => {
      expect(readURL(text)).toBeTypeOf('string');
      expect(readURL(text)).not.toContain('s3cret');
    },
  );
});
