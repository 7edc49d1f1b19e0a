import type { CallOptions, Operation, VFS } from '@holdfast/vfs';
import type { Case } from '../case.js';
import { NAMES, NO_PATHS, refusalOf } from '../names.js';
import { demandBytes, demandEqual, demandNames, demandRefusal, utf8 } from '../verdict.js';

/** Every operation that is offered, on `path`, as a call not yet made; `options` are read when it is. */
export function everyOperation(
  vfs: VFS,
  path: string,
  options: CallOptions = {},
): readonly (readonly [op: Operation, call: () => Promise<unknown>])[] {
  const { chtimes, link, rename, watch } = vfs.capabilities;
  const all: readonly (readonly [op: Operation, offered: boolean, call: () => Promise<unknown>])[] = [
    ['mkdir', true, () => vfs.mkdir(path, options)],
    ['mkdir', true, () => vfs.mkdir(path, { ...options, recursive: true })],
    ['writeFile', true, () => vfs.writeFile(path, 'x', options)],
    ['readFile', true, () => vfs.readFile(path, options)],
    ['ls', true, () => vfs.ls(path, options)],
    ['stat', true, () => vfs.stat(path, options)],
    ['rm', true, () => vfs.rm(path, options)],
    ['rm', true, () => vfs.rm(path, { ...options, recursive: true })],
    ['chtimes', chtimes, () => vfs.chtimes(path, new Date(0), new Date(0), options)],
    ['rename', rename, () => vfs.rename(path, '/elsewhere', options)],
    ['link', link, () => vfs.link(path, '/elsewhere', options)],
    ['watch', watch, () => vfs.watch(path, () => undefined, options)],
  ];
  return all.filter(([, offered]) => offered).map(([op, , call]) => [op, call]);
}

/** The rules of paths: what is not one is refused by all operations, what is one is kept to the letter. */
export const pathCases: readonly Case[] = [
  {
    name: 'what is not a path is EINVAL in every operation, and reaches nothing',
    async run({ vfs, open }) {
      await vfs.mkdir('/a');
      await vfs.writeFile('/a/f', 'kept');
      for (const path of NO_PATHS) {
        for (const [op, call] of everyOperation(vfs, path)) await demandRefusal(call, op, path, 'EINVAL');
      }
      const { rename, link } = vfs.capabilities;
      for (const path of NO_PATHS) {
        if (rename) await demandRefusal(() => vfs.rename('/a/f', path), 'rename', path, 'EINVAL');
        if (link) await demandRefusal(() => vfs.link('/a/f', path), 'link', path, 'EINVAL');
      }
      await demandNames(await open(), '/', ['a'], 'after refusals');
      await demandNames(await open(), '/a', ['f'], 'after refusals');
    },
  },
  {
    name: 'a path that is not a string is EINVAL, as a rejection',
    async run({ vfs }) {
      // What a JavaScript caller can do, and TypeScript would keep from it.
      for (const path of [undefined, null, 1] as unknown as string[]) {
        await demandRefusal(() => vfs.stat(path), 'stat', String(path), 'EINVAL');
        await demandRefusal(() => vfs.mkdir(path), 'mkdir', String(path), 'EINVAL');
      }
      await demandNames(vfs, '/', [], 'after refusals');
    },
  },
  {
    name: 'names of directories are kept to the letter',
    async run({ vfs, open, settings: { refuses, hides } }) {
      const other = await open();
      const listed: string[] = [];
      const hidden: string[] = [];
      for (const [kind, name] of NAMES) {
        const path = `/${name}`;
        const refused = refusalOf(refuses, kind, name);
        if (refused !== undefined) {
          await demandRefusal(() => vfs.mkdir(path), 'mkdir', path, refused);
          await demandNames(other, '/', listed, `after mkdir ${path} was refused`);
          continue;
        }
        await vfs.mkdir(path);
        (hides.includes(kind) || hides.includes(name) ? hidden : listed).push(name);
        await demandNames(other, '/', listed, `after mkdir ${path}`);
        await demandRefusal(() => other.mkdir(path), 'mkdir', path, 'EEXIST');
        demandEqual((await other.stat(path)).type, 'directory', `type of ${path}`);
        await vfs.writeFile(`${path}/f`, name);
        demandBytes(await other.readFile(`${path}/f`), utf8(name), `file in ${path}`);
      }
      for (const name of [...listed, ...hidden]) await other.rm(`/${name}`, { recursive: true });
      await demandNames(vfs, '/', [], 'after rm');
    },
  },
  {
    name: 'names of files are kept to the letter',
    async run({ vfs, open, settings: { refuses, refusesFiles, hides } }) {
      const other = await open();
      const listed: string[] = [];
      const hidden: string[] = [];
      for (const [kind, name] of NAMES) {
        const path = `/${name}`;
        const refused = refusalOf(refusesFiles, kind, name) ?? refusalOf(refuses, kind, name);
        if (refused !== undefined) {
          // A storage that takes two names for one would overwrite: only an exclusive call can be refused for that.
          if (refused === 'EEXIST') continue;
          await demandRefusal(() => vfs.writeFile(path, name), 'writeFile', path, refused);
          await demandNames(other, '/', listed, `after writeFile ${path} was refused`);
          continue;
        }
        await vfs.writeFile(path, name);
        (hides.includes(kind) || hides.includes(name) ? hidden : listed).push(name);
      }
      await demandNames(other, '/', listed, 'of names that are kept to the letter');
      for (const name of [...listed, ...hidden]) {
        const path = `/${name}`;
        demandBytes(await other.readFile(path), utf8(name), `file ${path}`);
        demandEqual((await other.stat(path)).size, utf8(name).length, `size of ${path}`);
        await other.rm(path);
        await demandRefusal(() => vfs.stat(path), 'stat', path, 'ENOENT');
      }
      await demandNames(vfs, '/', [], 'after rm');
    },
  },
];
