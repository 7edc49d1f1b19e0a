import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isVFSError } from '@holdfast/vfs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openVFS } from './open-vfs.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-open-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const refusal = async (...given: Parameters<typeof openVFS>): Promise<string> => {
  const error: unknown = await openVFS(...given).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!isVFSError(error, 'EINVAL')) throw new Error(`not refused as it should be: ${String(error)}`);
  return error.message;
};

describe('openVFS', () => {
  it('opens a folder by a file: URL, as text or as an object', async () => {
    const url = pathToFileURL(folder);
    await using vfs = await openVFS(url);
    await vfs.mkdir('/a');
    await using other = await openVFS(url.href);
    await other.mkdir('/b');
    expect(readdirSync(folder).sort()).toStrictEqual(['a', 'b']);
  });

  it('passes options of the adapter on, from the URL too', async () => {
    const inside = pathToFileURL(join(folder, 'new'));
    await using given = await openVFS(inside, { create: true });
    expect(await given.ls('/')).toStrictEqual([]);
    await using read = await openVFS(`${inside.href}?create=true&deadlineMs=500`);
    expect(await read.ls('/')).toStrictEqual([]);
  });

  it('has one store in memory for each name', async () => {
    const [a, again, b] = [await openVFS('memory:a'), await openVFS('memory:a'), await openVFS('memory:b')];
    await a.mkdir('/x');
    expect(await again.ls('/')).toHaveLength(1);
    expect(await b.ls('/')).toStrictEqual([]);
  });

  it('opens the storages that are reached over a network, and asks nothing of them yet', async () => {
    const opened = await Promise.all([
      openVFS('sftp://ada@host.invalid/locks', { password: 'x', insecureAcceptAnyHostKey: true }),
      openVFS('webdavs://host.invalid/locks', { auth: { type: 'basic', username: 'ada', password: 'x' } }),
      openVFS('webdav://127.0.0.1:1/locks'),
      openVFS('s3://some-bucket/locks?region=eu-north-1'),
    ]);
    expect(opened.map(({ adapter }) => adapter)).toStrictEqual(['sftp', 'webdav', 'webdav', 's3']);
    for (const vfs of opened) await vfs.close();
  });

  it('lists what there is when a scheme or an option is unknown', async () => {
    expect(await refusal('ftp://host/x')).toMatch(/file:.*memory:/);
    expect(await refusal('memory:x', { tries: 1 })).toContain('tries');
    expect(await refusal(`${pathToFileURL(folder).href}?tries=1`)).toContain('deadlineMs');
  });

  it.each([
    ['no URL at all', 'locks'],
    ['an empty text', ''],
    ['a file: URL without a root, which the parser would give one', 'file:locks'],
    ['a fragment, which would be dropped from the path', 'file:///tmp/a#b'],
    ['a name with parameters', 'memory:a?b=c'],
    ['a host', 'memory://host/a'],
  ])('refuses %s', async (_, url) => {
    expect(await refusal(url)).toContain('EINVAL');
  });

  it('refuses a second store for a name', async () => {
    expect(await refusal('memory:x', { store: {} })).toContain('store');
  });

  it.each([
    ['https://host/dav', 'webdavs://'],
    ['http://localhost/dav', 'webdav://'],
    ['ssh://host/folder', 'sftp://'],
    ['smb://host/share', 'file:///'],
  ])('says what to write instead of %s', async (url, instead) => {
    expect(await refusal(url)).toContain(instead);
  });

  it.each([undefined, 7, { href: 'memory:x' }])(
    'refuses %j in place of a URL in a sentence',
    async (given) => {
      expect(await refusal(given as unknown as string)).toContain('EINVAL');
    },
  );

  it('never repeats a password', async () => {
    expect(await refusal('ftp://user:s3cret@host/x')).not.toContain('s3cret');
    // What stands before the first colon may be half of one.
    expect(await refusal('s3cret:x')).not.toContain('s3cret');
    expect(await refusal('memory://user:s3cret@host/x')).not.toContain('s3cret');
  });
});
