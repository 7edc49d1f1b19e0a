import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { localVFS } from '../src/open.js';
import { makeTemporary } from './temporary.js';

describe('the root', () => {
  it('that is missing is an error with advice, until it is there', async () => {
    using temporary = makeTemporary();
    const { dir } = temporary;
    const vfs = localVFS(join(dir, 'a/b'));
    await expect(vfs.ls('/')).rejects.toMatchObject({
      code: 'ENOENT',
      advice: expect.stringContaining('create'),
    });
    await expect(vfs.mkdir('/x')).rejects.toMatchObject({ code: 'ENOENT', outcome: 'failed' });
    mkdirSync(join(dir, 'a/b'), { recursive: true });
    expect(await vfs.ls('/')).toEqual([]);
  });

  it('is made with its parents on first use if asked for', async () => {
    using temporary = makeTemporary();
    const { dir } = temporary;
    const vfs = localVFS(join(dir, 'a/b'), { create: true });
    expect(existsSync(join(dir, 'a'))).toBe(false);
    await vfs.mkdir('/x');
    expect(existsSync(join(dir, 'a/b/x'))).toBe(true);
  });

  it('is not made again after somebody removed it, so that a late write brings nothing back', async () => {
    using temporary = makeTemporary();
    const { dir } = temporary;
    const vfs = localVFS(join(dir, 'a'), { create: true });
    await vfs.ls('/');
    rmSync(join(dir, 'a'), { recursive: true });
    await expect(vfs.writeFile('/f', 'x')).rejects.toMatchObject({ code: 'ENOENT' });
    expect(existsSync(join(dir, 'a'))).toBe(false);
  });

  it('is not made by a recursive mkdir unless asked for, and is named where it is missing', async () => {
    using temporary = makeTemporary();
    const root = join(temporary.dir, 'a/b');
    for (const path of ['/', '/locks', '/locks/deep']) {
      await expect(localVFS(root).mkdir(path, { recursive: true })).rejects.toMatchObject({
        code: 'ENOENT',
        detail: expect.stringContaining(root),
      });
    }
    expect(existsSync(join(temporary.dir, 'a'))).toBe(false);
    const vfs = localVFS(root, { create: true });
    await vfs.mkdir('/', { recursive: true });
    await vfs.mkdir('/', { recursive: true });
    expect(await vfs.ls('/')).toEqual([]);
  });

  it('that goes away later is named, whatever is asked for', async () => {
    using temporary = makeTemporary();
    const root = join(temporary.dir, 'a');
    const vfs = localVFS(root, { create: true });
    await vfs.mkdir('/d');
    await vfs.writeFile('/d/f', 'x');
    rmSync(root, { recursive: true });
    const calls = [
      () => vfs.ls('/d'),
      () => vfs.ls('/'),
      () => vfs.stat('/d/f'),
      () => vfs.readFile('/d/f'),
      () => vfs.writeFile('/d/f', 'y'),
      () => vfs.writeFile('/d/g', 'y', { exclusive: true }),
      () => vfs.mkdir('/e'),
      () => vfs.mkdir('/d/e', { recursive: true }),
      () => vfs.link('/d/f', '/d/g'),
      () => vfs.rename('/d/f', '/d/g'),
      () => vfs.rm('/d/f'),
      () => vfs.chtimes('/d/f', new Date(0), new Date(0)),
      () => vfs.watch('/d', () => undefined),
    ];
    for (const call of calls) {
      await expect(call()).rejects.toMatchObject({ code: 'ENOENT', detail: expect.stringContaining(root) });
    }
    expect(existsSync(root)).toBe(false);
  });

  it('that another directory has replaced is that one', async () => {
    using temporary = makeTemporary();
    const root = join(temporary.dir, 'a');
    mkdirSync(join(root, 'd'), { recursive: true });
    const vfs = localVFS(root);
    await vfs.ls('/d');
    renameSync(root, join(temporary.dir, 'old'));
    mkdirSync(root);
    await expect(vfs.ls('/d')).rejects.toMatchObject({ code: 'ENOENT' });
    await vfs.mkdir('/new');
    expect(readdirSync(root)).toEqual(['new']);
  });

  it('may be a file: URL or a relative path', async () => {
    using temporary = makeTemporary();
    const { dir } = temporary;
    writeFileSync(join(dir, 'f'), '');
    for (const root of [pathToFileURL(dir), pathToFileURL(dir).href, join(dir, '.', 'x', '..')]) {
      expect(await localVFS(root).ls('/')).toHaveLength(1);
    }
  });

  it('is named in every error', async () => {
    using temporary = makeTemporary();
    const { dir } = temporary;
    for (const options of [{}, { calls: 'pool' }, { filesystem: 'network', isolate: false }] as const) {
      const error: unknown = await localVFS(dir, options)
        .ls('/no')
        .catch((reason: unknown) => reason);
      expect(error).toMatchObject({ code: 'ENOENT', place: dir });
      expect(String(error)).toContain(dir);
    }
  });

  it('that is a file is refused', async () => {
    using temporary = makeTemporary();
    const { dir } = temporary;
    writeFileSync(join(dir, 'f'), '');
    await expect(localVFS(join(dir, 'f')).ls('/')).rejects.toMatchObject({ code: 'ENOTDIR' });
    await expect(localVFS(join(dir, 'f')).mkdir('/a')).rejects.toMatchObject({ code: 'ENOTDIR' });
  });
});
