import type { Entry, VFS } from '@holdfast/vfs';
import type { Case } from '../case.js';
import { demand, demandEqual, demandNames, demandRefusal, resultOf } from '../verdict.js';

/** So many calls are made at once to fill a directory; adapters queue what is too much for them. */
const AT_ONCE = 16;
/** Listings made while the directory changes. */
const LISTINGS = 5;
/** A view lists as its inner VFS does; a second time in full would only take time. */
const SCOPED_LISTING = 200;

async function fill(vfs: VFS, names: readonly string[]): Promise<void> {
  const left = [...names];
  const worker = async (): Promise<void> => {
    for (let name = left.pop(); name !== undefined; name = left.pop()) {
      await (name.endsWith('.beat') ? vfs.writeFile(`/many/${name}`, name) : vfs.mkdir(`/many/${name}`));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

function demandComplete(entries: readonly Entry[], expected: readonly string[]): void {
  const seen = new Set<string>();
  for (const { name } of entries) {
    demand(!seen.has(name), `ls lists ${name} twice`);
    seen.add(name);
  }
  const missing = expected.filter((name) => !seen.has(name));
  demandEqual(missing.length, 0, `entries of ${expected.length} that ls leaves out`);
}

/** The rules of `ls` and `stat`. */
export const listingCases: readonly Case[] = [
  {
    name: 'ls lists the entries of one directory, with their types',
    async run({ vfs, capabilities }) {
      await demandNames(vfs, '/', [], 'of an empty place');
      await vfs.mkdir('/d');
      await vfs.mkdir('/d/inner');
      await vfs.mkdir('/d2');
      await vfs.writeFile('/d/f', 'four');
      await vfs.writeFile('/d.beat', 'x');
      await vfs.writeFile('/d/inner/deep', 'x');
      const entries = new Map((await vfs.ls('/d')).map((entry) => [entry.name, entry]));
      demandEqual([...entries.keys()].sort(), ['f', 'inner'], 'ls /d');
      const [file, directory] = [entries.get('f'), entries.get('inner')];
      demandEqual([file?.type, directory?.type], ['file', 'directory'], 'types in ls /d');
      if (capabilities.listing === 'versions') {
        demandEqual(file?.size, 4, 'size in a listing of versions');
        demand(
          typeof file?.mtimeMs === 'number' || typeof file?.etag === 'string',
          'a listing of versions has neither mtime nor etag of a file',
        );
      }
      await demandNames(vfs, '/d/inner', ['deep'], 'of a directory in a directory');
      await demandNames(vfs, '/', ['d', 'd.beat', 'd2'], 'of the root');
    },
  },
  {
    name: 'ls of what is missing is ENOENT, of a file ENOTDIR',
    async run({ vfs }) {
      await vfs.writeFile('/file', 'x');
      await demandRefusal(() => vfs.ls('/no'), 'ls', '/no', 'ENOENT');
      await demandRefusal(() => vfs.ls('/no/d'), 'ls', '/no/d', 'ENOENT');
      await demandRefusal(() => vfs.ls('/file'), 'ls', '/file', 'ENOTDIR');
      await demandRefusal(() => vfs.ls('/fil'), 'ls', '/fil', 'ENOENT');
      await demandRefusal(() => vfs.ls('/file/d'), 'ls', '/file/d', 'ENOTDIR', 'ENOENT');
    },
  },
  {
    name: 'ls lists a large directory completely, also while it changes',
    async run({ vfs, open, scoped, settings: { listingSize } }) {
      const size = scoped ? Math.min(listingSize, SCOPED_LISTING) : listingSize;
      const names = Array.from(
        { length: size },
        (_, index) => `${String(index).padStart(12, '0')}${index % 4 === 3 ? '.beat' : ''}`,
      );
      await vfs.mkdir('/many');
      await fill(vfs, names);
      demandComplete(await vfs.ls('/many'), names);
      await demandNames(vfs, '/many', names, 'of a large directory');

      const other = await open();
      const done = new AbortController();
      // Entries come and go before and after the others in any order of names, singly and several at once: a listing
      // read in pages must not skip what moved from one page to another meanwhile.
      const churn = async (): Promise<void> => {
        for (let round = 0; !done.signal.aborted; round++) {
          const passing = Array.from(
            { length: 1 + (round % 4) },
            (_, each) => `/many/${each % 2 ? '~' : '!'}${each}`,
          );
          for (const path of passing) await other.mkdir(path);
          for (const path of passing) await other.rm(path);
        }
      };
      const churning = resultOf(churn);
      try {
        for (let round = 0; round < LISTINGS; round++) demandComplete(await vfs.ls('/many'), names);
      } finally {
        done.abort();
        await churning;
      }
      const churned = await churning;
      demand(churned.fulfilled, 'another client could not make and remove entries of a large directory');
    },
  },
  {
    name: 'stat tells the type and the size',
    async run({ vfs }) {
      await vfs.mkdir('/d');
      await vfs.writeFile('/f', 'three');
      const [root, directory, file] = [await vfs.stat('/'), await vfs.stat('/d'), await vfs.stat('/f')];
      demandEqual([root.type, directory.type, file.type], ['directory', 'directory', 'file'], 'types');
      demandEqual([root.size, directory.size, file.size], [0, 0, 5], 'sizes');
      demand(file.mtimeMs !== undefined && Number.isFinite(file.mtimeMs), 'stat has no mtime of a file');
    },
  },
  {
    name: 'stat of what is missing is ENOENT',
    async run({ vfs }) {
      await vfs.writeFile('/file', 'x');
      await vfs.mkdir('/dir');
      for (const path of ['/no', '/no/f', '/fil', '/di', '/file2', '/dir/no']) {
        await demandRefusal(() => vfs.stat(path), 'stat', path, 'ENOENT');
      }
      await demandRefusal(() => vfs.stat('/file/x'), 'stat', '/file/x', 'ENOTDIR', 'ENOENT');
    },
  },
];
