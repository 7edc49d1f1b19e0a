// Hands a lock over within one process, from one caller to the next.
import { setTimeout as sleep } from 'node:timers/promises';
import { LOCKS } from '../locks/index.js';
import { now } from '../measure/clock.js';
import { median } from '../measure/statistics.js';
import { settings, tell } from './boss.js';

const { name, folder, turns, holdMs } = settings;
/** These are for the compiler. */
const WARM_UP_TURNS = 50;
const lock = LOCKS[name](folder);
const times = [];

let held = await lock.lock();
for (let turn = -WARM_UP_TURNS; turn < turns; turn++) {
  let acquiredAt = 0;
  const next = lock.lock().then((acquired) => {
    acquiredAt = now();
    return acquired;
  });
  await sleep(turn < 0 ? 1 : holdMs);
  const releasedAt = now();
  await lock.unlock(held);
  held = await next;
  if (turn >= 0) times.push(acquiredAt - releasedAt);
}
await lock.unlock(held);
tell('result', { handOver: median(times) });
