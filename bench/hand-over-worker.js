import { setTimeout as sleep } from 'node:timers/promises';
import { CONTESTANTS } from './contestants.js';

const HOLD_MS = 50;
const PAUSE_MS = 30;

const [, , name = '', folder = '', turns = '0'] = process.argv;
const lock = CONTESTANTS[name](folder);
const now = () => Number(process.hrtime.bigint()) / 1_000;
const holds = [];

for (let turn = 0; turn < Number(turns); turn++) {
  const askedAt = now();
  const unlock = await lock();
  const acquiredAt = now();
  await sleep(HOLD_MS + Math.random() * 20); // Long enough for the other one to have begun to wait.
  const releasedAt = now();
  await unlock();
  holds.push({ askedAt, acquiredAt, releasedAt });
  await sleep(PAUSE_MS); // Long enough for the other one to have it, however seldom it looks.
}
process.stdout.write(JSON.stringify(holds), () => process.exit());
