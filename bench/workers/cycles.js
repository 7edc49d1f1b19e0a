// Takes and gives back locks that nobody else wants.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { promiseHooks } from 'node:v8';
import { now, turnOfTheLoop } from '../measure/clock.js';
import { inTurns } from '../measure/rounds.js';
import { openers } from '../parts/cycle.js';
import { settings, tell } from './boss.js';

const { folder, names, rounds, cycles, storage } = settings;
/** These are for the compiler, which goes on for some ten thousand cycles. */
const WARM_UP_ROUNDS = 200;
const COUNTED_CYCLES = 20;

const open = openers(storage);
const locks = new Map(
  names.map((name, at) => {
    const own = join(folder, `lock-${at}`);
    mkdirSync(own);
    return [name, open[name](own)];
  }),
);
const times = new Map(names.map((name) => [name, []]));

for (let round = -WARM_UP_ROUNDS; round < rounds; round++) {
  for (const [name, { lock, unlock }] of locks) {
    for (let cycle = 0; cycle < cycles; cycle++) {
      const startedAt = now();
      const held = await lock();
      await unlock(held);
      if (round >= 0) times.get(name).push(now() - startedAt);
    }
  }
}
// Counted apart from the times, since counting costs time.
const counts = await inTurns(names, COUNTED_CYCLES, (name) => count(locks.get(name)));
tell(
  'result',
  counts.map((row) => Object.assign(row, { times: times.get(row.name) })),
);

/** @returns how many promises one cycle makes, as V8 counts them (each `await` is one), and turns of the event loop */
async function count({ lock, unlock }) {
  await turnOfTheLoop();
  let promises = 0;
  const before = performance.nodeTiming.uvMetricsInfo.loopCount;
  const stop = promiseHooks.onInit(() => promises++);
  const held = await lock();
  await unlock(held);
  stop();
  return { promises, turns: performance.nodeTiming.uvMetricsInfo.loopCount - before };
}
