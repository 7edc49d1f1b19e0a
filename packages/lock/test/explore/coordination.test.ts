import { describeExploration, diagram, explore, exploreAtRandom } from '@holdfast/testkit/explore';
import { describe, expect, test } from 'vitest';
import { coordinationScenarios } from './coordination-scenarios.js';
import { tolerant } from './scenarios.js';

const { semaphore, severalPermits, firstOfAll, twoNumbers, candidates, proclaiming } = coordinationScenarios;

describe('the real semaphore and election keep their rules', () => {
  test.each([
    { ...semaphore, faults: 0 },
    { ...severalPermits, faults: 0 },
    { ...firstOfAll, faults: 0 },
    { ...twoNumbers, faults: 0 },
    { ...candidates, faults: 0 },
    { ...candidates, faults: 1, kinds: ['crash'] },
    { ...proclaiming, faults: 0 },
    { ...proclaiming, faults: 1 },
  ] as const)(
    'in every order: $name, with $faults faults',
    async (given) => {
      const { faults, kinds, ...scenario } = { kinds: undefined, ...given };
      const options = {
        merge: 'moments',
        faults,
        budgetMs: 8_000,
        ...(kinds && { faultKinds: kinds }),
      } as const;
      const explored = await explore(scenario, options);
      console.log(`${describeExploration(explored)} (${faults} faults)`);
      expect(explored.violation && diagram(explored.violation)).toBe(undefined);
    },
    120_000,
  );

  test.each(Object.entries(coordinationScenarios))(
    '%s, at random, with three faults and time passing at any moment',
    async (_, scenario) => {
      const explored = await exploreAtRandom(tolerant(scenario), { seed: 1, runs: 30, ticks: 6 });
      console.log(`${describeExploration(explored)} (at random)`);
      expect(explored.violation && diagram(explored.violation)).toBe(undefined);
    },
    120_000,
  );
});
