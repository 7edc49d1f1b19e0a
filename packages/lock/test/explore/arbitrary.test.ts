import { Lock, type Lease } from '@holdfast/lock';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { exploreAtRandom } from '@holdfast/testkit/explore';
import { lockTimings, walks } from '@holdfast/testkit/fast-check';
import { lockScenarios, tolerant } from './scenarios.js';
import { Hosts } from '../regressions/hosts.fixture.js';

describe('arbitrary timings', () => {
  test('are all valid, and two contenders with any of them are never holders at once', async () => {
    const property = fc.asyncProperty(
      lockTimings(2_000),
      lockTimings(2_000),
      fc.array(fc.integer({ min: 1, max: 4_000 }), { maxLength: 4 }),
      async (one, two, stops) => {
        const hosts = new Hosts();
        const [a, b] = [hosts.host('a'), hosts.host('b')];
        const leases: Lease[] = [];
        const keep = (lease: Lease): unknown => leases.push(lease);
        a.lock(one)
          .acquire()
          .then(keep, () => undefined);
        b.lock(two)
          .acquire()
          .then(keep, () => undefined);
        for (const stop of stops) {
          a.clock.suspend('process');
          for (let passed = 0; passed < stop; passed += 250) {
            await hosts.time.advance(Math.min(250, stop - passed));
            expect(leases.filter(({ held }) => held).length).toBeLessThanOrEqual(1);
          }
          a.clock.resume();
          expect(leases.filter(({ held }) => held).length).toBeLessThanOrEqual(1);
          await hosts.time.advance(100);
        }
      },
    );
    await fc.assert(property, { numRuns: 10, seed: 1 });
  }, 60_000);
});

describe('arbitrary walks', () => {
  test('find nothing wrong with the lock', async () => {
    const scenario = tolerant(lockScenarios(Lock).takeover);
    const property = fc.asyncProperty(walks(), async (options) => {
      const { violation } = await exploreAtRandom(scenario, options);
      expect(violation?.violation).toBe(undefined);
    });
    await fc.assert(property, { numRuns: 10, seed: 1 });
  }, 60_000);
});
