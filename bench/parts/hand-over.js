// How long it takes until who waits for a lock has it, once its holder begins to give it back.
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LOCKS } from '../locks/index.js';
import { contend } from '../measure/contention.js';
import { filesystemOf } from '../measure/filesystem.js';
import { inTurns } from '../measure/rounds.js';
import { median } from '../measure/statistics.js';
import { runWorker, startWorker } from '../workers/run.js';

const HOLD_MS = 5;
const WAKE_UP = 'the wake-up alone';

export const handOver = {
  name: 'hand-over',
  about: 'from one who holds the lock to one who waits for it',

  async run({ folder = tmpdir(), quick, within }) {
    const rounds = quick ? 2 : 5;
    const turns = quick ? 100 : 200;
    const names = Object.keys(LOCKS);
    const where = `${filesystemOf(folder)}, ${folder}`;
    const about = `holds of ${HOLD_MS} ms; the median of the rounds`;

    const between = await inTurns([...names, WAKE_UP], rounds, (name) =>
      within(folder, (own) => (name === WAKE_UP ? wakeUp(own, turns) : betweenTwo(name, own, turns))),
    );
    const { handOver: bare } = between.find(({ name }) => name === WAKE_UP);
    for (const row of between) row.timesWakeUp = row.handOver / bare;

    const inside = await inTurns(names, rounds, (name) =>
      within(folder, (own) =>
        runWorker('hand-over-inside.js', { name, folder: own, turns: turns / 2, holdMs: HOLD_MS }),
      ),
    );
    return [
      {
        title: `Hand-over between two processes: ${where}`,
        settings:
          `${rounds} × ${(turns * HOLD_MS) / 1_000} s each, in turns, ${about}. ` +
          `The wake-up: from a link in one process until fs.watch tells another one, which slept ${HOLD_MS} ms`,
        columns: [
          { key: 'handOver', title: 'hand-over', unit: 'time' },
          { key: 'timesWakeUp', title: 'of the wake-up', unit: 'ratio' },
          { key: 'passed', title: 'passed on', unit: 'percent' },
          { key: 'longestWait', title: 'longest wait', unit: 'time' },
        ],
        rows: between,
      },
      {
        title: `Hand-over within one process: ${where}`,
        settings: `${rounds} × ${turns / 2} each, in turns, ${about}`,
        columns: [{ key: 'handOver', title: 'hand-over', unit: 'time' }],
        rows: inside,
      },
    ];
  },
};

function betweenTwo(name, folder, turns) {
  return contend({ name, folder, processes: 2, holdMs: HOLD_MS, measuredMs: turns * HOLD_MS });
}

async function wakeUp(folder, turns) {
  const own = mkdtempSync(join(folder, 'wake-up-'));
  const sleeper = startWorker('wake-up-sleeper.js', { folder: own });
  try {
    await sleeper.receive('ready');
    const linked = await runWorker('wake-up-linker.js', { folder: own, turns, pauseMs: HOLD_MS });
    sleeper.send('end');
    const woken = await sleeper.receive('result');
    return {
      handOver: median(linked.flatMap(([name, at]) => (woken.has(name) ? [woken.get(name) - at] : []))),
    };
  } finally {
    await sleeper.stop();
  }
}
