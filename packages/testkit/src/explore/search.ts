import type { Digest } from './digest.js';
import { Assumptions } from './assumptions.js';
import { mayEnd, type Limits } from './enabled.js';
import { Judge } from './judge.js';
import { Run, type Violation } from './run.js';
import type { Scenario } from './scenario.js';
import type { Schedule, Transition } from './transition.js';
import { turn } from '../clock/turn.js';
import { Aftermath } from './aftermath.js';

export interface SearchOptions {
  readonly limits: Limits;
  /** `depth` is faster; `breadth` finds the shortest violation first. */
  readonly order: 'depth' | 'breadth';
  /** Longest time for all, in milliseconds of the machine's clock. */
  readonly budgetMs: number;
  /** Most states to visit. */
  readonly maxStates: number;
  /** Called at the end of each run. */
  readonly onEnd?: (run: Run) => void;
}

export interface SearchResult {
  /** Every run that the limits allow was seen. */
  readonly complete: boolean;
  readonly schedules: number;
  readonly states: number;
  readonly transitions: number;
  readonly longest: number;
  readonly tookMs: number;
  readonly violation?: { readonly violation: Violation; readonly schedule: Schedule };
}

/** A way to a state: the last transition, and the way before it. */
interface Path {
  readonly before: Path | undefined;
  readonly last: Transition;
}

/** How many runs to make before the event loop may go round. */
const RUNS_PER_TURN = 100;

/** So many runs are made with care at first, and then one of so many: whoever settles slowly does so each time. */
const CAREFUL = 10;

/**
 * Goes through all runs of a scenario that the limits allow. A state that was seen before, by whatever way, is not
 * gone through again: what may come depends on it alone. Whether a transition leads to such a state is known without
 * taking it, so most of the time goes into states that are new.
 */
export async function search(scenario: Scenario, options: SearchOptions): Promise<SearchResult> {
  const assumptions = new Assumptions();
  const startedAt = performance.now();
  for (;;) {
    const { broken } = assumptions;
    const result = await searchUnder(assumptions, scenario, options, startedAt);
    if (assumptions.broken === broken) return result;
  }
}

async function searchUnder(
  assumptions: Assumptions,
  scenario: Scenario,
  { limits, order, budgetMs, maxStates, onEnd }: SearchOptions,
  startedAt: number,
): Promise<SearchResult> {
  const seen = new Set<Digest>();
  const judge = new Judge();
  const aftermath = new Aftermath(scenario);
  const open: (Path | undefined)[] = [undefined];
  const { broken } = assumptions;
  const along = async (path: Path | undefined): Promise<Run> => {
    const run = new Run(scenario, limits, assumptions);
    run.careful = schedules <= CAREFUL || schedules % RUNS_PER_TURN === 0;
    await run.start();
    for (const transition of scheduleOf(path)) await run.perform(transition);
    return run;
  };
  let [schedules, transitions, longest, next] = [0, 0, 0, 0];
  let found: SearchResult['violation'];

  const explored = (complete: boolean): SearchResult => ({
    complete,
    schedules,
    states: seen.size + 1,
    transitions,
    longest,
    tookMs: performance.now() - startedAt,
    ...(found && { violation: found }),
  });
  const take = (): Path | undefined | 'none' => {
    if (order === 'depth') return open.length === 0 ? 'none' : open.pop();
    if (next === open.length) return 'none';
    const path = open[next];
    open[next++] = undefined;
    return path;
  };

  for (let path = take(); path !== 'none'; path = take()) {
    if (schedules % RUNS_PER_TURN === 0) await turn();
    if (performance.now() - startedAt > budgetMs || seen.size > maxStates) return explored(false);
    schedules++;
    let run = await along(path);
    transitions += run.steps;
    for (;;) {
      if (judge.judge(run) === 'disturbed' && run.violation === undefined) {
        run = await along(path);
        transitions += run.steps;
        continue;
      }
      if (assumptions.broken !== broken) return explored(false);
      if (run.violation !== undefined) {
        found = { violation: run.violation, schedule: scheduleOf(path) };
        return explored(false);
      }
      const enabled = run.enabled();
      const fresh = enabled.filter((transition) => isNew(seen, run.predict(transition)));
      longest = Math.max(longest, run.steps);
      if (mayEnd(run, enabled)) {
        // What comes after uses a run up.
        const ended = enabled.length === 0 ? run : await along(path);
        onEnd?.(ended);
        const fault = await aftermath.judge(ended);
        if (fault !== undefined) {
          found = { violation: fault, schedule: scheduleOf(path) };
          return explored(false);
        }
      }
      const [first, ...rest] = order === 'depth' ? fresh : [undefined, ...fresh];
      if (order === 'depth') rest.reverse();
      for (const transition of rest)
        if (transition !== undefined) open.push({ before: path, last: transition });
      if (first === undefined) break;
      await run.perform(first);
      transitions++;
      path = { before: path, last: first };
    }
  }
  return explored(true);
}

function isNew(seen: Set<Digest>, state: Digest | undefined): boolean {
  if (state === undefined) return true;
  const before = seen.size;
  return seen.add(state).size > before;
}

function scheduleOf(path: Path | undefined): Transition[] {
  const schedule: Transition[] = [];
  for (let at = path; at !== undefined; at = at.before) schedule.push(at.last);
  return schedule.toReversed();
}
