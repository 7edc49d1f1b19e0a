// A thousand locks at once.
import { tmpdir } from 'node:os';
import { LOCKS } from '../locks/index.js';
import { filesystemOf } from '../measure/filesystem.js';
import { besideHoldfast, inTurns } from '../measure/rounds.js';
import { runWorker } from '../workers/run.js';

const IDS = 1_000;

export const bursts = {
  name: 'bursts',
  about: `${IDS.toLocaleString('en')} locks of different ids, all asked for in one moment`,

  async run({ folder = tmpdir(), quick, within }) {
    const rounds = quick ? 1 : 5;
    const rows = await inTurns(Object.keys(LOCKS), rounds, (name) =>
      within(folder, (own) => runWorker('burst.js', { name, folder: own, ids: IDS })),
    );
    return [
      {
        title: `A burst of ${IDS.toLocaleString('en')} locks in one process: ${filesystemOf(folder)}, ${folder}`,
        settings:
          `${rounds} rounds in turns, each in a new process; the median of the rounds, ` +
          'from the first call to the last answer',
        columns: [
          { key: 'first', title: 'new locks', unit: 'time' },
          { key: 'firstReleased', title: 'unlocked', unit: 'time' },
          { key: 'again', title: 'the same again', unit: 'time' },
          { key: 'againReleased', title: 'unlocked', unit: 'time' },
          { key: 'timesHoldfast', title: 'again, of Holdfast', unit: 'ratio' },
        ],
        rows: besideHoldfast(rows, 'again'),
      },
    ];
  },
};
