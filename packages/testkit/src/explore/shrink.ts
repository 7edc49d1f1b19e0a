import { mayEnd, type Limits } from './enabled.js';
import { Aftermath } from './aftermath.js';
import { Judge } from './judge.js';
import { Run, type ViolationKind } from './run.js';
import type { Scenario } from './scenario.js';
import { formatTransition, type Schedule, type Transition } from './transition.js';

/**
 * Makes a schedule that ends in a violation shorter and easier to follow, for as long as it ends in one of the same
 * kind: leaves out parts, then lets each actor go on for longer before another one goes.
 */
export async function shrink(
  scenario: Scenario,
  limits: Limits,
  schedule: Schedule,
  kind: ViolationKind,
): Promise<Schedule> {
  const judge = new Judge();
  const wide = { ...limits, reduced: false };
  const attempt = (steps: Schedule): Promise<Schedule | undefined> =>
    follow(scenario, wide, steps, kind, judge);

  let best = (await attempt(schedule)) ?? schedule;
  for (let size = Math.ceil(best.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let from = best.length - size; from >= 0; from--) {
      const shorter = await attempt([...best.slice(0, from), ...best.slice(from + size)]);
      if (shorter !== undefined && shorter.length < best.length) {
        best = shorter;
        from = Math.min(from, best.length - size + 1);
      }
    }
  }
  return calmed(best, attempt);
}

/** Moves steps next to others of the same actor, where that makes no difference to the outcome. */
async function calmed(
  schedule: Schedule,
  attempt: (steps: Schedule) => Promise<Schedule | undefined>,
): Promise<Schedule> {
  let best = schedule;
  for (let at = 1; at < best.length; at++) {
    const step = best[at];
    if (step === undefined || actorOf(step) === undefined || actorOf(step) === actorOf(best[at - 1]))
      continue;
    for (let to = at - 2; to >= 0; to--) {
      if (actorOf(best[to]) !== actorOf(step)) continue;
      const moved = [...best.slice(0, to + 1), step, ...best.slice(to + 1, at), ...best.slice(at + 1)];
      const calmer = await attempt(moved);
      if (calmer !== undefined && calmer.length <= best.length && switches(calmer) < switches(best))
        best = calmer;
      break;
    }
  }
  return best;
}

function switches(schedule: Schedule): number {
  return schedule.filter((step, at) => at > 0 && actorOf(step) !== actorOf(schedule[at - 1])).length;
}

function actorOf(step: Transition | undefined): string | undefined {
  return step !== undefined && 'actor' in step ? step.actor : undefined;
}

/** Takes what is possible of `steps`. @returns the steps up to the violation, or `undefined` if there is none */
async function follow(
  scenario: Scenario,
  limits: Limits,
  steps: Schedule,
  kind: ViolationKind,
  judge: Judge,
): Promise<Schedule | undefined> {
  for (;;) {
    const run = new Run(scenario, limits);
    run.careful = true;
    await run.start();
    const taken: Transition[] = [];
    let disturbed = judge.judge(run) === 'disturbed';
    for (const step of steps) {
      if (disturbed || run.violation !== undefined) break;
      const word = formatTransition(step);
      if (!run.enabled().some((enabled) => formatTransition(enabled) === word)) continue;
      await run.perform(step);
      taken.push(step);
      disturbed = judge.judge(run) === 'disturbed';
    }
    if (disturbed) continue;
    if (run.violation === undefined && kind === 'lock-out' && mayEnd(run, run.enabled())) {
      const violation = await new Aftermath(scenario).judge(run);
      return violation?.kind === kind ? taken : undefined;
    }
    return run.violation?.kind === kind ? taken : undefined;
  }
}
