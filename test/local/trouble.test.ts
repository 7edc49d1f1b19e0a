import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { localVFS, type LocalVFSOptions } from '@holdfast/local';
import type { VFS } from '@holdfast/vfs';
import { describe, expect, it } from 'vitest';
import { canMount, makeReadOnly, makeTmpfs } from './places.fixture.js';

const text = async (bytes: Promise<Uint8Array>): Promise<string> => new TextDecoder().decode(await bytes);

/** Writes until no byte more fits. */
async function fill(vfs: VFS): Promise<void> {
  const block = new Uint8Array(4096);
  for (let count = 0; ; count++) {
    const [result] = await Promise.allSettled([vfs.writeFile(`/fill-${count}`, block, { exclusive: true })]);
    if (result?.status === 'rejected') return;
  }
}

describe.runIf(canMount).each<[string, LocalVFSOptions]>([
  ['as a disk', {}],
  ['as a mount', { filesystem: 'network' }],
])('on a tmpfs %s', (_, options) => {
  it('that is full, a new file is ENOSPC and leaves nothing, and a record of the same length can be rewritten', async () => {
    using place = makeTmpfs('size=64k');
    await using vfs = localVFS(place.dir, options);
    await vfs.writeFile('/beat', 'record 1');
    await fill(vfs);
    const before = (await vfs.ls('/')).map(({ name }) => name).toSorted();
    await expect(vfs.writeFile('/new', 'x', { exclusive: true })).rejects.toMatchObject({
      code: 'ENOSPC',
      outcome: 'failed',
    });
    await vfs.writeFile('/beat', 'record 2');
    await expect(vfs.writeFile('/beat', new Uint8Array(1_000_000))).rejects.toMatchObject({
      code: 'ENOSPC',
      outcome: 'unknown',
    });
    expect((await vfs.ls('/')).map(({ name }) => name).toSorted()).toEqual(before);
    rmSync(join(place.dir, 'fill-0'));
    await vfs.writeFile('/beat', 'record 3');
    expect(await text(vfs.readFile('/beat'))).toBe('record 3');
  });

  it('that has no inode left, a directory is ENOSPC, and there is one again after a removal', async () => {
    using place = makeTmpfs('size=1m,nr_inodes=4');
    await using vfs = localVFS(place.dir, options);
    for (const name of ['a', 'b', 'c']) await vfs.mkdir(`/${name}`);
    await expect(vfs.mkdir('/d')).rejects.toMatchObject({ code: 'ENOSPC', outcome: 'failed' });
    await expect(vfs.writeFile('/d', 'x')).rejects.toMatchObject({ code: 'ENOSPC', outcome: 'failed' });
    await vfs.rm('/a');
    await vfs.mkdir('/d');
  });

  it('that is read-only, a change is EACCES and had no effect, and a look works', async () => {
    using place = makeTmpfs();
    await using vfs = localVFS(place.dir, options);
    await vfs.mkdir('/d');
    await vfs.writeFile('/f', 'kept');
    makeReadOnly(place.dir);
    const changes = [
      vfs.mkdir('/new'),
      vfs.writeFile('/f', 'x'),
      vfs.writeFile('/new', 'x'),
      vfs.writeFile('/new', 'x', { exclusive: true }),
      vfs.chtimes('/f', new Date(0), new Date(0)),
      vfs.rm('/f'),
      vfs.rm('/d'),
      vfs.rename('/f', '/g'),
    ];
    for (const result of await Promise.allSettled(changes)) {
      expect(result).toMatchObject({ status: 'rejected', reason: { code: 'EACCES', outcome: 'failed' } });
    }
    expect((await vfs.ls('/')).map(({ name }) => name).toSorted()).toEqual(['d', 'f']);
    expect(await text(vfs.readFile('/f'))).toBe('kept');
    expect((await vfs.stat('/f')).size).toBe(4);
  });
});
