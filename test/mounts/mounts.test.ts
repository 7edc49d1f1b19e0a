import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Bench } from './bench/bench.js';
import { DEFAULTS, NO_CTO, RCLONE } from './lab/mounts.js';
import { noLab } from './lab/packages.js';
import { BETWEEN_HOSTS, conformance } from './trials/conformance.js';
import { contention } from './trials/contention.js';
import { frozen } from './trials/frozen.js';
import { hanging } from './trials/hanging.js';
import { killed } from './trials/killed.js';
import { serverFrozen } from './trials/outage.js';
import { bothMake, listsLate, refused } from './trials/refused.js';

// What fits into `npm test`: every protocol with its default options, and the main faults. `npm run test:mounts` has all.

const why = await noLab();
const SLOW_MS = 180_000;

describe.skipIf(why !== undefined)(
  `two hosts on one file server${why === undefined ? '' : ` (${why})`}`,
  () => {
    let bench: Bench;
    beforeAll(async () => {
      bench = (await Bench.up([...DEFAULTS, ...NO_CTO, RCLONE])).only(DEFAULTS);
    });
    afterAll(() => bench?.down());

    describe.concurrent('the contract, with clients on both hosts', () => {
      for (const kind of DEFAULTS) {
        describe(kind.title, () => {
          conformance(() => bench, kind, {
            test: (name, run) => void test(name, run, SLOW_MS),
            only: BETWEEN_HOSTS,
          });
        });
      }
    });

    describe('the lock', () => {
      test(
        'passes among four processes of two hosts, and loses nothing',
        () => contention(bench).then(nothing),
        SLOW_MS,
      );
      test(
        'of a host that stands still is taken over, and that is the first it learns',
        () => frozen(bench).then(nothing),
        SLOW_MS,
      );
      test(
        'of a host that is killed is taken over within the window and two polls',
        () => killed(bench).then(nothing),
        SLOW_MS,
      );
      test(
        'is lost in time while the servers stand still, and can be had again after',
        () => serverFrozen(bench).then(nothing),
        SLOW_MS,
      );
    });

    test('a process goes on and ends while its mounts hang', () => hanging(bench).then(nothing), SLOW_MS);

    describe('a mount that no lock is safe on', () => {
      test('is refused', () => refused(bench));
      test('with nocto shows old listings', () => listsLate(bench));
      test('of rclone lets two hosts make one directory', () => bothMake(bench));
    });

    test('the clocks that histories were judged by have stood to each other as measured', async () => {
      expect(await bench.clocksHold()).toBe(true);
      // A hand-over takes three round trips at least; no overlap shorter than this could be seen, and none is missed by it.
      expect(bench.clockErrorMs).toBeLessThan(20);
    });
  },
);

function nothing(): void {
  // The figures are for the table of the full run.
}
