// Takes many locks at once, and gives them back at once, twice.
import { LOCKS } from '../locks/index.js';
import { now } from '../measure/clock.js';
import { settings, tell } from './boss.js';

const { name, folder, ids } = settings;
const locks = Array.from({ length: ids }, (_, at) => LOCKS[name](folder, `burst-${at}`));

async function burst() {
  const startedAt = now();
  const held = await Promise.all(locks.map(({ lock }) => lock()));
  const lockedAt = now();
  await Promise.all(locks.map(({ unlock }, at) => unlock(held[at])));
  return [lockedAt - startedAt, now() - lockedAt];
}

const [first, firstReleased] = await burst();
const [again, againReleased] = await burst();
tell('result', { first, firstReleased, again, againReleased });
