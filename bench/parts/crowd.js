// Many processes that wait for one lock.
import { tmpdir } from 'node:os';
import { filesystemOf } from '../measure/filesystem.js';
import { now } from '../measure/clock.js';
import { median, sum } from '../measure/statistics.js';
import { startWorker } from '../workers/run.js';
import { holdfast } from '../locks/holdfast.js';

const HOLDS_MS = [0, 5];
/** All of them have looked often enough by then to have slowed down. */
const SETTLING_MS = 3_000;

export const crowd = {
  name: 'crowd',
  about: '100 processes wait for one lock (20 with --quick)',

  async run({ folder = tmpdir(), quick, within }) {
    const waiters = quick ? 20 : 100;
    const idleMs = quick ? 2_000 : 5_000;
    const passes = await within(folder, (own) => measure(own, waiters, idleMs));
    return [
      {
        title: `${waiters} processes wait for one lock: ${filesystemOf(folder)}, ${folder}`,
        settings:
          `first nothing happens for ${idleMs / 1_000} s, then each has the lock once. ` +
          'CPU of all that wait, the time from the first release until the last one has released',
        columns: [
          { key: 'idleCpu', title: 'CPU, idle', unit: 'percent' },
          { key: 'idleListings', title: 'listings a second, idle', unit: 'count' },
          { key: 'listings', title: 'listings a hand-over', unit: 'count' },
          { key: 'cpu', title: 'CPU a hand-over', unit: 'time' },
          { key: 'handOver', title: 'hand-over, median', unit: 'time' },
          { key: 'total', title: 'all of them', unit: 'time' },
        ],
        rows: passes,
      },
    ];
  },
};

async function measure(folder, waiters, idleMs) {
  const lock = holdfast(folder);
  const crowdOf = [];
  // A few at a time, since each start takes most of a second's work.
  for (let at = 0; at < waiters; at += 4) {
    const some = Array.from({ length: Math.min(4, waiters - at) }, () =>
      startWorker('waiter.js', { folder }),
    );
    crowdOf.push(...some);
    await Promise.all(some.map((worker) => worker.receive('ready')));
  }
  try {
    const rows = [];
    for (const holdMs of HOLDS_MS) rows.push(await onePass(lock, crowdOf, holdMs, idleMs));
    return rows;
  } finally {
    await Promise.all(crowdOf.map((worker) => worker.stop()));
  }
}

async function onePass(lock, crowdOf, holdMs, idleMs) {
  const held = await lock.lock();
  const idleFrom = now() + SETTLING_MS * 1_000;
  const idleUntil = idleFrom + idleMs * 1_000;
  for (const worker of crowdOf) worker.send('wait', { holdMs, idleFrom, idleUntil });
  const idle = await Promise.all(crowdOf.map((worker) => worker.receive('idle')));
  const releasedAt = now();
  await lock.unlock(held);
  const results = await Promise.all(crowdOf.map((worker) => worker.receive('had')));
  const inOrder = results.toSorted((a, b) => a.acquiredAt - b.acquiredAt);
  return {
    name: `holds of ${holdMs} ms`,
    idleCpu: sum(idle.map(({ cpu }) => cpu)) / (idleUntil - idleFrom),
    idleListings: sum(idle.map(({ listings }) => listings)) / (idleMs / 1_000),
    listings: sum(results.map(({ listings }) => listings)) / results.length,
    cpu: sum(results.map(({ cpu }) => cpu)) / results.length,
    handOver: median(inOrder.map((had, at) => had.acquiredAt - (inOrder[at - 1]?.releasedAt ?? releasedAt))),
    total: Math.max(...results.map((had) => had.releasedAt)) - releasedAt,
  };
}
