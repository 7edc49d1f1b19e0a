import {
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { scoped, type VFS } from '@holdfast/vfs';
import { describe, expect, it } from 'vitest';
import { localVFS } from '../src/open.js';
import { makeTemporary, type Temporary } from './temporary.js';

/** `root` is opened; `outside` lies beside it and holds the file `secret`. */
interface Prison extends Temporary {
  readonly root: string;
  readonly outside: string;
}

function makePrison(): Prison {
  const temporary = makeTemporary();
  const [root, outside] = [join(temporary.dir, 'root'), join(temporary.dir, 'outside')];
  mkdirSync(root);
  mkdirSync(outside);
  writeFileSync(join(outside, 'secret'), 'secret');
  return { ...temporary, root, outside };
}

/** Every operation, on a path. */
const OPERATIONS: Record<string, (vfs: VFS, path: string) => Promise<unknown>> = {
  mkdir: (vfs, path) => vfs.mkdir(path),
  'mkdir, recursive': (vfs, path) => vfs.mkdir(path, { recursive: true }),
  writeFile: (vfs, path) => vfs.writeFile(path, 'mine'),
  'writeFile, exclusive': (vfs, path) => vfs.writeFile(path, 'mine', { exclusive: true }),
  readFile: (vfs, path) => vfs.readFile(path),
  chtimes: (vfs, path) => vfs.chtimes(path, new Date(0), new Date(0)),
  ls: (vfs, path) => vfs.ls(path),
  stat: (vfs, path) => vfs.stat(path),
  rm: (vfs, path) => vfs.rm(path),
  'rm, recursive': (vfs, path) => vfs.rm(path, { recursive: true }),
  'rename from': (vfs, path) => vfs.rename(path, '/moved'),
  'rename to': async (vfs, path) => {
    await vfs.writeFile('/movable', '');
    await vfs.rename('/movable', path);
  },
  watch: (vfs, path) => vfs.watch(path, () => undefined),
};

const view = (root: string): VFS => localVFS(root);

describe.runIf(process.platform !== 'win32')('a link that leads out of the root', () => {
  it.for(Object.keys(OPERATIONS))('is not gone through as a parent by %s', async (name) => {
    using prison = makePrison();
    const { root, outside } = prison;
    symlinkSync(outside, join(root, 'link'));
    for (const target of ['/link/secret', '/link/new']) {
      await expect(OPERATIONS[name]?.(view(root), target)).rejects.toMatchObject({
        code: 'EACCES',
        outcome: 'failed',
      });
    }
    expect(readdirSync(outside)).toEqual(['secret']);
    expect(readFileSync(join(outside, 'secret'), 'utf8')).toBe('secret');
  });

  it.for(['writeFile', 'readFile', 'chtimes', 'stat'])('is not followed to a file by %s', async (name) => {
    using prison = makePrison();
    const { root, outside } = prison;
    symlinkSync(join(outside, 'secret'), join(root, 'link'));
    await expect(OPERATIONS[name]?.(view(root), '/link')).rejects.toMatchObject({ code: 'EACCES' });
    expect(readFileSync(join(outside, 'secret'), 'utf8')).toBe('secret');
  });

  it.for(['ls', 'stat', 'chtimes', 'watch', 'mkdir, recursive'])(
    'is not followed to a directory by %s',
    async (name) => {
      using prison = makePrison();
      const { root, outside } = prison;
      symlinkSync(outside, join(root, 'link'));
      await expect(OPERATIONS[name]?.(view(root), '/link')).rejects.toMatchObject({ code: 'EACCES' });
    },
  );

  it.for(['mkdir', 'writeFile, exclusive'])('counts as a taken name to %s', async (name) => {
    using prison = makePrison();
    const { root, outside } = prison;
    symlinkSync(join(outside, 'new'), join(root, 'link'));
    await expect(OPERATIONS[name]?.(view(root), '/link')).rejects.toMatchObject({ code: 'EEXIST' });
    expect(readdirSync(outside)).toEqual(['secret']);
  });

  it('and points at nothing makes no file out there', async () => {
    using prison = makePrison();
    const { root, outside } = prison;
    symlinkSync(join(outside, 'new'), join(root, 'link'));
    await expect(view(root).writeFile('/link', 'mine')).rejects.toMatchObject({ code: 'EACCES' });
    expect(readdirSync(outside)).toEqual(['secret']);
  });

  it.for(['rm', 'rm, recursive', 'rename to'])('is itself what %s removes or replaces', async (name) => {
    using prison = makePrison();
    const { root, outside } = prison;
    symlinkSync(outside, join(root, 'link'));
    await OPERATIONS[name]?.(view(root), '/link');
    expect(readdirSync(root)).toEqual(name === 'rename to' ? ['link'] : []);
    expect(readFileSync(join(outside, 'secret'), 'utf8')).toBe('secret');
  });

  it('is removed, not followed, with the tree it lies in', async () => {
    using prison = makePrison();
    const { root, outside } = prison;
    mkdirSync(join(root, 'd/e'), { recursive: true });
    symlinkSync(outside, join(root, 'd/e/link'));
    await view(root).rm('/d', { recursive: true });
    expect([readdirSync(root), readdirSync(outside)]).toEqual([[], ['secret']]);
  });

  it('to a directory whose name begins like the root is refused too', async () => {
    using prison = makePrison();
    const { dir, root } = prison;
    mkdirSync(join(dir, 'rootling'));
    symlinkSync(join(dir, 'rootling'), join(root, 'link'));
    await expect(view(root).ls('/link')).rejects.toMatchObject({ code: 'EACCES' });
  });

  it('does not open a way around a scoped view', async () => {
    using prison = makePrison();
    const { root } = prison;
    mkdirSync(join(root, 'a'));
    mkdirSync(join(root, 'b'));
    symlinkSync(join(root, 'b'), join(root, 'a/link'));
    // Inside the root it may lead anywhere: `scoped` is a view, the root is the jail.
    expect(await scoped(view(root), '/a').ls('/link')).toEqual([]);
  });

  it('that takes the place of the root later is refused', async () => {
    using prison = makePrison();
    const { dir, root, outside } = prison;
    const vfs = view(root);
    await vfs.ls('/');
    // What was seen counts for the calls of one turn of the event loop.
    await nextTurn();
    renameSync(root, join(dir, 'away'));
    symlinkSync(outside, root);
    await expect(vfs.readFile('/secret')).rejects.toMatchObject({ code: 'EACCES' });
  });
});

describe.runIf(process.platform !== 'win32')('a link that stays inside the root', () => {
  it('works, as a parent and at the end', async () => {
    using prison = makePrison();
    const { root } = prison;
    const vfs = localVFS(root);
    mkdirSync(join(root, 'real'));
    symlinkSync('real', join(root, 'link'));
    symlinkSync(join(root, 'real/f'), join(root, 'file'));
    await vfs.writeFile('/link/f', 'first');
    await vfs.writeFile('/file', 'second');
    expect(new TextDecoder().decode(await vfs.readFile('/real/f'))).toBe('second');
    expect(await vfs.stat('/file')).toMatchObject({ type: 'file', size: 6 });
    expect(await vfs.ls('/link')).toEqual([{ name: 'f', type: 'file' }]);
    expect((await vfs.ls('/')).find(({ name }) => name === 'link')).toEqual({ name: 'link', type: 'other' });
    await vfs.mkdir('/link/d');
    await vfs.rm('/link/d');
    await vfs.chtimes('/file', new Date(1000), new Date(2000));
    expect((await vfs.stat('/real/f')).mtimeMs).toBe(2000);
  });

  it('but points at nothing is neither absent nor there, and is not written through', async () => {
    using prison = makePrison();
    const { root } = prison;
    symlinkSync('nowhere', join(root, 'link'));
    const vfs = localVFS(root);
    await expect(vfs.readFile('/link')).rejects.toMatchObject({ code: 'EACCES' });
    await expect(vfs.ls('/link')).rejects.toMatchObject({ code: 'EACCES' });
    await expect(vfs.stat('/link')).rejects.toMatchObject({ code: 'EACCES' });
    await expect(vfs.mkdir('/link/d')).rejects.toMatchObject({ code: 'EACCES' });
    await expect(vfs.writeFile('/link', 'x')).rejects.toMatchObject({ code: 'EACCES' });
    await vfs.rm('/link');
    expect(await vfs.ls('/')).toEqual([]);
  });

  it('but leads in a circle is refused', async () => {
    using prison = makePrison();
    const { root } = prison;
    symlinkSync('b', join(root, 'a'));
    symlinkSync('a', join(root, 'b'));
    const vfs = localVFS(root);
    await expect(vfs.readFile('/a')).rejects.toMatchObject({ code: 'EINVAL' });
    await expect(vfs.mkdir('/a/x')).rejects.toMatchObject({ code: 'EINVAL' });
  });

  it('may be the root itself', async () => {
    using prison = makePrison();
    const { dir, root } = prison;
    symlinkSync(root, join(dir, 'alias'));
    const vfs = localVFS(join(dir, 'alias'));
    await vfs.writeFile('/f', 'x');
    expect(readdirSync(root)).toEqual(['f']);
    rmSync(join(dir, 'alias'));
    expect(await vfs.ls('/')).toHaveLength(1);
  });
});

describe.runIf(process.platform !== 'win32')('a name that no path may have', () => {
  it('is listed, and removed with the tree it lies in', async () => {
    using prison = makePrison();
    const { root } = prison;
    mkdirSync(join(root, 'd/e'), { recursive: true });
    for (const name of ['a\\b', '\u{1b}[2J', 'tab\there', '..\\..\\outside']) {
      writeFileSync(join(root, 'd/e', name), '');
      mkdirSync(join(root, 'd', name));
    }
    expect(await view(root).ls('/d/e')).toHaveLength(4);
    await view(root).rm('/d', { recursive: true });
    expect(readdirSync(root)).toEqual([]);
  });
});

describe('a hard link', () => {
  it('is a file like any other', async () => {
    using prison = makePrison();
    const { root, outside } = prison;
    linkSync(join(outside, 'secret'), join(root, 'same'));
    expect(new TextDecoder().decode(await localVFS(root).readFile('/same'))).toBe('secret');
  });
});
