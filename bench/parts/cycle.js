// What it costs to take a lock that nobody else wants, and to give it back.
import { tmpdir } from 'node:os';
import { bareCalls } from '../locks/bare.js';
import { holdfastInMemory } from '../locks/holdfast.js';
import { LOCKS } from '../locks/index.js';
import { filesystemOf } from '../measure/filesystem.js';
import { median } from '../measure/statistics.js';
import { runWorker } from '../workers/run.js';

const CYCLES_A_ROUND = 50;

export const cycle = {
  name: 'cycle',
  about: 'lock + unlock, nobody else wants the lock',

  async run({ folder, quick, within }) {
    const rounds = quick ? 10 : 40;
    const places = [folder ?? tmpdir(), '/dev/shm'].filter((place) => filesystemOf(place) !== undefined);
    const tables = [];
    for (const place of places) {
      const names = [...Object.keys(LOCKS), 'the file calls alone'];
      const measured = await within(place, (own) => measure(own, names, rounds));
      tables.push(tableOf(`${filesystemOf(place)}, ${place}`, rounds, measured));
    }
    const inMemory = await within(tmpdir(), (own) => measure(own, ['Holdfast'], rounds, 'memory'));
    tables.push(tableOf('the memory adapter', rounds, inMemory));
    return tables;
  },
};

function measure(folder, names, rounds, storage = 'disk') {
  return runWorker('cycles.js', { folder, names, rounds, cycles: CYCLES_A_ROUND, storage });
}

function tableOf(where, rounds, measured) {
  const ours = median(measured[0].times);
  return {
    title: `Lock and unlock, nobody else wants it: ${where}`,
    settings: `${rounds} rounds of ${CYCLES_A_ROUND} cycles each, in one process, in turns; the median cycle`,
    columns: [
      { key: 'median', title: 'a cycle', unit: 'time' },
      { key: 'timesHoldfast', title: 'of Holdfast', unit: 'ratio' },
      { key: 'slowest', title: '95 % below', unit: 'time' },
      { key: 'promises', title: 'promises', unit: 'count' },
      { key: 'turns', title: 'turns of the loop', unit: 'count' },
    ],
    rows: measured.map(({ name, times, promises, turns }) => ({
      name,
      median: median(times),
      timesHoldfast: median(times) / ours,
      slowest: times.toSorted((a, b) => a - b)[Math.floor(times.length * 0.95)],
      promises,
      turns,
    })),
  };
}

/** What the worker opens, by name. */
export function openers(storage) {
  return storage === 'memory'
    ? { Holdfast: holdfastInMemory }
    : { ...LOCKS, 'the file calls alone': bareCalls };
}
