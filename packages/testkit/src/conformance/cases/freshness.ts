import type { Entry } from '@holdfast/vfs';
import type { Case } from '../case.js';
import { demand, demandBytes, demandEqual, demandNames, demandRefusal, utf8 } from '../verdict.js';

const ROUNDS = 10;

function versionOf(entry: Entry | undefined): string {
  return JSON.stringify([entry?.size, entry?.mtimeMs, entry?.etag]);
}

/** Whatever one client did, another sees at once, even if it has just looked. */
export const freshnessCases: readonly Case[] = [
  {
    name: 'ls sees at once what another client made and removed',
    async run({ vfs, open }) {
      const other = await open();
      await vfs.mkdir('/d');
      for (let round = 0; round < ROUNDS; round++) {
        await demandNames(other, '/d', [], `before round ${round}`);
        await vfs.mkdir(`/d/${round}`);
        await demandNames(other, '/d', [`${round}`], `after mkdir by another client, round ${round}`);
        await vfs.writeFile(`/d/${round}.beat`, 'x');
        await demandNames(other, '/d', [`${round}`, `${round}.beat`], `after writeFile, round ${round}`);
        await vfs.rm(`/d/${round}`);
        await vfs.rm(`/d/${round}.beat`);
      }
      await demandNames(other, '/d', [], 'after rm by another client');
    },
  },
  {
    name: 'stat sees at once what another client made, rewrote and removed',
    async run({ vfs, open }) {
      const other = await open();
      for (let round = 0; round < ROUNDS; round++) {
        await demandRefusal(() => other.stat('/f'), 'stat', '/f', 'ENOENT');
        await vfs.writeFile('/f', 'a'.repeat(round + 1));
        demandEqual((await other.stat('/f')).size, round + 1, 'size after writeFile by another client');
        await vfs.writeFile('/f', 'b'.repeat(round + 2));
        demandEqual((await other.stat('/f')).size, round + 2, 'size after a rewrite by another client');
        await vfs.rm('/f');
      }
    },
  },
  {
    name: 'readFile sees at once what another client wrote, rewrote and removed',
    async run({ vfs, open }) {
      const other = await open();
      for (let round = 0; round < ROUNDS; round++) {
        await demandRefusal(() => other.readFile('/f'), 'readFile', '/f', 'ENOENT');
        for (const text of [`first ${round}`, `again ${round}`, `longer than before ${round}`]) {
          await vfs.writeFile('/f', text);
          demandBytes(await other.readFile('/f'), utf8(text), 'content written by another client');
        }
        await vfs.rm('/f');
      }
    },
  },
  {
    name: 'mkdir sees at once what another client made and removed',
    async run({ vfs, open }) {
      const other = await open();
      for (let round = 0; round < ROUNDS; round++) {
        await vfs.mkdir('/d');
        await demandRefusal(() => other.mkdir('/d'), 'mkdir', '/d', 'EEXIST');
        await vfs.writeFile('/d/f', 'x');
        await demandRefusal(() => other.rm('/d'), 'rm', '/d', 'ENOTEMPTY');
        await vfs.rm('/d/f');
        await other.rm('/d');
      }
    },
  },
  {
    name: 'a listing of versions shows at once that another client rewrote a file',
    async run({ vfs, open, capabilities, settings: { weakEtag } }) {
      const other = await open();
      const entryOf = async (): Promise<Entry> => {
        const entry = (await other.ls('/')).find(({ name }) => name === 'f');
        demand(entry !== undefined, 'ls leaves out a file');
        return entry;
      };
      await vfs.writeFile('/f', 'x');
      for (let round = 0; round < ROUNDS; round++) {
        const before = await entryOf();
        await vfs.writeFile('/f', `${round}`.padStart(round + 2));
        const longer = await entryOf();
        if (capabilities.listing === 'versions') {
          demand(
            versionOf(longer) !== versionOf(before),
            `a longer file keeps its version ${versionOf(before)}`,
          );
        }
        if (longer.size !== undefined) demandEqual(longer.size, round + 2, 'size in a listing');
        await vfs.writeFile('/f', `${round + 1}`.padEnd(round + 2));
        const same = await entryOf();
        if (longer.etag !== undefined && !weakEtag) {
          demand(
            same.etag !== longer.etag,
            `etag ${longer.etag} stays when other bytes of the same size are written`,
          );
        }
      }
    },
  },
  {
    name: 'stat and ls agree on size and etag',
    async run({ vfs }) {
      await vfs.writeFile('/f', 'four');
      const info = await vfs.stat('/f');
      const entry = (await vfs.ls('/')).find(({ name }) => name === 'f');
      if (entry?.size !== undefined) demandEqual(entry.size, info.size, 'size in ls and in stat');
      if (entry?.etag !== undefined) demandEqual(entry.etag, info.etag, 'etag in ls and in stat');
    },
  },
];
