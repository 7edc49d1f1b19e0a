// Lets several processes contend for one lock for a while, and tells what came of it.
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { startWorker } from '../workers/run.js';
import { now } from './clock.js';
import { median, sum } from './statistics.js';

/** They all contend by then, and the compiler has seen most of what that takes. */
const SETTLING_MS = 4_000;

/** @returns figures of one round: times in microseconds, CPU in cores */
export async function contend({ name, folder, processes, holdMs, measuredMs, settlingMs = SETTLING_MS }) {
  const own = mkdtempSync(join(folder, 'contention-'));
  const workers = Array.from({ length: processes }, () =>
    startWorker('contender.js', { name, folder: own, holdMs }),
  );
  try {
    await Promise.all(workers.map((worker) => worker.receive('ready')));
    const from = now() + settlingMs * 1_000;
    const until = from + measuredMs * 1_000;
    for (const worker of workers) worker.send('go', { from, until });
    const results = await Promise.all(workers.map((worker) => worker.receive('result')));
    return figuresOf(results, from, until);
  } finally {
    await Promise.all(workers.map((worker) => worker.stop()));
  }
}

function figuresOf(results, from, until) {
  const all = results.flatMap(({ holds }, worker) =>
    holds.map(([askedAt, acquiredAt, releasedAt]) => ({ worker, askedAt, acquiredAt, releasedAt })),
  );
  all.sort((a, b) => a.acquiredAt - b.acquiredAt);
  const holds = all.filter(({ acquiredAt }) => acquiredAt >= from && acquiredAt < until);
  const served = results.map((_, worker) => holds.filter((hold) => hold.worker === worker).length);
  const seconds = (until - from) / 1e6;
  const cpu = sum(results.map(({ cpuShare }) => cpuShare));
  const passed = handOvers(all, from, until);
  return {
    grants: holds.length / seconds,
    handOver: median(passed),
    passed: passed.length / holds.length,
    held: sum(holds.map(({ acquiredAt, releasedAt }) => releasedAt - acquiredAt)) / (until - from),
    cpu,
    cpuEach: (cpu * 1e6) / (holds.length / seconds),
    spread: Math.max(...served) / Math.min(...served),
    // Of those too that were still waiting at the end.
    longestWait: Math.max(
      ...all.filter(({ askedAt }) => askedAt < until).map(({ askedAt, acquiredAt }) => acquiredAt - askedAt),
    ),
    overlaps: all.filter(({ acquiredAt }, at) => at > 0 && acquiredAt < all[at - 1].releasedAt).length,
  };
}

/** From the moment that one began to release until another one, which waited by then, had it. */
function handOvers(all, from, until) {
  return all.flatMap(({ worker, askedAt, acquiredAt }, at) => {
    const before = all[at - 1];
    if (before === undefined || before.worker === worker || askedAt > before.releasedAt) return [];
    return acquiredAt >= from && acquiredAt < until ? [acquiredAt - before.releasedAt] : [];
  });
}
