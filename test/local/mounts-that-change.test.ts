import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { localVFS } from '@holdfast/local';
import type { VFS } from '@holdfast/vfs';
import { describe, expect, it } from 'vitest';
import { canMount, makeDirectory, makeTmpfs } from './places.fixture.js';

/** Every way to make something. */
const makers = (vfs: VFS, folder: string): (() => Promise<unknown>)[] => [
  () => vfs.mkdir(`${folder}/new`),
  () => vfs.mkdir(`${folder}/new/deeper`, { recursive: true }),
  () => vfs.writeFile(`${folder}/new`, 'x'),
  () => vfs.writeFile(`${folder}/new`, 'x', { exclusive: true }),
];

describe.runIf(canMount)('a disk', () => {
  it('that is taken away from a root leaves a folder in which nothing is made', async () => {
    using disk = makeTmpfs();
    await using vfs = localVFS(disk.dir, { create: true });
    await vfs.mkdir('/d');
    execFileSync('umount', ['--lazy', disk.dir]);
    await nextTurn();
    for (const make of makers(vfs, '/d')) await expect(make()).rejects.toMatchObject({ code: 'ECONN' });
    for (const make of makers(vfs, '')) await expect(make()).rejects.toMatchObject({ code: 'ECONN' });
    await expect(vfs.ls('/')).rejects.toMatchObject({ code: 'ECONN' });
    expect(readdirSync(disk.dir)).toEqual([]);
    // What is there now is another place, and can be opened as such.
    execFileSync('mount', ['-t', 'tmpfs', 'holdfast-test', disk.dir]);
    await using again = localVFS(disk.dir);
    await again.mkdir('/d');
  });

  it('that is taken away from below a root is missed there alone', async () => {
    using outer = makeTmpfs();
    const inner = join(outer.dir, 'inner');
    mkdirSync(inner);
    execFileSync('mount', ['-t', 'tmpfs', 'holdfast-inner', inner]);
    await using vfs = localVFS(outer.dir);
    await vfs.mkdir('/inner/d');
    execFileSync('umount', ['--lazy', inner]);
    await nextTurn();
    for (const make of makers(vfs, '/inner')) await expect(make()).rejects.toMatchObject({ code: 'ECONN' });
    expect(readdirSync(inner)).toEqual([]);
    await vfs.mkdir('/beside');
    expect(existsSync(join(outer.dir, 'beside'))).toBe(true);
  });

  it('that is mounted over a folder in use is not used in its place', async () => {
    using place = makeDirectory();
    const folder = join(place.dir, 'locks');
    mkdirSync(folder);
    await using vfs = localVFS(place.dir);
    await vfs.mkdir('/locks/d');
    execFileSync('mount', ['-t', 'tmpfs', 'holdfast-test', folder]);
    try {
      await nextTurn();
      for (const make of makers(vfs, '/locks')) await expect(make()).rejects.toMatchObject({ code: 'ECONN' });
      expect(readdirSync(folder)).toEqual([]);
    } finally {
      execFileSync('umount', [folder]);
    }
    await nextTurn();
    await vfs.mkdir('/locks/e');
    expect(readdirSync(folder).toSorted()).toEqual(['d', 'e']);
  });
});
