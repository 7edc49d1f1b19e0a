import { Lock } from '@holdfast/lock';
import { describe, expect, test } from 'vitest';
import { lockScenarios } from '../lock-scenarios/lock-scenarios.js';
import { NO_LIMITS } from './replay.js';
import { Run } from './run.js';
import type { Scenario } from './scenario.js';
import { search } from './search.js';
import { FAULT_KINDS } from './transition.js';
import { randomOf } from './walk.js';

const scenarios = lockScenarios(Lock);
const { takeover = raise('there is no scenario of that name') } = scenarios;

function raise(message: string): never {
  throw new Error(message);
}

/** Some runs at random, step by step. */
async function wander(
  scenario: Scenario,
  runs: number,
  look: (run: Run, step: () => Promise<void>) => Promise<void>,
) {
  const random = randomOf(runs);
  for (let count = 0; count < runs; count++) {
    const run = new Run(scenario, { ...NO_LIMITS, faults: 2 });
    await run.start();
    for (let steps = 0; steps < 60; steps++) {
      const enabled = run.enabled();
      const next = enabled[Math.floor(random() * enabled.length)];
      if (next === undefined) break;
      const predicted = run.predict(next);
      await look(run, () => run.perform(next));
      // What an actor does with what it hears cannot be foreseen: that it comes to its end, or aborts a call.
      const decided = run.actors.some(
        ({ inert, calls }) => inert || calls.some(({ state }) => state !== 'sent'),
      );
      const foreseeable = !decided && scenario !== scenarios['timeouts'];
      expect(foreseeable ? run.digest : predicted).toBe(predicted);
    }
  }
}

describe('the explorer', () => {
  test('foresees every state that it goes to, and leaves none changed by foreseeing', async () => {
    for (const scenario of Object.values(scenarios)) {
      await wander(scenario, 40, async (run, step) => {
        const before = run.digest;
        for (const transition of run.enabled()) run.predict(transition);
        expect(run.digest).toBe(before);
        await step();
      });
    }
  }, 60_000);

  test('lets all settle before it goes on: no actor is silent for nearly as long as it waits', async () => {
    let longest = 0;
    for (const scenario of Object.values(scenarios)) {
      await wander(scenario, 40, async (run, step) => {
        await step();
        const stirs = run.stirs;
        for (let rounds = 0; rounds < 3; rounds++) await new Promise((resolve) => setImmediate(resolve));
        expect(run.stirs).toBe(stirs);
        longest = Math.max(longest, run.longestSilence);
      });
    }
    expect(longest).toBeLessThan(16);
  }, 60_000);

  test('comes to the same ends with its short cuts as without', async () => {
    const endsOf = async (reduced: boolean, replies: 'commute' | 'ordered'): Promise<Set<string>> => {
      const ends = new Set<string>();
      const found = await search(takeover, {
        limits: { faults: 0, faultKinds: new Set(FAULT_KINDS), time: 'idle', reduced, replies },
        order: 'depth',
        budgetMs: Infinity,
        maxStates: Infinity,
        onEnd: ({ store }) => ends.add([...store.paths()].sort().join()),
      });
      expect(found).toMatchObject({ complete: true });
      return ends;
    };
    const ends = await endsOf(false, 'ordered');
    expect(ends.size).toBeGreaterThan(1);
    expect(await endsOf(true, 'commute')).toEqual(ends);
  }, 120_000);
});
