import { Lock } from '@holdfast/lock';
import { describe, expect, test } from 'vitest';
import { lockScenarios } from '../lock-scenarios/lock-scenarios.js';
import { diagram } from './diagram.js';
import { explore } from './explore.js';

const scenarios = Object.entries(lockScenarios(Lock));

/** How long each scenario is explored with faults, in milliseconds; `npm run explore` takes longer. */
const BUDGET_MS = Number(process.env['EXPLORE_MS'] ?? 4_000);

/** The model checker on the lock as it is, not on a model of it. */
describe('the lock', () => {
  test.each(scenarios)(
    'keeps its rules in every order of calls and timers: %s',
    async (name, scenario) => {
      const { complete, schedules, states, violation } = await explore(scenario, { faults: 0 });
      console.log(`${name}: ${schedules} schedules, ${states} states, without faults, all`);
      expect(violation && diagram(violation)).toBe(undefined);
      expect(complete).toBe(true);
    },
    120_000,
  );

  test.each(scenarios)(
    'keeps them with one fault anywhere, as far as the time reaches: %s',
    async (name, scenario) => {
      const { complete, schedules, states, violation } = await explore(scenario, {
        faults: 1,
        budgetMs: BUDGET_MS,
      });
      console.log(
        `${name}: ${schedules} schedules, ${states} states, one fault, ${complete ? 'all' : 'cut short'}`,
      );
      expect(violation && diagram(violation)).toBe(undefined);
      expect(states).toBeGreaterThan(100);
    },
    BUDGET_MS + 60_000,
  );
});
