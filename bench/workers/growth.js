// Takes one lock and gives it back, very often.
import { directoryName } from '@holdfast/lock';
import { memoryVFS } from '@holdfast/memory';
import { localVFS, Lock } from 'holdfast';
import { now, turnOfTheLoop } from '../measure/clock.js';
import { settings, tell } from './boss.js';

const { folder, storage, cycles } = settings;
const vfs = storage === 'memory' ? memoryVFS() : localVFS(folder);
const lock = new Lock(vfs, { id: 'bench' });

async function measure() {
  await turnOfTheLoop();
  globalThis.gc();
  return {
    heap: process.memoryUsage().heapUsed,
    entries: (await vfs.ls(`/${directoryName('bench')}`)).length,
  };
}

async function run(count) {
  for (let cycle = 0; cycle < count; cycle++) {
    const lease = await lock.acquire();
    await lease.release();
  }
}

await run(cycles / 10);
const first = await measure();
const startedAt = now();
await run(cycles - cycles / 10);
const took = now() - startedAt;
const last = await measure();
tell('result', {
  heapFirst: first.heap,
  heapLast: last.heap,
  entriesFirst: first.entries,
  entriesLast: last.entries,
  cycle: took / (cycles - cycles / 10),
});
