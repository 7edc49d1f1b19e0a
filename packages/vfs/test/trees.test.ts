import { memoryVFS } from '@holdfast/memory';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { VFSDriver } from '../src/facade/driver.js';
import { isVFSError, VFSError, type VFSErrorCode } from '../src/errors/error.js';
import { createVFS } from '../src/facade/facade.js';
import type { VFS } from '../src/contract/vfs.js';

interface Driven {
  readonly vfs: VFS;
  /** What reached the driver, such as `mkdir /a`. */
  readonly calls: string[];
}

/** A facade over the operations of a VFS in memory, each of which can be led astray first. */
function driven(before: (call: string, inner: VFS) => unknown = () => undefined): Driven {
  const inner = memoryVFS();
  const calls: string[] = [];
  const step = async (call: string): Promise<void> => {
    calls.push(call);
    await before(call, inner);
  };
  const driver: VFSDriver = {
    adapter: 'fake',
    capabilities: inner.capabilities,
    mkdir: (path) => step(`mkdir ${path}`).then(() => inner.mkdir(path)),
    writeFile: (path, data) => step(`writeFile ${path}`).then(() => inner.writeFile(path, data)),
    readFile: (path) => step(`readFile ${path}`).then(() => inner.readFile(path)),
    ls: (path) => step(`ls ${path}`).then(() => inner.ls(path)),
    stat: (path) => step(`stat ${path}`).then(() => inner.stat(path)),
    rm: (path) => step(`rm ${path}`).then(() => inner.rm(path)),
  };
  return { vfs: createVFS(driver), calls };
}

const refused = (code: VFSErrorCode): VFSError =>
  new VFSError({ code, op: 'mkdir', path: '/?', adapter: 'fake' });

describe('a recursive mkdir', () => {
  test('tries the last directory first', async () => {
    const { vfs, calls } = driven();
    await vfs.mkdir('/a/b/c', { recursive: true });
    expect(calls).toEqual(['mkdir /a/b/c', 'mkdir /a/b', 'mkdir /a', 'mkdir /a/b', 'mkdir /a/b/c']);
    calls.length = 0;
    await vfs.mkdir('/a/b/d', { recursive: true });
    expect(calls).toEqual(['mkdir /a/b/d']);
  });

  test('refuses a file in the way with ENOTDIR', async () => {
    const { vfs } = driven();
    await vfs.writeFile('/f', '');
    await expect(vfs.mkdir('/f', { recursive: true })).rejects.toMatchObject({ code: 'ENOTDIR' });
    await expect(vfs.mkdir('/f/g', { recursive: true })).rejects.toMatchObject({ code: 'ENOTDIR' });
  });

  test('makes a parent again that another removed meanwhile', async () => {
    let removed = false;
    const { vfs } = driven(async (call, inner) => {
      if (call !== 'mkdir /a/b' || removed || (await inner.ls('/')).length === 0) return;
      removed = true;
      await inner.rm('/a');
    });
    await vfs.mkdir('/a/b', { recursive: true });
    expect((await vfs.stat('/a/b')).type).toBe('directory');
    expect(removed).toBe(true);
  });

  test('takes a directory for missing that another removed between mkdir and stat', async () => {
    let removed = false;
    const { vfs } = driven(async (call, inner) => {
      if (call !== 'stat /a' || removed) return;
      removed = true;
      await inner.rm('/a');
    });
    await vfs.mkdir('/a');
    await vfs.mkdir('/a', { recursive: true });
    expect((await vfs.stat('/a')).type).toBe('directory');
    expect(removed).toBe(true);
  });

  test('gives up on a storage that keeps calling a parent missing that is there', async () => {
    const { vfs, calls } = driven((call) => {
      if (call === 'mkdir /a/b') throw refused('ENOENT');
    });
    await expect(vfs.mkdir('/a/b', { recursive: true })).rejects.toMatchObject({ code: 'ENOENT' });
    expect(calls.length).toBeLessThan(20);
  });

  test('hands on other errors at once', async () => {
    const { vfs, calls } = driven((call) => {
      if (call === 'mkdir /a') throw refused('EACCES');
    });
    await expect(vfs.mkdir('/a/b', { recursive: true })).rejects.toMatchObject({ code: 'EACCES' });
    expect(calls).toEqual(['mkdir /a/b', 'mkdir /a']);
  });

  test('goes no further once its caller was let go', async () => {
    const controller = new AbortController();
    const { vfs, calls } = driven((call) => {
      if (call === 'mkdir /a') controller.abort('enough');
    });
    await expect(vfs.mkdir('/a/b/c', { recursive: true, signal: controller.signal })).rejects.toBe('enough');
    await setImmediate();
    expect(calls).toEqual(['mkdir /a/b/c', 'mkdir /a/b', 'mkdir /a']);
  });
});

describe('a recursive rm', () => {
  async function tree(vfs: VFS): Promise<void> {
    await vfs.mkdir('/d/e', { recursive: true });
    for (const path of ['/d/f', '/d/e/g', '/d/e/h']) await vfs.writeFile(path, '');
  }

  test('removes what is below first', async () => {
    const { vfs, calls } = driven();
    await tree(vfs);
    calls.length = 0;
    await vfs.rm('/d', { recursive: true });
    expect(calls.at(-1)).toBe('rm /d');
    expect(calls.indexOf('rm /d/e/g')).toBeLessThan(calls.lastIndexOf('rm /d/e'));
    expect(await vfs.ls('/')).toEqual([]);
  });

  test('does not mind that another removes some of it', async () => {
    const { vfs } = driven(async (call, inner) => {
      if (call === 'rm /d/e/g') await inner.rm('/d/e/g');
    });
    await tree(vfs);
    await vfs.rm('/d', { recursive: true });
    expect(await vfs.ls('/')).toEqual([]);
  });

  test('uses the better way of a driver that has one', async () => {
    const trees: string[] = [];
    const inner = memoryVFS();
    const { capabilities } = inner;
    const plain = (): Promise<never> => Promise.reject(refused('EIO'));
    const vfs = createVFS({
      adapter: 'fake',
      capabilities,
      mkdir: plain,
      writeFile: plain,
      readFile: plain,
      ls: plain,
      stat: plain,
      rm: plain,
      rmTree: async (path) => void trees.push(path),
    });
    await vfs.rm('/d', { recursive: true });
    expect(trees).toEqual(['/d']);
  });

  test('stops at an error, and hands it on', async () => {
    const { vfs } = driven((call) => {
      if (call === 'rm /d/e/g') throw refused('EACCES');
    });
    await tree(vfs);
    await expect(vfs.rm('/d', { recursive: true })).rejects.toSatisfy((error) => isVFSError(error, 'EACCES'));
    expect((await vfs.stat('/d/e/g')).type).toBe('file');
  });

  test('goes no further once its caller was let go', async () => {
    const controller = new AbortController();
    const { vfs, calls } = driven((call) => {
      if (call === 'ls /d') controller.abort('enough');
    });
    await tree(vfs);
    await expect(vfs.rm('/d', { recursive: true, signal: controller.signal })).rejects.toBe('enough');
    await setImmediate();
    expect(calls.slice(-2)).toEqual(['rm /d', 'ls /d']);
    expect(await vfs.ls('/d')).toHaveLength(2);
  });
});
