import { describe, expect, test } from 'vitest';
import { memoryStore, memoryVFS } from '../src/index.js';

describe('rename', () => {
  test('moves a file, and replaces a file', async () => {
    const vfs = memoryVFS();
    await vfs.writeFile('/a', 'a');
    await vfs.writeFile('/b', 'longer');
    await vfs.rename('/a', '/b');
    expect((await vfs.ls('/')).map(({ name }) => name)).toEqual(['b']);
    expect((await vfs.stat('/b')).size).toBe(1);
  });

  test('moves a directory with what is in it, also over an empty one', async () => {
    const vfs = memoryVFS();
    await vfs.mkdir('/a/inner', { recursive: true });
    await vfs.mkdir('/empty');
    await vfs.rename('/a', '/empty');
    expect((await vfs.ls('/empty')).map(({ name }) => name)).toEqual(['inner']);
    await expect(vfs.ls('/a')).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('onto itself changes nothing', async () => {
    const vfs = memoryVFS();
    await vfs.writeFile('/a', 'a');
    const before = await vfs.stat('/a');
    await vfs.rename('/a', '/a');
    expect(await vfs.stat('/a')).toEqual(before);
  });

  test.each([
    ['a missing file', '/missing', '/x', 'ENOENT'],
    ['into a missing directory', '/file', '/missing/x', 'ENOENT'],
    ['below a file', '/file', '/other/x', 'ENOTDIR'],
    ['a file over a directory', '/file', '/dir', 'EISDIR'],
    ['a directory over a file', '/dir', '/file', 'ENOTDIR'],
    ['a directory over a filled one', '/empty', '/dir', 'ENOTEMPTY'],
    ['a directory into itself', '/dir', '/dir/inner/x', 'EINVAL'],
  ])('of %s is refused, and changes nothing', async (_, from, to, code) => {
    const vfs = memoryVFS();
    await vfs.mkdir('/dir/inner', { recursive: true });
    await vfs.mkdir('/empty');
    await vfs.writeFile('/file', 'x');
    await vfs.writeFile('/other', 'x');
    const before = [await vfs.ls('/'), await vfs.ls('/dir')];
    await expect(vfs.rename(from, to)).rejects.toMatchObject({ code, outcome: 'failed' });
    expect([await vfs.ls('/'), await vfs.ls('/dir')]).toEqual(before);
  });
});

describe('watch', () => {
  test('tells once of changes of one name made at once, of any view, and of none elsewhere', async () => {
    const store = memoryStore();
    const [watching, changing] = [memoryVFS({ store }), memoryVFS({ store })];
    await watching.mkdir('/d/e', { recursive: true });
    const told: unknown[] = [];
    await watching.watch('/d', (name) => told.push(name));
    await Promise.all([
      changing.writeFile('/d/f', 'x'),
      changing.writeFile('/d/f', 'y'),
      changing.mkdir('/d/g'),
    ]);
    expect(told.splice(0)).toEqual(['f', 'g']);
    await changing.writeFile('/d/f', 'z');
    await changing.chtimes('/d/f', new Date(0), new Date(0));
    await changing.link('/d/f', '/d/h');
    await changing.rename('/d/f', '/f');
    await changing.rm('/d/g');
    expect(told.splice(0)).toEqual(['f', 'f', 'h', 'f', 'g']);
    await changing.writeFile('/d/e/deep', '');
    await changing.writeFile('/elsewhere', '');
    await changing.ls('/d');
    expect(told).toEqual([]);
  });

  test('of a file tells when it is written, linked, moved or removed', async () => {
    const vfs = memoryVFS();
    await vfs.writeFile('/f', 'x');
    await vfs.writeFile('/g', 'x');
    const told: unknown[] = [];
    await vfs.watch('/f', (name) => told.push(name));
    await vfs.writeFile('/g', 'y');
    expect(told).toEqual([]);
    await vfs.writeFile('/f', 'y');
    await vfs.link('/f', '/h');
    await vfs.rm('/f');
    expect(told).toEqual([undefined, undefined, undefined]);
  });

  test('tells that the directory itself is gone', async () => {
    const vfs = memoryVFS();
    await vfs.mkdir('/d');
    let told = 0;
    await vfs.watch('/d', () => (told += 1));
    await vfs.rm('/d');
    expect(told).toBe(1);
  });

  test('does not call from within the change, and not after it was closed', async () => {
    const vfs = memoryVFS();
    let told = 0;
    const watcher = await vfs.watch('/', () => (told += 1));
    const change = vfs.mkdir('/d');
    expect(told).toBe(0);
    watcher.close();
    watcher.close();
    await change;
    await vfs.mkdir('/e');
    expect(told).toBe(0);
  });

  test('ends with its own view only', async () => {
    const store = memoryStore();
    const [a, b] = [memoryVFS({ store }), memoryVFS({ store })];
    const told: string[] = [];
    await a.watch('/', () => told.push('a'));
    await b.watch('/', () => told.push('b'));
    await a.close();
    await b.mkdir('/d');
    expect(told).toEqual(['b']);
  });

  test('of what is not there is refused', async () => {
    const vfs = memoryVFS();
    await expect(vfs.watch('/no', () => undefined)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
