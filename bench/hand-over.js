// How long it takes from the moment that one process begins to give a lock back until another one, which waits for
// it, has it.
import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { WAITING } from './contestants.js';
import { median } from './median.js';

const TURNS = 40;
const WORKER = fileURLToPath(new URL('hand-over-worker.js', import.meta.url));

/** @returns microseconds of a hand-over at the median, by contestant */
export async function measureHandOver(folder) {
  const medians = {};
  for (const name of WAITING) {
    const own = join(folder, `${name}-two`);
    mkdirSync(own);
    const logs = await Promise.all([1, 2].map(() => logOf(name, own)));
    medians[name] = median(handOvers(logs));
  }
  return medians;
}

async function logOf(name, folder) {
  const worker = spawn(process.execPath, [WORKER, name, folder, String(TURNS)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return JSON.parse(await text(worker.stdout));
}

/** From the release of one to the next acquisition, if that was the other one's and it had begun to wait before. */
function handOvers(logs) {
  const holds = logs.flatMap((log, worker) => log.map((hold) => Object.assign(hold, { worker })));
  holds.sort((a, b) => a.acquiredAt - b.acquiredAt);
  return holds.flatMap((hold, at) => {
    const before = holds[at - 1];
    if (before === undefined || before.worker === hold.worker || hold.askedAt > before.releasedAt) return [];
    return [hold.acquiredAt - before.releasedAt];
  });
}
