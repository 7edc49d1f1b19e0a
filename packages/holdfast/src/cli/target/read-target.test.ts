import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { UsageError } from '../failure.js';
import { readTarget } from './read-target.js';

const read = (named: string, platform: NodeJS.Platform = 'linux'): URL => readTarget(named, '--on', platform);

function refusal(named: string): string {
  try {
    read(named);
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
  throw new Error('it was taken');
}

describe('where the locks are', () => {
  it('is a URL as it is, or the path of a folder, whatever its name holds', () => {
    expect(read('sftp://ada@host/locks')).toStrictEqual(new URL('sftp://ada@host/locks'));
    for (const path of ['/var/a b#?%20', './locks', '..', '.']) {
      expect(read(path)).toStrictEqual(pathToFileURL(path));
    }
  });

  // Each of these would have been a folder that nobody meant.
  it.each([
    ['nothing, as from a variable that is not set', ''],
    ['blanks', '  '],
    ['a home that no shell has replaced', '~/locks'],
    ['a path of Windows elsewhere', String.raw`C:\locks`],
    ['a share of Windows elsewhere', String.raw`\\server\locks`],
    ['a name alone', 'locks'],
    ['an address as scp takes it', 'ada@host:/locks'],
    ['a path with a NUL', '/tmp/a\0b'],
    ['a file: URL without a root', 'file:locks'],
    ['a URL with the line feed of its file', 'file:///tmp/a\n'],
  ])('is not %s', (_, named) => {
    expect(refusal(named)).toMatch(/^--on/);
  });

  it.each([
    'webdavs://ada:Sup/s3cret@host/dav',
    'webdavs://ada:Sup#s3cret@host/dav',
    'sftp://ada:Sup?s3cret@host/dav',
    ' webdavs://ada:s3cret@a host/dav',
    's3cret',
    's3cret@host:x',
  ])('is never repeated where it is not understood: %s', (named) => {
    expect(refusal(named)).not.toContain('s3cret');
  });
});
