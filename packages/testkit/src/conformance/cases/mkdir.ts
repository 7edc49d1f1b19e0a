import type { Case } from '../case.js';
import { demand, demandEqual, demandNames, demandRefusal, resultOf } from '../verdict.js';

/** As many as two cores can keep racing. */
const PROCESSES = 4;

/** The rules of `mkdir`, the one operation that a lock stands on. */
export const mkdirCases: readonly Case[] = [
  {
    name: 'mkdir makes an empty directory',
    async run({ vfs }) {
      await vfs.mkdir('/d');
      await vfs.mkdir('/d/e');
      await demandNames(vfs, '/', ['d'], 'after mkdir');
      await demandNames(vfs, '/d/e', [], 'after mkdir');
      demandEqual((await vfs.stat('/d')).type, 'directory', 'type of what mkdir made');
    },
  },
  {
    name: 'mkdir of what exists is EEXIST, and changes nothing',
    async run({ vfs, open, capabilities: { directories } }) {
      const other = await open();
      await vfs.mkdir('/d');
      await vfs.writeFile('/d/f', 'kept');
      await vfs.writeFile('/f', 'kept');
      for (const client of [vfs, other]) {
        await demandRefusal(() => client.mkdir('/d'), 'mkdir', '/d', 'EEXIST');
        // Where a directory is but a prefix of names, a file of that name is not in its way.
        if (directories === 'virtual') await resultOf(() => client.mkdir('/f'));
        else await demandRefusal(() => client.mkdir('/f'), 'mkdir', '/f', 'EEXIST');
      }
      demandEqual((await vfs.readFile('/d/f')).length, 4, 'size of a file below');
      demandEqual((await vfs.readFile('/f')).length, 4, 'size of the file in the way');
    },
  },
  {
    name: 'mkdir in a missing parent is ENOENT, and makes nothing',
    async run({ vfs, capabilities }) {
      if (capabilities.directories === 'virtual') {
        // Without real directories the parent may not be missed; then the directory must be there.
        const result = await resultOf(() => vfs.mkdir('/no/d'));
        if (result.fulfilled) return demandNames(vfs, '/no', ['d'], 'after mkdir');
      }
      await demandRefusal(() => vfs.mkdir('/no/d'), 'mkdir', '/no/d', 'ENOENT');
      await demandNames(vfs, '/', [], 'after a refused mkdir');
    },
  },
  {
    name: 'mkdir below a file is ENOTDIR or ENOENT',
    async run({ vfs, capabilities }) {
      await vfs.writeFile('/f', 'kept');
      const result = await resultOf(() => vfs.mkdir('/f/d'));
      demand(
        !result.fulfilled || capabilities.directories === 'virtual',
        'mkdir made a directory below a file',
      );
      if (result.fulfilled) return;
      await demandRefusal(() => vfs.mkdir('/f/d'), 'mkdir', '/f/d', 'ENOTDIR', 'ENOENT');
    },
  },
  {
    name: 'mkdir is exclusive among concurrent callers on several clients',
    async run({ vfs, open, settings: { callers, clients, rounds } }) {
      const views = [vfs];
      while (views.length < clients) views.push(await open());
      for (let round = 0; round < rounds; round++) {
        const path = `/race-${round}`;
        const results = await Promise.all(
          Array.from({ length: callers }, (_, caller) =>
            resultOf(() => (views[caller % clients] ?? vfs).mkdir(path)),
          ),
        );
        const won = results.filter(({ fulfilled }) => fulfilled).length;
        demandEqual(won, 1, `winners of ${callers} concurrent mkdir ${path}`);
        for (const result of results) {
          if (!result.fulfilled) {
            await demandRefusal(() => Promise.reject(result.error), 'mkdir', path, 'EEXIST');
          }
        }
      }
    },
  },
  {
    name: 'mkdir is exclusive among several processes',
    needs: 'inProcess',
    async run({ vfs, inProcess, settings: { rounds, patienceMs } }) {
      const paths = Array.from({ length: rounds }, (_, round) => `/race-${round}`);
      const answers = await Promise.all(
        Array.from({ length: PROCESSES }, (_, me) =>
          inProcess({ me, contenders: PROCESSES, paths, patienceMs }),
        ),
      );
      for (const [index, path] of paths.entries()) {
        const codes = answers.map((answer) => answer[index] ?? 'no answer').sort();
        const expected = [...Array<string>(PROCESSES - 1).fill('EEXIST'), 'made'];
        demandEqual(codes, expected, `what ${PROCESSES} processes got of mkdir ${path}`);
        demandEqual((await vfs.stat(path)).type, 'directory', `type of ${path}`);
      }
    },
  },
  {
    name: 'mkdir of a name that was removed works again, and is exclusive again',
    async run({ vfs, open }) {
      const other = await open();
      for (let round = 0; round < 3; round++) {
        await vfs.mkdir('/d');
        await demandRefusal(() => vfs.mkdir('/d'), 'mkdir', '/d', 'EEXIST');
        await other.rm('/d');
      }
    },
  },
  {
    name: 'recursive mkdir makes missing parents, and accepts what is there',
    async run({ vfs }) {
      await vfs.mkdir('/a/b/c', { recursive: true });
      await vfs.mkdir('/a/b/c', { recursive: true });
      await vfs.mkdir('/a', { recursive: true });
      await vfs.mkdir('/', { recursive: true });
      await vfs.mkdir('/a/b/d', { recursive: true });
      await demandNames(vfs, '/a/b', ['c', 'd'], 'after recursive mkdir');
    },
  },
  {
    name: 'recursive mkdir of the same path works for all concurrent callers',
    async run({ vfs, open, settings: { callers } }) {
      const other = await open();
      await Promise.all(
        Array.from({ length: callers }, (_, caller) =>
          (caller % 2 === 0 ? vfs : other).mkdir('/a/b/c', { recursive: true }),
        ),
      );
      await demandNames(vfs, '/a/b', ['c'], 'after recursive mkdir');
    },
  },
  {
    name: 'recursive mkdir over a file is ENOTDIR',
    async run({ vfs, capabilities: { directories } }) {
      await vfs.writeFile('/f', 'kept');
      const make = (): Promise<void> => vfs.mkdir('/f', { recursive: true });
      if (directories === 'virtual') await resultOf(make);
      else await demandRefusal(make, 'mkdir', '/f', 'ENOTDIR');
      demandEqual((await vfs.stat('/f')).type, 'file', 'type of the file in the way');
    },
  },
];
