import { Lock } from '@holdfast/lock';
import { describeExploration, diagram, explore, exploreAtRandom } from '@holdfast/testkit/explore';
import { describe, expect, test } from 'vitest';
import { lockScenarios, SHORT_CAMPAIGN, tolerant, within } from '../../packages/lock/test/explore/index.js';

/** How long a machine that does much else may need for one of these. None of them goes by time. */
const PATIENCE_MS = 1_200_000;

const scenarios = lockScenarios(Lock);

/** The model checker on the lock as it is, not on a model of it. `npm run explore` takes it further. */
describe('the lock keeps its rules in every order of calls, timers and faults', () => {
  test.each(SHORT_CAMPAIGN)(
    '$scenario, with $options',
    async (sortie) => {
      const explored = await explore(within(scenarios[sortie.scenario], sortie), sortie.options);
      console.log(`${describeExploration(explored)} (${sortie.options.faults} faults)`);
      expect(explored.violation && diagram(explored.violation)).toBe(undefined);
      expect(explored.complete).toBe(true);
    },
    PATIENCE_MS,
  );

  test.each(Object.entries(scenarios))(
    '%s, at random, with three faults and time passing at any moment',
    async (_, scenario) => {
      const explored = await exploreAtRandom(tolerant(scenario), { seed: 1, runs: 50 });
      console.log(`${describeExploration(explored)} (at random)`);
      expect(explored.violation && diagram(explored.violation)).toBe(undefined);
    },
    PATIENCE_MS,
  );
});
