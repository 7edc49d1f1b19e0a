import type { Actor } from './actor.js';
import type { Run } from './run.js';
import type { SentCall } from './sent-call.js';
import type { FaultKind, Transition } from './transition.js';

/**
 * When two runs are taken for one although an actor has heard the same things in another order:
 * - `none`: never.
 * - `replies`: if these were replies, with nothing else in between.
 * - `moments`: if it was all at one moment, timers, steps and replies alike.
 */
export type Merging = 'none' | 'replies' | 'moments';

/** What a run may meet with. */
export interface Limits {
  /** How many faults at most. */
  readonly faults: number;
  /** Which. */
  readonly faultKinds: ReadonlySet<FaultKind>;
  /**
   * `idle`: time passes when nobody has anything to do, so that without a fault all are fast. `any`: it may pass
   * between any two steps, so that all may be slow at any time.
   */
  readonly time: 'idle' | 'any';
  /** What counts as heard at the same time. */
  readonly merge: Merging;
  /** How many steps of time, if not as many as the scenario says. */
  readonly ticks?: number;
  /** Leaves out what leads nowhere new. */
  readonly reduced: boolean;
}

/**
 * All transitions that `run` may take now. The one who moved last comes first, faults come last, so that a search that
 * takes the first one goes along the simplest run.
 */
export function enabledIn(run: Run): Transition[] {
  const { lastActor } = run;
  const faultsLeft = run.faults < run.limits.faults;
  const { reduced, time } = run.limits;
  const all: Transition[] = [];
  const hidden = reduced && time === 'idle' ? hiddenMove(run) : undefined;
  let urgent = hidden !== undefined;
  if (hidden !== undefined) {
    all.push(hidden);
  } else {
    if (lastActor !== undefined) urgent = movesOf(run, lastActor, all) || urgent;
    for (const actor of run.actors) if (actor !== lastActor) urgent = movesOf(run, actor, all) || urgent;
  }
  if (hidden === undefined && run.events < (run.scenario.events?.length ?? 0)) all.push({ kind: 'event' });
  if (timeMayPass(run, urgent)) all.push({ kind: 'tick' });
  for (const actor of run.actors) outagesOf(run, actor, all);
  for (const actor of faultsLeft ? run.actors : []) {
    // To hit an actor later than at once after its own move, or its start, is the same as to hit it then …
    if (!reduced || actor === lastActor || run.steps === 0) faultsOf(run, actor, all);
    // … but for a machine, whose clock may stop at any moment.
    else if (lastActor === undefined) suspensionOf(run, actor, all);
  }
  return all;
}

/**
 * A timer of an actor that waits for nothing else: to run it changes nothing that others could see, so it makes no
 * difference whether others go before or after it.
 */
function hiddenMove(run: Run): Transition | undefined {
  if (!run.assumptions.timersGrantNothing) return undefined;
  for (const actor of run.actors) {
    if (mayGoFirst(run, actor) && actor.dueTimer !== undefined) return { kind: 'timer', actor: actor.name };
  }
  return undefined;
}

/** If the order within a moment makes no difference to an actor, neither does what else it waits for. */
function mayGoFirst({ limits }: Run, actor: Actor): boolean {
  if (limits.merge === 'moments') return !actor.crashed && actor.frozen === undefined;
  return isHidden(actor);
}

/** Whether nobody can see what a timer of `actor` does. A hold can end by one. */
export function isHidden({ crashed, frozen, calls, steps, holds }: Actor): boolean {
  return !crashed && frozen === undefined && calls.length === 0 && steps.length === 0 && holds.length === 0;
}

/** Whether nothing more need come: what is still possible may just as well never happen. */
export function mayEnd(run: Run, enabled: readonly Transition[]): boolean {
  return enabled.every((transition) => {
    if (transition.kind === 'tick') return false;
    return (
      transition.kind === 'fault' ||
      transition.kind === 'event' ||
      transition.kind === 'land' ||
      run.actor(transition.actor).frozen !== undefined
    );
  });
}

/** Adds what `actor` may do. @returns whether something of it would happen before any time passes */
function movesOf(run: Run, actor: Actor, all: Transition[]): boolean {
  const { name, frozen, crashed } = actor;
  const asleep = frozen !== undefined && frozen.since === run.now;
  const awake = !crashed && !asleep;
  let urgent = false;
  for (const call of actor.calls) {
    const { number, state } = call;
    const slow = call.slowSince !== undefined;
    if (state === 'orphan' || (state === 'followed' && awake && frozen === undefined)) {
      all.push({ kind: 'land', actor: name, call: number });
    } else if (state === 'sent' && (frozen !== undefined || call.slowReply)) {
      all.push({ kind: 'land', actor: name, call: number });
      urgent ||= awake && frozen === undefined;
    } else if ((state === 'sent' || state === 'applied') && awake && call.slowSince !== run.now) {
      if (mayBeReadInParts(run, actor, call)) all.push({ kind: 'part', actor: name, call: number });
      all.push({ kind: 'reply', actor: name, call: number });
      urgent ||= !slow && frozen === undefined;
    }
  }
  if (!awake) return urgent;
  if (actor.dueTimer !== undefined) {
    all.push({ kind: 'timer', actor: name });
    urgent ||= frozen === undefined;
  }
  if (actor.steps.length > 0) all.push({ kind: 'step', actor: name });
  if (frozen?.machine === true) all.push({ kind: 'wake', actor: name });
  return urgent;
}

/** Whether something of `actor` would happen before any time passes, if it were not slow. */
export function isUrgent(run: Run, actor: Actor): boolean {
  return movesOf(run, actor, []);
}

function mayBeReadInParts(
  { scenario }: Run,
  { frozen }: Actor,
  { call, state, firstPart }: SentCall,
): boolean {
  if ((scenario.listings ?? 'whole') === 'whole' || firstPart !== undefined) return false;
  return call.op === 'ls' && state === 'sent' && frozen === undefined;
}

function timeIsLeft({ ticks, limits, scenario }: Run): boolean {
  return ticks < (limits.ticks ?? scenario.ticks);
}

function timeMayPass(run: Run, urgent: boolean): boolean {
  if (!timeIsLeft(run) || (urgent && run.limits.time === 'idle')) return false;
  return run.actors.some((actor) => !actor.crashed && !(actor.done && actor.calls.length === 0));
}

/** What may come of slow calls in the end, beside a reply: it is a part of the fault that made them slow. */
function outagesOf(run: Run, { name, frozen, crashed, calls }: Actor, all: Transition[]): void {
  if (crashed || frozen !== undefined) return;
  const { faultKinds } = run.limits;
  for (const { number, state, slowSince, changes } of calls) {
    if (slowSince === undefined || slowSince === run.now) continue;
    const kinds: FaultKind[] =
      state === 'applied' ? ['unknown'] : changes ? ['unknown', 'timeout', 'fail'] : ['fail'];
    if (state !== 'sent' && state !== 'applied') continue;
    for (const fault of kinds) {
      if (faultKinds.has(fault)) all.push({ kind: 'fault', actor: name, fault, call: number });
    }
  }
}

function suspensionOf(run: Run, { name, crashed, frozen, done, calls }: Actor, all: Transition[]): void {
  if (crashed || frozen !== undefined || (done && calls.length === 0)) return;
  if (run.limits.faultKinds.has('suspend') && timeIsLeft(run))
    all.push({ kind: 'fault', actor: name, fault: 'suspend' });
}

function faultsOf(run: Run, actor: Actor, all: Transition[]): void {
  const { name, frozen, crashed, done } = actor;
  if (crashed || frozen !== undefined) return;
  const { faultKinds } = run.limits;
  const timeLeft = timeIsLeft(run);
  const add = (fault: FaultKind, call?: SentCall): void => {
    if (!faultKinds.has(fault)) return;
    all.push({ kind: 'fault', actor: name, fault, ...(call && { call: call.number }) });
  };
  if (!done || actor.calls.length > 0) {
    add('crash');
    if (timeLeft) add('freeze');
    if (timeLeft) add('suspend');
  }
  for (const call of actor.calls) {
    if (call.state !== 'sent' || call.slowSince !== undefined || call.slowReply) continue;
    if (timeLeft) add('slow-call', call);
    if (timeLeft) add('slow-reply', call);
    if (call.changes) add('unknown', call);
    if (call.changes) add('timeout', call);
    add('fail', call);
  }
}
