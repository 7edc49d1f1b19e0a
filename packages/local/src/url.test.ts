import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { makeTemporary } from '../test/temporary.js';
import { localVFSFromURL } from './url.js';

describe('a file: URL', () => {
  it('names a folder, escapes and all', async () => {
    using temporary = makeTemporary();
    const folder = join(temporary.dir, 'a b#c?%d');
    mkdirSync(folder);
    await localVFSFromURL(pathToFileURL(folder)).mkdir('/x');
    expect(await localVFSFromURL(pathToFileURL(folder).href).ls('/')).toHaveLength(1);
  });

  it.runIf(process.platform !== 'win32').each([
    ['2770', 0o2770],
    ['0770', 0o770],
    ['770', 0o770],
    ['0o2770', 0o2770],
  ])('has a mode in octal: %s', async (text, mode) => {
    using temporary = makeTemporary();
    const url = `${pathToFileURL(temporary.dir).href}?mode=${text}`;
    await localVFSFromURL(url).mkdir('/d');
    expect(statSync(join(temporary.dir, 'd')).mode & 0o7777).toBe(mode);
  });

  it('has other options, over which those of the call go', async () => {
    using temporary = makeTemporary();
    const url = `${pathToFileURL(join(temporary.dir, 'new')).href}?create=true&fsync=false&calls=pool`;
    await expect(localVFSFromURL(url, { create: false }).ls('/')).rejects.toMatchObject({ code: 'ENOENT' });
    expect(await localVFSFromURL(url).ls('/')).toEqual([]);
  });

  it.each([
    ['a mode that is not octal', 'file:///tmp?mode=888'],
    ['a mode in bits', 'file:///tmp?mode=rwx'],
    ['a mode that is too short to be meant so', 'file:///tmp?mode=7'],
    ['a NUL', 'file:///a%00b'],
    ['a NUL in an option', 'file:///tmp?filesystem=local%00'],
    ['an escaped separator', 'file:///a%2Fb'],
    ['a host', 'file://host/tmp'],
    ['a user', 'file://user@localhost/tmp'],
    ['a password', 'file://user:x@localhost/tmp'],
    ['no whole path', 'file:tmp'],
    ['a fragment', 'file:///tmp/a#b'],
    ['an unknown option', 'file:///tmp?tries=1'],
    ['an option that every object has', 'file:///tmp?__proto__=1'],
    ['an unknown filesystem', 'file:///tmp?filesystem=nfs5'],
    ['another scheme', 'http://host/tmp'],
  ])('with %s is refused', (_, url) => {
    expect(() => localVFSFromURL(url)).toThrow(expect.objectContaining({ code: 'EINVAL', op: 'open' }));
  });
});
