import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { Bench, LARGEST_CLOCK_ERROR_MS } from './bench/bench.js';
import { DEFAULTS, NO_CTO, RCLONE } from './lab/mounts.js';
import { noLab } from './lab/packages.js';
import { BETWEEN_HOSTS, conformance } from './trials/conformance.js';
import { contention, withServersDisk } from './trials/contention.js';
import { frozen } from './trials/frozen.js';
import { hanging } from './trials/hanging.js';
import { killed } from './trials/killed.js';
import { serverFrozen } from './trials/outage.js';
import { bothMake, listsLate, refused } from './trials/refused.js';

// What fits into `npm test`: every protocol with its default options, and the main faults. `npm run test:mounts` has all.

const why = await noLab();
vi.setConfig({ testTimeout: 180_000 });

describe.skipIf(why !== undefined)(
  `two hosts on one file server${why === undefined ? '' : ` (${why})`}`,
  () => {
    let bench: Bench;
    beforeAll(async () => {
      bench = (await Bench.up([...DEFAULTS, ...NO_CTO, RCLONE])).only(DEFAULTS);
    });
    afterAll(() => bench?.down());

    describe.concurrent('the contract, with clients on both hosts', () => {
      describe.for(DEFAULTS)('$title', (kind) => {
        conformance(() => bench, kind, { test, only: BETWEEN_HOSTS });
      });
    });

    test.for([
      ['passes among four processes of two hosts, and loses nothing', contention],
      ['of a host that stands still is taken over, and that is the first it learns', frozen],
      ['of a host that is killed is taken over within the window and two polls', killed],
      ['is lost in time while the servers stand still, and can be had again after', serverFrozen],
    ] as const)('the lock %s', async ([, trial]) => {
      expect((await trial(bench)).size).toBe(DEFAULTS.length);
    });

    test('one lock is shared by the NFS server’s own disk and two hosts that mount it', async () => {
      expect((await withServersDisk(bench)).size).toBe(2);
    });

    test('a process goes on and ends while its mounts hang', async () => {
      expect((await hanging(bench)).size).toBe(DEFAULTS.length);
    });

    test.for([
      ['is refused', refused],
      ['with nocto shows old listings', listsLate],
      ['of rclone lets two hosts make one directory', bothMake],
    ] as const)('a mount that no lock is safe on %s', async ([, trial]) => {
      await expect(trial(bench)).resolves.toBeUndefined();
    });

    test('the clocks that histories were judged by have stood to each other as measured', async () => {
      expect(await bench.clocksHold()).toBe(true);
      expect(bench.clockErrorMs).toBeLessThan(LARGEST_CLOCK_ERROR_MS);
    });
  },
);
