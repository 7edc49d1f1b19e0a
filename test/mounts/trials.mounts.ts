import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Bench } from './bench/bench.js';
import { DEFAULTS } from './lab/mounts.js';
import { noLab } from './lab/packages.js';
import { clockOff } from './trials/clock-off.js';
import { contention } from './trials/contention.js';
import { cutOff } from './trials/cut-off.js';
import { frozen } from './trials/frozen.js';
import { commandEnded, hanging, hangingInProcess } from './trials/hanging.js';
import { killed } from './trials/killed.js';
import { freshness, flushing, leased, rewriting } from './trials/needed.js';
import { serverFrozen, serverRestarted } from './trials/outage.js';
import { quiet } from './trials/quiet.js';
import { unmounted } from './trials/unmounted.js';

const TRIALS: Readonly<Record<string, (bench: Bench) => Promise<unknown>>> = {
  contention,
  quiet,
  killed,
  frozen,
  cutOff,
  clockOff: (bench) => clockOff(bench, 30),
  hanging,
  hangingInProcess,
  commandEnded,
  freshness,
  rewriting,
  flushing,
  leased,
  serverFrozen,
  serverRestarted,
  unmounted,
};

/** Each trial asserts by itself, and prints how long recoveries took. */
describe('two hosts on NFSv4.2, NFSv3 and SMB 3.1.1', async () => {
  const reason = await noLab();
  let bench: Bench;
  beforeAll(async () => {
    if (reason !== undefined) throw new Error(reason);
    bench = await Bench.up(DEFAULTS);
  });
  afterAll(() => bench.down());

  test.each(Object.entries(TRIALS))('%s', async (name, trial) => {
    const figures = await trial(bench);
    if (figures instanceof Map) {
      for (const [kind, of] of figures)
        console.log(name, (kind as { title: string }).title, JSON.stringify(of));
    }
    expect(figures === undefined || figures instanceof Map).toBe(true);
  });
});
