import type { Limits } from './enabled.js';
import { Aftermath } from './aftermath.js';
import { Judge } from './judge.js';
import { Run, type TraceRow, type Violation } from './run.js';
import { checkScenario, type Scenario } from './scenario.js';
import { formatTransition, parseSchedule, type FaultKind, type Schedule, FAULT_KINDS } from './transition.js';

/** One line of a diagram: what happened, and how it stood after it. */
export interface ReplayRow extends TraceRow {
  /** Who held the lock then, each by its own judgement. */
  readonly holders: readonly string[];
}

/** One run, taken once more. */
export interface Replay {
  readonly scenario: string;
  readonly actors: readonly string[];
  readonly schedule: Schedule;
  readonly violation: Violation | undefined;
  readonly rows: readonly ReplayRow[];
}

/** Anything goes that can: for schedules that were found under limits already. */
export const NO_LIMITS: Limits = {
  faults: Infinity,
  faultKinds: new Set<FaultKind>(FAULT_KINDS),
  time: 'any',
  merge: 'none',
  ticks: Infinity,
  reduced: false,
};

/**
 * Takes a run once more, exactly as `schedule` says, and looks at every step. What the run comes to is the same each
 * time; so a failing schedule, pasted into a test, is a regression test.
 *
 * @throws `RangeError` if the schedule does not fit the scenario
 */
export async function replay(scenario: Scenario, schedule: Schedule | string): Promise<Replay> {
  checkScenario(scenario);
  const steps = typeof schedule === 'string' ? parseSchedule(schedule) : schedule;
  const rows: ReplayRow[] = [];
  let violation: Violation | undefined;
  // To ask a lease changes it, so each state is asked in a run of its own.
  for (let length = 0; length <= steps.length && violation === undefined; length++) {
    const run = await runTo(scenario, steps.slice(0, length));
    const holders = run.actors
      .filter((actor) => !actor.crashed && actor.holds.some(({ held }) => held))
      .map(({ name }) => name);
    for (const row of (run.trace ?? []).slice(rows.length)) rows.push({ ...row, holders });
    const judge = new Judge();
    while (judge.judge(run) === 'disturbed' && run.violation === undefined);
    violation = run.violation;
  }
  if (violation === undefined) {
    const run = await runTo(scenario, steps);
    violation = await new Aftermath(scenario).judge(run);
    for (const row of (run.trace ?? []).slice(rows.length)) rows.push({ ...row, holders: [] });
  }
  return { scenario: scenario.name, actors: Object.keys(scenario.actors), schedule: steps, violation, rows };
}

async function runTo(scenario: Scenario, steps: Schedule): Promise<Run> {
  const run = new Run(scenario, NO_LIMITS);
  run.trace = [];
  run.careful = true;
  await run.start();
  for (const step of steps) {
    const word = formatTransition(step);
    if (!run.enabled().some((enabled) => formatTransition(enabled) === word))
      throw new RangeError(`The step ${word} is not possible after ${run.steps} steps of ${scenario.name}`);
    await run.perform(step);
  }
  return run;
}
