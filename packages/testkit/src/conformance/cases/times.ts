import type { Case } from '../case.js';
import { demand, demandBytes, demandEqual, demandRefusal, utf8 } from '../verdict.js';

/** Whole even seconds long past: any granularity up to FAT's two seconds can hold them. */
const PAST = new Date(Date.UTC(2020, 1, 3, 4, 5, 6));
const LATER = new Date(PAST.getTime() + 86_400_000);

/** The rules of `chtimes` and of mtimes, as declared. */
export const timesCases: readonly Case[] = [
  {
    name: 'chtimes sets the mtime of a file and of a directory, or is ENOTSUP as declared',
    async run({ vfs, open, capabilities: { chtimes, listing, mtimeGranularityMs } }) {
      const other = await open();
      await vfs.writeFile('/f', 'kept');
      await vfs.mkdir('/d');
      for (const path of ['/f', '/d']) {
        if (!chtimes) {
          const before = await other.stat(path);
          await demandRefusal(() => vfs.chtimes(path, PAST, PAST), 'chtimes', path, 'ENOTSUP');
          demandEqual((await other.stat(path)).mtimeMs, before.mtimeMs, `mtime of ${path} after a refusal`);
          continue;
        }
        for (const time of [LATER, PAST]) {
          await vfs.chtimes(path, time, time);
          const { mtimeMs = Number.NaN } = await other.stat(path);
          const off = Math.abs(mtimeMs - time.getTime());
          demand(off < Math.max(mtimeGranularityMs, 1), `mtime of ${path} is off by ${off} ms after chtimes`);
          const entry = (await other.ls('/')).find(({ name }) => `/${name}` === path);
          if (listing === 'versions' && entry?.mtimeMs !== undefined) {
            const offInListing = Math.abs(entry.mtimeMs - time.getTime());
            demand(
              offInListing < Math.max(mtimeGranularityMs, 1),
              `a listing is off by ${offInListing} ms after chtimes`,
            );
          }
        }
      }
      demandBytes(await vfs.readFile('/f'), utf8('kept'), 'content after chtimes');
    },
  },
  {
    name: 'chtimes of what is missing is ENOENT, with an invalid date EINVAL',
    async run({ vfs, capabilities: { chtimes } }) {
      const [missing, invalid] = chtimes
        ? (['ENOENT', 'EINVAL'] as const)
        : (['ENOTSUP', 'ENOTSUP'] as const);
      await vfs.writeFile('/f', 'x');
      await demandRefusal(() => vfs.chtimes('/no', PAST, PAST), 'chtimes', '/no', missing);
      const never = new Date(Number.NaN);
      await demandRefusal(() => vfs.chtimes('/f', PAST, never), 'chtimes', '/f', invalid);
      await demandRefusal(() => vfs.chtimes('/f', never, PAST), 'chtimes', '/f', invalid);
    },
  },
  {
    name: 'mtimes are multiples of the declared granularity where that is a second or more',
    async run({ vfs, capabilities: { chtimes, mtimeGranularityMs } }) {
      await vfs.writeFile('/f', 'x');
      const odd = new Date(PAST.getTime() + 1337);
      if (chtimes) await vfs.chtimes('/f', odd, odd);
      const { mtimeMs = Number.NaN } = await vfs.stat('/f');
      demand(Number.isFinite(mtimeMs), 'stat has no mtime of a file');
      demand(
        mtimeGranularityMs < 1000 || mtimeMs % mtimeGranularityMs === 0,
        `mtime ${mtimeMs} is finer than the declared ${mtimeGranularityMs} ms`,
      );
    },
  },
];
