import type { Actor } from './actor.js';
import type { Run, Violation } from './run.js';
import type { Scenario } from './scenario.js';
import { holdingOf, mayShare } from './sharing.js';
import type { Transition } from './transition.js';

/** So many steps of time are taken for "for ever". */
const FOREVER = 60;

/**
 * What comes after the end of a run: without further faults everyone who lives must come to an end, and then someone
 * new must be granted the lock in time.
 */
export class Aftermath {
  readonly #scenario: Scenario;
  readonly #known = new Set<number>();

  constructor(scenario: Scenario) {
    this.#scenario = scenario;
  }

  /** Goes on with `run`, which is of no further use then. */
  async judge(run: Run): Promise<Violation | undefined> {
    const { digest } = run;
    if (this.#known.has(digest)) return undefined;
    this.#known.add(digest);

    const living = run.actors.filter(({ crashed, frozen }) => !crashed && frozen === undefined);
    await goOn(run, () => living.every(({ done }) => done));
    const stuck = living.filter(({ done }) => !done);
    if (run.violation !== undefined) return run.violation;
    if (stuck.length > 0) {
      const names = stuck.map(({ name }) => name).join(' and ');
      return { kind: 'lock-out', message: `${names} waits for ever, although nobody is in the way` };
    }

    const { aftermath } = this.#scenario;
    if (aftermath === undefined) return undefined;
    const heir = run.newActor('Z');
    const since = run.now;
    heir.start(aftermath.script, run.capabilities);
    await run.settle();
    await goOn(run, () => heir.done || heir.holds.length > 0);
    const tookMs = run.now - since;
    if (run.violation !== undefined) return run.violation;
    const held = run.actors
      .filter(({ crashed }) => !crashed)
      .flatMap(({ holds }) => holds)
      .filter((hold) => hold.held && run.overruled.since(hold) === undefined);
    if (!mayShare(this.#scenario.sharing ?? 'nobody', held.map(holdingOf)))
      return { kind: 'two-holders', message: 'someone new and one of the others both hold the lock' };
    if (heir.holds.length > 0 && tookMs <= aftermath.withinMs) return undefined;
    const message =
      heir.holds.length > 0
        ? `someone new got the lock after ${tookMs} ms, which should take ${aftermath.withinMs} ms at most`
        : `someone new does not get the lock${heir.done ? `: ${String(heir.failure)}` : ''}`;
    return { kind: 'lock-out', message };
  }
}

/** Lets everything happen that happens by itself, in turns, until `over`. */
async function goOn(run: Run, over: () => boolean): Promise<void> {
  let turn = 0;
  for (let ticks = 0; ticks < FOREVER;) {
    if (over() || run.violation !== undefined) return;
    const moves = run.actors.flatMap((actor) => moveOf(actor));
    const move = moves[turn++ % Math.max(1, moves.length)] ?? { kind: 'tick' };
    if (move.kind === 'tick') ticks++;
    await run.perform(move);
  }
}

function moveOf(actor: Actor): Transition[] {
  const { name, crashed, frozen } = actor;
  if (crashed || frozen !== undefined) return [];
  const call = actor.calls.find(({ state }) => state === 'sent' || state === 'applied');
  if (call !== undefined) return [{ kind: 'reply', actor: name, call: call.number }];
  if (actor.dueTimer !== undefined) return [{ kind: 'timer', actor: name }];
  return actor.steps.length > 0 ? [{ kind: 'step', actor: name }] : [];
}
