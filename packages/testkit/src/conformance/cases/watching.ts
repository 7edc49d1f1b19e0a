import type { Case } from '../case.js';
import { eventually } from '../eventually.js';
import { demandEqual, demandRefusal } from '../verdict.js';

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
    name: 'watch of what is missing is ENOENT, of a file ENOTDIR',
    async run({ vfs, capabilities }) {
      await vfs.writeFile('/f', 'x');
      const [missing, file] = capabilities.watch
        ? (['ENOENT', 'ENOTDIR'] as const)
        : (['ENOTSUP', 'ENOTSUP'] as const);
      await demandRefusal(() => vfs.watch('/no', () => undefined), 'watch', '/no', missing);
      await demandRefusal(() => vfs.watch('/f', () => undefined), 'watch', '/f', file);
    },
  },
];
