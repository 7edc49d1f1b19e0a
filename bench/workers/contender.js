// One of several processes that want one lock, again and again until a given moment.
import { setTimeout as sleep } from 'node:timers/promises';
import { LOCKS } from '../locks/index.js';
import { now } from '../measure/clock.js';
import { settings, tell, told } from './boss.js';

const { name, folder, holdMs } = settings;
/** So that the compiler has seen it all before the first look at the clock. */
const WARM_UP_CYCLES = 1_000;

const alone = LOCKS[name](folder, `alone-${process.pid}`);
for (let cycle = 0; cycle < WARM_UP_CYCLES; cycle++) await alone.unlock(await alone.lock());
tell('ready');

const { from, until } = await told('go');
const cpu = Promise.all([from, until].map((moment) => cpuAt(moment)));
const lock = LOCKS[name](folder);
const holds = [];
while (now() < until) {
  const askedAt = now();
  const held = await lock.lock();
  const acquiredAt = now();
  if (holdMs > 0) await sleep(holdMs);
  const releasedAt = now();
  await lock.unlock(held);
  holds.push([askedAt, acquiredAt, releasedAt]);
}
const [first, last] = await cpu;
tell('result', { holds, cpuShare: (last.used - first.used) / (last.at - first.at) });

async function cpuAt(moment) {
  await sleep(Math.max(0, (moment - now()) / 1_000));
  const { user, system } = process.cpuUsage();
  return { at: now(), used: user + system };
}
