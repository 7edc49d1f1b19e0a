import { afterAll, beforeAll, test } from 'vitest';
import { Bench } from './bench/bench.js';
import { DEFAULTS } from './lab/mounts.js';
import { noLab } from './lab/packages.js';
import { contention } from './trials/contention.js';
import { frozen } from './trials/frozen.js';
import { killed } from './trials/killed.js';
const why = await noLab();
let bench: Bench;
beforeAll(async () => {
  const t = performance.now();
  bench = await Bench.up(DEFAULTS);
  console.log('up', performance.now() - t, why);
});
afterAll(async () => { await bench?.down(); });
for (const [name, trial] of Object.entries({ contention, frozen, killed })) {
test(name, async () => {
  const t = performance.now();
  const f = await trial(bench);
  console.log(name, performance.now() - t, [...f].map(([k, v]) => k.title + JSON.stringify(v)), await bench.clocksHold(), bench.clockErrorMs);
}, 200_000);
}
