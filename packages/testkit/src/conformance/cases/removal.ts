import type { Case } from '../case.js';
import {
  demand,
  demandBytes,
  demandEqual,
  demandNames,
  demandRefusal,
  demandVFSError,
  resultOf,
  utf8,
} from '../verdict.js';

/** The rules of `rm` and `rename`. */
export const removalCases: readonly Case[] = [
  {
    name: 'rm removes a file or an empty directory, and nothing else',
    async run({ vfs }) {
      for (const path of ['/d', '/d2', '/d.free']) await vfs.mkdir(path);
      for (const path of ['/f', '/f2', '/f.beat']) await vfs.writeFile(path, 'x');
      await vfs.rm('/d');
      await vfs.rm('/f');
      await demandNames(vfs, '/', ['d.free', 'd2', 'f.beat', 'f2'], 'after rm');
    },
  },
  {
    name: 'rm of what is missing is ENOENT, also recursively',
    async run({ vfs }) {
      await vfs.mkdir('/dir');
      for (const path of ['/no', '/no/f', '/di', '/dir/no']) {
        await demandRefusal(() => vfs.rm(path), 'rm', path, 'ENOENT');
        await demandRefusal(() => vfs.rm(path, { recursive: true }), 'rm', path, 'ENOENT');
      }
      await vfs.rm('/dir');
      await demandRefusal(() => vfs.rm('/dir'), 'rm', '/dir', 'ENOENT');
    },
  },
  {
    name: 'rm of a filled directory is ENOTEMPTY, and loses nothing',
    async run({ vfs }) {
      await vfs.mkdir('/with-file');
      await vfs.writeFile('/with-file/f', 'kept');
      await vfs.mkdir('/with-dir');
      await vfs.mkdir('/with-dir/d');
      for (const path of ['/with-file', '/with-dir']) {
        await demandRefusal(() => vfs.rm(path), 'rm', path, 'ENOTEMPTY');
      }
      demandBytes(await vfs.readFile('/with-file/f'), utf8('kept'), 'file in the directory');
      await demandNames(vfs, '/with-dir', ['d'], 'after a refused rm');
    },
  },
  {
    name: 'recursive rm removes a whole tree, and nothing beside it',
    async run({ vfs }) {
      await vfs.mkdir('/d/a/b', { recursive: true });
      await vfs.mkdir('/d/c');
      for (const path of ['/d/f', '/d/a/f', '/d/a/b/f', '/d/a/b/#?', '/d/a/b/%2e%2e'])
        await vfs.writeFile(path, 'x');
      await vfs.mkdir('/d2');
      await vfs.writeFile('/d.beat', 'kept');
      await vfs.writeFile('/d2/f', 'kept');
      await vfs.writeFile('/f', 'x');
      await vfs.rm('/d', { recursive: true });
      await vfs.rm('/f', { recursive: true });
      await demandNames(vfs, '/', ['d.beat', 'd2'], 'after recursive rm');
      await demandNames(vfs, '/d2', ['f'], 'beside what was removed');
      await demandRefusal(() => vfs.stat('/d/a'), 'stat', '/d/a', 'ENOENT');
    },
  },
  {
    name: 'rm of the same file by concurrent callers removes it once, and is ENOENT for whoever is late',
    async run({ vfs, open, settings: { callers } }) {
      const other = await open();
      await vfs.writeFile('/f', 'x');
      const results = await Promise.all(
        Array.from({ length: callers }, (_, caller) =>
          resultOf(() => (caller % 2 === 0 ? vfs : other).rm('/f')),
        ),
      );
      demand(
        results.some(({ fulfilled }) => fulfilled),
        'no caller could remove the file',
      );
      for (const result of results) {
        if (result.fulfilled) continue;
        demandVFSError(result.error, 'rm /f');
        demandEqual(result.error.code, 'ENOENT', 'code for a late caller of rm');
      }
      await demandNames(vfs, '/', [], 'after rm');
    },
  },
  {
    name: 'the root can be neither made, nor removed, nor renamed',
    async run({ vfs, capabilities }) {
      await vfs.mkdir('/d');
      await demandRefusal(() => vfs.mkdir('/'), 'mkdir', '/', 'EEXIST');
      await demandRefusal(() => vfs.rm('/'), 'rm', '/', 'EINVAL');
      await demandRefusal(() => vfs.rm('/', { recursive: true }), 'rm', '/', 'EINVAL');
      if (capabilities.rename) await demandRefusal(() => vfs.rename('/', '/e'), 'rename', '/', 'EINVAL');
      await demandNames(vfs, '/', ['d'], 'after refusals');
    },
  },
  {
    name: 'rename moves a file over what is there, or is ENOTSUP as declared',
    async run({ vfs, capabilities }) {
      await vfs.writeFile('/a', 'moved');
      await vfs.writeFile('/b', 'replaced');
      if (!capabilities.rename) {
        await demandRefusal(() => vfs.rename('/a', '/b'), 'rename', '/a', 'ENOTSUP');
        return demandNames(vfs, '/', ['a', 'b'], 'after a refused rename');
      }
      await vfs.rename('/a', '/b');
      await demandNames(vfs, '/', ['b'], 'after rename');
      demandBytes(await vfs.readFile('/b'), utf8('moved'), 'file that was moved');
      await vfs.mkdir('/d');
      await vfs.rename('/b', '/d/c');
      await demandNames(vfs, '/d', ['c'], 'after rename into a directory');
      await demandRefusal(() => vfs.rename('/no', '/x'), 'rename', '/no', 'ENOENT');
    },
  },
];
