// Gives a file one more name every few milliseconds, and notes when.
import { linkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { now } from '../measure/clock.js';
import { settings, tell } from './boss.js';

const { folder, turns, pauseMs } = settings;
const file = join(folder, 'file');
writeFileSync(file, '');
const linked = [];
for (let turn = 0; turn < turns; turn++) {
  await sleep(pauseMs);
  const name = `link-${turn}`;
  const at = now();
  linkSync(file, join(folder, name));
  linked.push([name, at]);
}
await sleep(pauseMs * 10); // The sleeper gets the last one, too.
tell('result', linked);
