// What it costs to take a lock that nobody else wants, and to give it back.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { CONTESTANTS } from './contestants.js';
import { median } from './median.js';

/** The contestants take turns, so that what disturbs the machine disturbs them all. */
const ROUNDS = 20;
const CYCLES_A_ROUND = 50;

/** @returns microseconds of a cycle at the median, by contestant */
export async function measureCycles(folder) {
  const locks = Object.entries(CONTESTANTS).map(([name, open]) => {
    const own = join(folder, name.replaceAll(' ', ''));
    mkdirSync(own);
    return { name, lock: open(own), times: [] };
  });
  for (let round = -1; round < ROUNDS; round++) {
    for (const { lock, times } of locks) {
      for (let cycle = 0; cycle < CYCLES_A_ROUND; cycle++) {
        const startedAt = process.hrtime.bigint();
        const unlock = await lock();
        await unlock();
        const took = Number(process.hrtime.bigint() - startedAt) / 1_000;
        if (round >= 0) times.push(took); // The first round is for the compiler.
      }
    }
  }
  return Object.fromEntries(locks.map(({ name, times }) => [name, median(times)]));
}
