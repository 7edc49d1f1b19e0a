import type { Call } from '@holdfast/vfs';
import { storageTime, type Actor, type Observation } from './actor.js';
import { digestNumber, NOTHING, type Digest } from './digest.js';
import { isUrgent } from './enabled.js';
import type { Effect } from './rule.js';
import type { Run } from './run.js';
import type { SentCall } from './sent-call.js';
import type { Answer } from './tiny-store.js';
import type { FaultKind, Transition } from './transition.js';

/** What is left to do of a transition once the model has changed: to let its actor know. */
export interface Poke {
  readonly actor: Actor | undefined;
  /** For the diagram. */
  readonly text: () => string;
  readonly effect?: Effect;
  readonly go: () => void;
}

type Undo = (() => void)[];

/**
 * Takes `transition` in the model: storage, digests of what actors have observed, time. It runs no code of an actor, so
 * that it can be undone.
 */
export function stage(run: Run, transition: Transition, undo: Undo): Poke {
  if (transition.kind === 'tick') return tick(run, undo);
  if (transition.kind === 'event') return event(run, undo);
  const actor = run.actor(transition.actor);
  switch (transition.kind) {
    case 'timer':
      return timer(run, actor, undo);
    case 'step':
      return step(run, actor, undo);
    case 'wake':
      wake(run, actor, undo);
      return { actor, text: () => 'goes on', go: () => undefined };
    case 'reply':
      return reply(run, actor, sent(actor, transition.call), undo);
    case 'part':
      return part(run, actor, sent(actor, transition.call), undo);
    case 'land':
      return land(run, actor, sent(actor, transition.call), undo);
    case 'fault':
      return takeFault(run, actor, transition, undo);
  }
}

function takeFault(
  run: Run,
  actor: Actor,
  { fault, call: number }: Transition & { kind: 'fault' },
  undo: Undo,
): Poke {
  const call = number === undefined ? undefined : sent(actor, number);
  set(actor, 'harmed', true, undo);
  // That a slow call fails in the end is a part of the same fault.
  if (call?.slowSince === undefined) set(run, 'faults', run.faults + 1, undo);
  return call === undefined ? actorFault(run, actor, fault, undo) : callFault(run, actor, call, fault, undo);
}

function sent(actor: Actor, number: number): SentCall {
  const call = actor.call(number);
  if (call === undefined) throw new RangeError(`${actor.name} has no call ${number} under way`);
  return call;
}

function set<T, K extends keyof T>(object: T, key: K, value: T[K], undo: Undo): void {
  const before = object[key];
  undo.push(() => (object[key] = before));
  object[key] = value;
}

function observe(actor: Actor, what: Observation, content: Digest, undo: Undo): void {
  const { past, recent } = actor.observed(what, content);
  set(actor, 'past', past, undo);
  set(actor, 'recent', recent, undo);
}

function tick(run: Run, undo: Undo): Poke {
  // Whoever has something to do, and has not done it before time passes, is slow.
  if (run.limits.time === 'any')
    for (const actor of run.actors) if (isUrgent(run, actor)) set(actor, 'harmed', true, undo);
  set(run, 'ticks', run.ticks + 1, undo);
  set(run, 'now', run.now + run.scenario.tickMs, undo);
  return { actor: undefined, text: () => `${run.scenario.tickMs} ms pass`, go: () => undefined };
}

function event(run: Run, undo: Undo): Poke {
  const happening = run.scenario.events?.[run.events];
  if (happening === undefined) throw new RangeError('No event of the scenario is left');
  set(run, 'events', run.events + 1, undo);
  const go = (): void => undefined;
  if (happening.kind === 'wall-jump') {
    const { ms } = happening;
    const actor = run.actor(happening.actor);
    set(actor, 'wallJumpedMs', actor.wallJumpedMs + ms, undo);
    // A clock that goes forth may have slept; one that goes back has not.
    if (ms > 0) set(actor, 'harmed', true, undo);
    return { actor: undefined, text: () => `the wall clock of ${actor.name} jumps by ${ms} ms`, go };
  }
  for (const actor of run.actors) set(actor, 'harmed', true, undo);
  const holds = run.actors.flatMap((actor) => actor.holds);
  set(run, 'overruled', run.overruled.with(holds, run.now), undo);
  const call: Call = { op: 'rm', path: happening.path, options: { recursive: true } };
  const { ok } = run.store.perform(call, storageTime(run.now));
  return {
    actor: undefined,
    text: () => `${happening.path} is removed`,
    effect: { actor: '*', call, ok },
    go,
  };
}

function part(run: Run, actor: Actor, call: SentCall, undo: Undo): Poke {
  const { listings = 'whole' } = run.scenario;
  if (listings === 'whole') throw new RangeError('In this scenario directories are read at one moment');
  set(call, 'firstPart', run.store.readFirstPart(call.call.path, listings), undo);
  return { actor, text: () => `${described(call.call)}, the first part of it`, go: () => undefined };
}

function wake(run: Run, actor: Actor, undo: Undo): void {
  const { frozen } = actor;
  if (frozen === undefined) return;
  if (frozen.machine) set(actor, 'stoodStillMs', actor.stoodStillMs + run.now - frozen.since, undo);
  set(actor, 'frozen', undefined, undo);
}

function timer(run: Run, actor: Actor, undo: Undo): Poke {
  wake(run, actor, undo);
  const due = actor.dueTimer;
  if (due === undefined) throw new RangeError(`No timer of ${actor.name} is due`);
  observe(actor, 'timer', due.number, undo);
  const go = (): void => {
    actor.cancel(due);
    due.run();
  };
  const text = (): string => `timer, due at ${Math.round(run.now - (actor.monotonic() - due.dueMs))} ms`;
  return { actor, text, go };
}

function step(run: Run, actor: Actor, undo: Undo): Poke {
  wake(run, actor, undo);
  const [next] = actor.steps;
  if (next === undefined) throw new RangeError(`${actor.name} is at no step`);
  observe(actor, 'step', NOTHING, undo);
  const go = (): void => {
    actor.steps.shift();
    next.go();
  };
  return { actor, text: () => next.label, go };
}

function takeEffect(run: Run, actor: Actor, call: SentCall): { answer: Answer; effect: Poke['effect'] } {
  const answer = run.apply(call);
  return { answer, effect: { actor: actor.name, call: call.call, ok: answer.ok } };
}

function reply(run: Run, actor: Actor, call: SentCall, undo: Undo): Poke {
  wake(run, actor, undo);
  const waiting = call.state === 'applied' ? call.answer : undefined;
  const { answer, effect } =
    waiting === undefined ? takeEffect(run, actor, call) : { answer: waiting, effect: undefined };
  set(call, 'state', 'done', undo);
  observe(actor, 'reply', digestNumber(answer.digest, call.number), undo);
  const go = (): void => {
    actor.forget(call);
    call.reply(answer);
  };
  const text = (): string =>
    `${described(call.call)} → ${outcomeOf(answer)}${effect === undefined ? ' (reply)' : ''}`;
  return { actor, text, go, ...(effect && { effect }) };
}

function land(run: Run, actor: Actor, call: SentCall, undo: Undo): Poke {
  const { answer, effect } = takeEffect(run, actor, call);
  const { state } = call;
  const note = state === 'sent' ? ', no reply yet' : ', which nobody waits for any more';
  const text = (): string => `${described(call.call)} → ${outcomeOf(answer)}${note}`;
  if (state === 'followed') observe(actor, 'landed', digestNumber(answer.digest, call.number), undo);
  const heard = state === 'sent';
  if (heard) set(call, 'answer', answer, undo);
  if (heard && call.slowReply) set(call, 'slowSince', run.now, undo);
  set(call, 'state', heard ? 'applied' : 'done', undo);
  const go = (): void => {
    if (heard) return;
    actor.forget(call);
    if (state === 'followed') call.settle(answer);
  };
  return { actor, text, go, ...(effect && { effect }) };
}

function actorFault(run: Run, actor: Actor, fault: FaultKind, undo: Undo): Poke {
  switch (fault) {
    case 'crash': {
      set(actor, 'crashed', true, undo);
      for (const call of actor.calls) {
        if (call.state !== 'done')
          set(call, 'state', call.changes && call.state !== 'applied' ? 'orphan' : 'done', undo);
      }
      const go = (): void => {
        for (const call of actor.calls.filter(({ state }) => state === 'done')) actor.forget(call);
        actor.timers.length = 0;
        actor.steps.length = 0;
      };
      return { actor, text: () => 'crashes', go };
    }
    case 'freeze':
    case 'suspend': {
      const machine = fault === 'suspend';
      set(actor, 'frozen', { since: run.now, machine }, undo);
      const text = (): string => (machine ? 'its machine stands still' : 'stands still');
      return { actor, text, go: () => undefined };
    }
    default:
      throw new RangeError(`The fault ${fault} needs a call`);
  }
}

function callFault(run: Run, actor: Actor, call: SentCall, fault: FaultKind, undo: Undo): Poke {
  const text = (): string => `${described(call.call)}: ${fault}`;
  switch (fault) {
    case 'slow-call':
      set(call, 'slowSince', run.now, undo);
      return { actor, text, go: () => undefined };
    case 'slow-reply':
      set(call, 'slowReply', true, undo);
      return { actor, text, go: () => undefined };
    case 'fail': {
      set(call, 'state', 'done', undo);
      observe(actor, 'fail', call.number, undo);
      const go = (): void => {
        actor.forget(call);
        call.fail();
      };
      return { actor, text, go };
    }
    case 'unknown':
    case 'timeout': {
      const over = call.state === 'applied';
      set(call, 'state', over ? 'done' : fault === 'timeout' ? 'followed' : 'orphan', undo);
      set(call, 'slowSince', undefined, undo);
      observe(actor, fault, call.number, undo);
      const go = (): void => {
        if (over) actor.forget(call);
        call.giveUp();
      };
      return { actor, text, go };
    }
    default:
      throw new RangeError(`The fault ${fault} hits no call`);
  }
}

function described(call: Call): string {
  const name = short(call.path);
  if (call.op === 'rename' || call.op === 'link') return `${call.op} ${name} to ${short(call.to)}`;
  const recursive = (call.op === 'rm' || call.op === 'mkdir') && call.options.recursive === true;
  return `${call.op} ${name === '' ? '/' : name}${recursive ? ' (all)' : ''}`;
}

/** The last part of a path, without the zeros in front of a number. */
function short(path: string): string {
  return (path.split('/').at(-1) ?? '').replace(/^0+(?=\d)/, '');
}

/** Longest list of names in a diagram, in characters. */
const LONGEST_LIST = 44;

function outcomeOf(answer: Answer): string {
  if (!answer.ok) return answer.code;
  if (!Array.isArray(answer.value)) return 'done';
  const names = answer.value.map(({ name }: { name: string }) => short(name)).join(', ');
  // What was made last comes last, and says most.
  return `[${names.length > LONGEST_LIST ? `… ${names.slice(-LONGEST_LIST)}` : names}]`;
}
