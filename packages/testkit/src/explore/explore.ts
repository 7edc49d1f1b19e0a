import type { Limits, Merging } from './enabled.js';
import { replay, type Replay } from './replay.js';
import { checkScenario, type Scenario } from './scenario.js';
import { search, type SearchResult } from './search.js';
import { shrink } from './shrink.js';
import { FAULT_KINDS, formatSchedule, type FaultKind } from './transition.js';
import { walk } from './walk.js';

export interface ExploreOptions {
  /** How many faults a run may meet with. Default 1. */
  readonly faults?: number;
  /** Which. Default: all. */
  readonly faultKinds?: readonly FaultKind[];
  /** `depth` is faster; `breadth` comes upon the shortest violation first. Default `depth`. */
  readonly order?: 'depth' | 'breadth';
  /**
   * Which runs are taken for one, although an actor has heard the same things in another order: `none`; `replies`, if
   * they were replies, with nothing else in between, some times faster; `moments`, if all was at one moment, ten times
   * faster and more. What depends on such an order alone is missed. Default `replies`.
   */
  readonly merge?: Merging;
  /** Whether to make the schedule of a violation shorter and calmer. Default `true`. */
  readonly shrink?: boolean;
  /** Stops after so many states. Default: none. */
  readonly maxStates?: number;
  /** Stops after so many milliseconds by the machine's clock. Default: none. */
  readonly budgetMs?: number;
}

export interface RandomWalkOptions {
  readonly seed: number;
  /** How many runs. Default 1,000. */
  readonly runs?: number;
  /** How many steps of time a run may have. Default four times as many as the scenario says. */
  readonly ticks?: number;
  /** How many faults a run may meet with. Default 3. */
  readonly faults?: number;
  /** Which. Default: all. */
  readonly faultKinds?: readonly FaultKind[];
}

/** What came of an exploration. */
export interface Exploration extends Omit<SearchResult, 'violation'> {
  readonly scenario: string;
  /** See {@link ExploreOptions.merge}. */
  readonly merge: Merging;
  /** The first violation found, in the shortest form found; `undefined` if there was none. */
  readonly violation: Replay | undefined;
}

/**
 * Runs real code in every order that its actors' storage calls, timers, faults and the passing of time can have, and
 * reports the first run that breaks the rules: two holders, tokens that do not grow, a rule of the scenario, an error
 * that nothing explains, or someone who waits for ever.
 *
 * Between two storage calls or timers an actor runs as it does in a real process. Time is virtual.
 *
 * Source of the method: Godefroid, "Model Checking for Programming Languages using VeriSoft" (1997), with the states
 * that were seen told by what each actor has observed.
 */
export async function explore(scenario: Scenario, options: ExploreOptions = {}): Promise<Exploration> {
  const { faults = 1, faultKinds = FAULT_KINDS, order = 'depth', merge = 'replies' } = options;
  const { maxStates = Infinity, budgetMs = Infinity } = options;
  checkScenario(scenario);
  const limits: Limits = {
    faults,
    faultKinds: new Set(faultKinds),
    time: 'idle',
    merge,
    reduced: true,
  };
  const found = await briefly(() => search(scenario, { limits, order, maxStates, budgetMs }));
  return reported(scenario, limits, found, options.shrink);
}

/**
 * Takes some runs at random, with several faults in each, and with time passing at any moment: for what is too much to
 * go through in full.
 */
export async function exploreAtRandom(scenario: Scenario, options: RandomWalkOptions): Promise<Exploration> {
  const { seed, runs = 1000, faults = 3, faultKinds = FAULT_KINDS, ticks = 4 * scenario.ticks } = options;
  checkScenario(scenario);
  const limits: Limits = {
    faults,
    faultKinds: new Set(faultKinds),
    time: 'any',
    merge: 'none',
    ticks,
    reduced: false,
  };
  return reported(scenario, limits, await briefly(() => walk(scenario, { limits, seed, runs })));
}

async function reported(
  scenario: Scenario,
  limits: Limits,
  { violation: found, ...numbers }: SearchResult,
  shorten = true,
): Promise<Exploration> {
  const { merge } = limits;
  if (found === undefined) return { scenario: scenario.name, merge, ...numbers, violation: undefined };
  const { schedule, violation } = found;
  const endless = violation.kind === 'livelock';
  const shortest = shorten && !endless ? await shrink(scenario, limits, schedule, violation.kind) : schedule;
  return { scenario: scenario.name, merge, ...numbers, violation: await replay(scenario, shortest) };
}

const ALL: Record<Merging, string> = {
  none: 'all of it',
  replies: 'all of it but the order of replies to one actor',
  moments: 'all of it but the order within a moment of one actor',
};

/** One line: what was seen, and whether it was all there is. */
export function describeExploration(exploration: Exploration): string {
  const { scenario, schedules, states, transitions, longest, tookMs, complete, merge, violation } =
    exploration;
  const verdict =
    violation === undefined
      ? complete
        ? `${ALL[merge]}, no violation`
        : 'no violation'
      : violationOf(violation);
  const rate = Math.round(transitions / Math.max(1, tookMs));
  return (
    `${scenario}: ${count(schedules)} schedules, ${count(states)} states, ${count(transitions)} steps, ` +
    `longest ${longest}, ${(tookMs / 1000).toFixed(1)} s (${rate} steps/ms): ${verdict}`
  );
}

function violationOf({ violation, schedule }: Replay): string {
  const what = violation === undefined ? 'none when replayed' : `${violation.kind}, ${violation.message}`;
  return `VIOLATION: ${what}\n  replay: ${formatSchedule(schedule)}`;
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}

/** Errors of the storage are ordinary here, and nobody reads their stacks, which cost more than all the rest. */
async function briefly<T>(work: () => Promise<T>): Promise<T> {
  const before = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  try {
    return await work();
  } finally {
    Error.stackTraceLimit = before;
  }
}
