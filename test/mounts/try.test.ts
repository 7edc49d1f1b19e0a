import { afterAll, beforeAll, describe, test } from 'vitest';
import { Bench } from './bench/bench.js';
import { DEFAULTS } from './lab/mounts.js';
import { noLab } from './lab/packages.js';
import { BETWEEN_HOSTS, conformance } from './trials/conformance.js';
await noLab();
let bench: Bench;
beforeAll(async () => { bench = await Bench.up(DEFAULTS); });
afterAll(async () => { await bench?.down(); });
describe.concurrent('x', () => {
for (const kind of DEFAULTS)
  describe(kind.title, () => { conformance(() => bench, kind, { test: (name, run) => void test(name, run), only: BETWEEN_HOSTS }); });
});
