// Four processes that want one lock all the time.
import { tmpdir } from 'node:os';
import { LOCKS } from '../locks/index.js';
import { contend } from '../measure/contention.js';
import { filesystemOf } from '../measure/filesystem.js';
import { besideHoldfast, inTurns } from '../measure/rounds.js';

const PROCESSES = 4;
const HOLDS_MS = [0, 1, 5];

export const processes = {
  name: 'processes',
  about: `${PROCESSES} processes contend for one lock`,

  async run({ folder = tmpdir(), quick, within }) {
    const rounds = quick ? 1 : 3;
    const measuredMs = quick ? 1_000 : 2_000;
    const tables = [];
    for (const holdMs of HOLDS_MS) {
      const rows = await inTurns(Object.keys(LOCKS), rounds, (name) =>
        within(folder, (own) =>
          contend({
            name,
            folder: own,
            processes: PROCESSES,
            holdMs,
            measuredMs,
            ...(quick && { settlingMs: 500 }),
          }),
        ),
      );
      tables.push({
        title: `${PROCESSES} processes, one lock, holds of ${holdMs} ms: ${filesystemOf(folder)}, ${folder}`,
        settings: `${rounds} × ${measuredMs / 1_000} s each, in turns; the median of the rounds; CPU of all processes`,
        columns: columnsFor(holdMs),
        rows: besideHoldfast(rows, 'grants'),
      });
    }
    return tables;
  },
};

function columnsFor(holdMs) {
  return [
    { key: 'grants', title: 'grants a second', unit: 'count' },
    { key: 'timesHoldfast', title: 'of Holdfast', unit: 'ratio' },
    { key: 'handOver', title: 'hand-over', unit: 'time' },
    ...(holdMs > 0 ? [{ key: 'held', title: 'time held', unit: 'percent' }] : []),
    { key: 'passed', title: 'passed on', unit: 'percent' },
    { key: 'cpu', title: 'CPU', unit: 'percent' },
    { key: 'cpuEach', title: 'CPU a grant', unit: 'time' },
    { key: 'spread', title: 'most / least served', unit: 'ratio' },
    { key: 'longestWait', title: 'longest wait', unit: 'time' },
    { key: 'overlaps', title: 'overlaps', unit: 'count' },
  ];
}
