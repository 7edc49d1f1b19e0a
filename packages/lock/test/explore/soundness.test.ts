import { Lock } from '@holdfast/lock';
import { describe, expect, test } from 'vitest';
import { lockScenarios } from './scenarios.js';
import type { Merging } from '../../../testkit/src/explore/enabled.js';
import { NO_LIMITS } from '../../../testkit/src/explore/replay.js';
import { Run } from '../../../testkit/src/explore/run.js';
import type { Scenario } from '@holdfast/testkit/explore';
import { search } from '../../../testkit/src/explore/search.js';
import { FAULT_KINDS, type Transition } from '../../../testkit/src/explore/transition.js';
import { randomOf } from '../../../testkit/src/explore/walk.js';

const scenarios = lockScenarios(Lock);

/** Takes some runs at random, step by step. `look` is to take the step. */
async function wander(
  scenario: Scenario,
  runs: number,
  look: (run: Run, next: Transition) => Promise<void>,
): Promise<void> {
  const random = randomOf(runs);
  for (let count = 0; count < runs; count++) {
    const run = new Run(scenario, { ...NO_LIMITS, faults: 2 });
    await run.start();
    for (let steps = 0; steps < 60; steps++) {
      const enabled = run.enabled();
      const next = enabled[Math.floor(random() * enabled.length)];
      if (next === undefined) break;
      await look(run, next);
    }
  }
}

/** In these, actors decide by themselves to give up, to break a lock, or ask who has crashed. */
const UNFORESEEN: ReadonlySet<string> = new Set(['timeouts', 'breaking', 'clone', 'proofOfDeath']);

const grantsOf = ({ actors }: Run): number => actors.reduce((sum, { holds }) => sum + holds.length, 0);

describe('the explorer', () => {
  test('foresees every state that it goes to, and leaves none changed by foreseeing', async () => {
    const foreseen: [foreseen: number | undefined, seen: number][] = [];
    for (const [name, scenario] of Object.entries(scenarios)) {
      await wander(scenario, 3, async (run, next) => {
        const before = run.digest;
        for (const transition of run.enabled()) run.predict(transition);
        expect(run.digest).toBe(before);
        const predicted = run.predict(next);
        const grants = grantsOf(run);
        await run.perform(next);
        // What an actor does with what it hears cannot be foreseen: that it comes to its end, aborts a call, or is
        // granted a lock.
        if (grantsOf(run) !== grants) return;
        const decided = run.actors.some(
          ({ inert, calls }) => inert || calls.some(({ state }) => state !== 'sent'),
        );
        if (!decided && !UNFORESEEN.has(name)) foreseen.push([predicted, run.digest]);
      });
    }
    expect(foreseen.length).toBeGreaterThan(1_000);
    expect(foreseen.filter(([predicted, seen]) => predicted !== seen)).toEqual([]);
  }, 60_000);

  test('lets all settle before it goes on: no actor is silent for nearly as long as it waits', async () => {
    let longest = 0;
    for (const scenario of Object.values(scenarios)) {
      await wander(scenario, 3, async (run, next) => {
        await run.perform(next);
        const stirs = run.stirs;
        for (let rounds = 0; rounds < 3; rounds++) await new Promise((resolve) => setImmediate(resolve));
        expect(run.stirs).toBe(stirs);
        longest = Math.max(longest, run.longestSilence);
      });
    }
    expect(longest).toBeLessThan(16);
  }, 60_000);

  test('comes to the same ends with its short cuts as without', async () => {
    const endsOf = async (reduced: boolean, merge: Merging): Promise<Set<string>> => {
      const ends = new Set<string>();
      const found = await search(
        { ...scenarios.twoAttach, ticks: 0 },
        {
          limits: { faults: 0, faultKinds: new Set(FAULT_KINDS), time: 'idle', reduced, merge },
          order: 'depth',
          budgetMs: Infinity,
          maxStates: Infinity,
          onEnd: ({ store }) => ends.add([...store.paths()].sort().join()),
        },
      );
      expect(found).toMatchObject({ complete: true });
      return ends;
    };
    const ends = await endsOf(false, 'none');
    expect(ends.size).toBeGreaterThan(1);
    for (const merge of ['replies', 'moments'] as const) expect(await endsOf(true, merge)).toEqual(ends);
  }, 120_000);
});
