import { setTimeout as sleep } from 'node:timers/promises';
import { CONTESTANTS } from './contestants.js';

const [, , name = '', folder = '', turns = '0'] = process.argv;
const lock = CONTESTANTS[name](folder);
const now = () => Number(process.hrtime.bigint()) / 1_000;
const holds = [];

for (let turn = 0; turn < Number(turns); turn++) {
  const askedAt = now();
  const unlock = await lock();
  const acquiredAt = now();
  await sleep(5 + Math.random() * 5);
  const releasedAt = now();
  await unlock();
  holds.push({ askedAt, acquiredAt, releasedAt });
  await sleep(1); // So that the other one has its turn.
}
process.stdout.write(JSON.stringify(holds), () => process.exit());
