// What stays behind after many cycles.
import { tmpdir } from 'node:os';
import { filesystemOf } from '../measure/filesystem.js';
import { runWorker } from '../workers/run.js';

export const growth = {
  name: 'growth',
  about: 'memory and files after 100,000 cycles (10,000 with --quick)',

  async run({ folder = tmpdir(), quick, within }) {
    const cycles = quick ? 10_000 : 100_000;
    const rows = [];
    for (const storage of ['disk', 'memory']) {
      const grown = await within(folder, (own) =>
        runWorker('growth.js', { folder: own, storage, cycles }, ['--expose-gc']),
      );
      rows.push({
        name: storage === 'disk' ? `${filesystemOf(folder)}, ${folder}` : 'the memory adapter',
        ...grown,
      });
    }
    return [
      {
        title: `What grows over ${cycles.toLocaleString('en')} cycles of one lock`,
        settings: 'the heap after a garbage collection, and the entries in the ledger',
        columns: [
          { key: 'heapFirst', title: `heap after ${(cycles / 10).toLocaleString('en')}`, unit: 'memory' },
          { key: 'heapLast', title: 'heap at the end', unit: 'memory' },
          {
            key: 'entriesFirst',
            title: `entries after ${(cycles / 10).toLocaleString('en')}`,
            unit: 'count',
          },
          { key: 'entriesLast', title: 'entries at the end', unit: 'count' },
          { key: 'cycle', title: 'a cycle, mean', unit: 'time' },
        ],
        rows,
      },
    ];
  },
};
