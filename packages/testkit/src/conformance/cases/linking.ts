import type { Case } from '../case.js';
import { demandBytes, demandEqual, demandNames, demandRefusal, resultOf, utf8 } from '../verdict.js';

/** The rules of `link`, as declared. */
export const linkCases: readonly Case[] = [
  {
    name: 'link gives a file a second name that outlives the first, or is ENOTSUP as declared',
    async run({ vfs, open, capabilities }) {
      await vfs.writeFile('/a', 'kept');
      if (!capabilities.link) {
        await demandRefusal(() => vfs.link('/a', '/b'), 'link', '/a', 'ENOTSUP');
        return demandNames(vfs, '/', ['a'], 'after a refused link');
      }
      const other = await open();
      await vfs.mkdir('/d');
      await vfs.link('/a', '/b');
      await other.link('/b', '/d/c');
      await demandNames(other, '/', ['a', 'b', 'd'], 'after link');
      demandEqual((await other.stat('/d/c')).type, 'file', 'type of a second name');
      await other.rm('/a');
      for (const path of ['/b', '/d/c']) demandBytes(await other.readFile(path), utf8('kept'), path);
      await demandNames(vfs, '/', ['b', 'd'], 'after the first name was removed');
    },
  },
  {
    name: 'link is EEXIST where anything has the name, and changes nothing',
    async run({ vfs, open, capabilities, settings: { callers, rounds } }) {
      if (!capabilities.link) return;
      const other = await open();
      await vfs.writeFile('/a', 'a');
      await vfs.writeFile('/f', 'kept');
      await vfs.mkdir('/d');
      for (const path of ['/f', '/d', '/a', '/']) {
        await demandRefusal(() => other.link('/a', path), 'link', '/a', 'EEXIST');
      }
      demandBytes(await other.readFile('/f'), utf8('kept'), 'file in the way');
      for (let round = 0; round < rounds; round++) {
        const results = await Promise.all(
          Array.from({ length: callers }, (_, caller) =>
            resultOf(() => (caller % 2 === 0 ? vfs : other).link('/a', `/race-${round}`)),
          ),
        );
        const won = results.filter(({ fulfilled }) => fulfilled).length;
        demandEqual(won, 1, `winners of concurrent links to /race-${round}`);
      }
    },
  },
  {
    name: 'link of what is missing or into what is missing is ENOENT, of a directory EISDIR',
    async run({ vfs, capabilities }) {
      if (!capabilities.link) return;
      await vfs.writeFile('/a', 'a');
      await vfs.mkdir('/d');
      await demandRefusal(() => vfs.link('/no', '/b'), 'link', '/no', 'ENOENT');
      await demandRefusal(() => vfs.link('/a', '/no/b'), 'link', '/a', 'ENOENT');
      await demandRefusal(() => vfs.link('/d', '/b'), 'link', '/d', 'EISDIR');
      await demandRefusal(() => vfs.link('/', '/b'), 'link', '/', 'EISDIR');
      await demandNames(vfs, '/', ['a', 'd'], 'after refused links');
    },
  },
];
