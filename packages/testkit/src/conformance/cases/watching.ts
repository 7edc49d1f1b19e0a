import type { Case } from '../case.js';
import { eventually } from '../eventually.js';
import { demand, demandEqual, demandRefusal } from '../verdict.js';

/** The rules of `watch`, as declared. An event is a hint and may be lost, so the change is repeated until one comes. */
export const watchCases: readonly Case[] = [
  {
    name: 'watch tells of changes until it is closed, or is ENOTSUP as declared',
    async run({ vfs, open, capabilities, scoped, settings: { patienceMs } }) {
      await vfs.mkdir('/d');
      if (!capabilities.watch) {
        await demandRefusal(() => vfs.watch('/d', () => undefined), 'watch', '/d', 'ENOTSUP');
        return;
      }
      const [other, leaving] = [await open(), await open()];
      const told = { first: 0, second: 0, leaving: 0 };
      const first = await vfs.watch('/d', () => (told.first += 1));
      const second = await vfs.watch('/d', () => (told.second += 1));
      await leaving.watch('/d', () => (told.leaving += 1));
      let change = 0;
      const changeUntil = (heard: () => boolean): Promise<true> =>
        eventually(
          async () => {
            await other.mkdir(`/d/${++change}`);
            return heard() || undefined;
          },
          patienceMs,
          'watch has told nothing',
        );
      await changeUntil(() => told.first > 0 && told.second > 0 && told.leaving > 0);
      first.close();
      first.close();
      await leaving.close();
      const before = { ...told };
      await changeUntil(() => told.second > before.second + 1);
      demandEqual(told.first, before.first, 'events after a watcher was closed');
      if (!scoped) demandEqual(told.leaving, before.leaving, 'events after the VFS of a watcher was closed');
      second.close();
    },
  },
  {
    name: 'watch tells names of entries only, of a file that it changed, was linked or removed, and nothing else',
    async run({ vfs, open, capabilities, settings: { patienceMs } }) {
      if (!capabilities.watch) return;
      const other = await open();
      await vfs.mkdir('/d');
      await vfs.writeFile('/d/f', 'x');
      await vfs.writeFile('/d/beside', 'x');
      const names = new Set<string | undefined>();
      const told = { file: 0 };
      const directory = await vfs.watch('/d', (name) => names.add(name));
      const file = await vfs.watch('/d/f', () => (told.file += 1));
      const changes: (readonly [what: string, change: (nth: number) => Promise<void>])[] = [
        ['a change', (nth) => other.writeFile('/d/f', 'y'.repeat(nth + 1))],
      ];
      if (capabilities.link) changes.push(['a link', (nth) => other.link('/d/f', `/d/f-${nth}`)]);
      changes.push(['a removal', async (nth) => (nth === 0 ? other.rm('/d/f') : undefined)]);
      for (const [what, change] of changes) {
        const before = told.file;
        let nth = 0;
        await eventually(
          async () => {
            await change(nth++);
            return told.file > before || undefined;
          },
          patienceMs,
          `watch of a file has not told of ${what}`,
        );
      }
      directory.close();
      file.close();
      for (const name of names) {
        demand(
          name === undefined || /^f(?:-\d+)?$/.test(name),
          `watch told the name ${name}, which did not change`,
        );
      }
    },
  },
  {
    name: 'watch of what is missing is ENOENT',
    async run({ vfs, capabilities }) {
      await vfs.writeFile('/f', 'x');
      const code = capabilities.watch ? 'ENOENT' : 'ENOTSUP';
      await demandRefusal(() => vfs.watch('/no', () => undefined), 'watch', '/no', code);
      await demandRefusal(() => vfs.watch('/no/f', () => undefined), 'watch', '/no/f', code);
    },
  },
];
