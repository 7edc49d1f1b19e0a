import { turn } from '../clock/turn.js';
import { Aftermath } from './aftermath.js';
import type { Digest } from './digest.js';
import { Assumptions } from './assumptions.js';
import { mayEnd, type Limits } from './enabled.js';
import { Judge } from './judge.js';
import { Run } from './run.js';
import type { Scenario } from './scenario.js';
import type { SearchResult } from './search.js';
import type { Transition } from './transition.js';

export interface WalkOptions {
  readonly limits: Limits;
  readonly seed: number;
  /** How many runs. */
  readonly runs: number;
}

/** One run of so many makes sure that all settles as fast as is taken for granted. */
const CAREFUL = 20;

/** Events come in the middle of most runs rather than at their start. */
const EVENT_WEIGHT = 0.02;

/** Longest run; who walks at random may walk in circles. */
const LONGEST = 400;

/**
 * Goes through runs of a scenario at random: for what is too much to go through in full. The same seed takes the same
 * runs.
 */
export async function walk(scenario: Scenario, options: WalkOptions): Promise<SearchResult> {
  const assumptions = new Assumptions();
  for (;;) {
    const { broken } = assumptions;
    const result = await walkUnder(assumptions, scenario, options);
    if (assumptions.broken === broken) return result;
  }
}

async function walkUnder(
  assumptions: Assumptions,
  scenario: Scenario,
  { limits, seed, runs }: WalkOptions,
): Promise<SearchResult> {
  const random = randomOf(seed);
  const seen = new Set<Digest>();
  const judge = new Judge();
  const aftermath = new Aftermath(scenario);
  const startedAt = performance.now();
  let [schedules, transitions, longest] = [0, 0, 0];
  let found: SearchResult['violation'];

  while (schedules < runs && found === undefined) {
    if (schedules % 20 === 0) await turn();
    const schedule = choose(random);
    const taken: Transition[] = [];
    const begin = async (): Promise<Run> => {
      const begun = new Run(scenario, limits, assumptions);
      begun.careful = schedules % CAREFUL === 0;
      await begun.start();
      return begun;
    };
    let run = await begin();
    while (taken.length < LONGEST) {
      while (run.violation === undefined && judge.judge(run) === 'disturbed') {
        run = await begin();
        for (const step of taken) await run.perform(step);
      }
      const enabled = run.violation === undefined ? run.enabled() : [];
      if (mayEnd(run, enabled) && random() < 0.3) break;
      const next = schedule(enabled);
      if (next === undefined) break;
      await run.perform(next);
      taken.push(next);
      transitions++;
      seen.add(run.digest);
    }
    schedules++;
    longest = Math.max(longest, taken.length);
    const violation = run.violation ?? (await aftermath.judge(run));
    if (violation !== undefined) found = { violation, schedule: taken };
  }
  return {
    complete: false,
    schedules,
    states: seen.size,
    transitions,
    longest,
    tookMs: performance.now() - startedAt,
    ...(found && { violation: found }),
  };
}

/** A way to choose: faults and the passing of time are rare, and some runs favour one actor over the others. */
function choose(random: () => number): (enabled: readonly Transition[]) => Transition | undefined {
  const faultWeight = 0.3 * random() ** 3;
  const tickWeight = random() ** 3;
  const weights = new Map<string, number>();
  const weightOf = (transition: Transition): number => {
    if (transition.kind === 'tick') return tickWeight;
    if (transition.kind === 'fault') return faultWeight / 4;
    if (transition.kind === 'event') return EVENT_WEIGHT;
    const known = weights.get(transition.actor) ?? random() ** 2 + 0.02;
    weights.set(transition.actor, known);
    return transition.kind === 'land' || transition.kind === 'part' ? known / 4 : known;
  };
  return (enabled) => {
    const weighed = enabled.map((transition) => ({ transition, weight: weightOf(transition) }));
    const ordinary = enabled.some(({ kind }) => kind !== 'fault');
    let left = random() * weighed.reduce((sum, { weight }) => sum + weight, 0);
    for (const { transition, weight } of weighed) {
      left -= weight;
      if (left <= 0 && (ordinary || random() < 0.5)) return transition;
    }
    return ordinary ? enabled.at(0) : undefined;
  };
}

/** Source: mulberry32 by Tommy Ettinger (public domain). */
export function randomOf(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
