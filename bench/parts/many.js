// Many locks, many waiters, many cycles in one process.
import { tmpdir } from 'node:os';
import { filesystemOf } from '../measure/filesystem.js';
import { runWorker } from '../workers/run.js';

const LOCKS_HELD = 10_000;
const WAITERS = 10_000;
/** So that memory is what is in use, not what could be given back. */
const WITH_GC = ['--expose-gc'];

export const many = {
  name: 'many',
  about: '10,000 locks held by one process, and 10,000 that wait for one lock',

  async run({ folder = tmpdir(), quick, within }) {
    const seconds = quick ? 5 : 20;
    const where = `${filesystemOf(folder)}, ${folder}`;
    const held = await within(folder, (own) =>
      runWorker('many-locks.js', { folder: own, count: LOCKS_HELD, seconds }, WITH_GC),
    );
    const waiters = await within(folder, (own) =>
      runWorker('many-waiters.js', { folder: own, count: WAITERS, seconds: seconds / 4 }, WITH_GC),
    );
    return [
      {
        title: `One process holds ${LOCKS_HELD.toLocaleString('en')} locks: ${where}`,
        settings: `for ${seconds} s, every option at its default (a heartbeat every 2 s); CPU of one core`,
        columns: [
          { key: 'cpu', title: 'CPU', unit: 'percent' },
          { key: 'rss', title: 'memory (RSS)', unit: 'memory' },
          { key: 'rssBefore', title: 'before the first', unit: 'memory' },
          { key: 'lost', title: 'lost', unit: 'count' },
          { key: 'acquired', title: 'to get all', unit: 'time' },
          { key: 'released', title: 'to release all', unit: 'time' },
        ],
        rows: [{ name: 'Holdfast', ...held }],
      },
      {
        title: `${WAITERS.toLocaleString('en')} callers in one process wait for one lock: ${where}`,
        settings: `for ${seconds / 4} s, then each has it once`,
        columns: [
          { key: 'cpu', title: 'CPU, idle', unit: 'percent' },
          { key: 'rss', title: 'memory (RSS)', unit: 'memory' },
          { key: 'rssBefore', title: 'before the first', unit: 'memory' },
          { key: 'handOver', title: 'a hand-over', unit: 'time' },
          { key: 'total', title: 'all of them', unit: 'time' },
        ],
        rows: [{ name: 'Holdfast', ...waiters }],
      },
    ];
  },
};
