/**
 * What can go wrong.
 * - `crash`: the actor is gone. What it has sent may still take effect, or not.
 * - `freeze`: the actor stands still for some time; its clocks go on (SIGSTOP, a long garbage collection).
 * - `suspend`: its machine stands still, and its monotonic clock with it.
 * - `slow-call`: a call takes effect after some time only.
 * - `slow-reply`: a call takes effect, but its reply is some time on the way.
 *   It may also fail then, as one more form of the same fault: by `fail`, `unknown` or `timeout`, where these may happen.
 * - `unknown`: the caller is told that the outcome is unknown; the call may still take effect, or not.
 * - `timeout`: as `unknown`, and the caller is told if it took effect after all, as a passed deadline does.
 * - `fail`: the call is refused as the storage cannot be reached, and has no effect.
 */
export type FaultKind =
  'crash' | 'freeze' | 'suspend' | 'slow-call' | 'slow-reply' | 'unknown' | 'timeout' | 'fail';

export const FAULT_KINDS: readonly FaultKind[] = [
  'crash',
  'freeze',
  'suspend',
  'slow-call',
  'slow-reply',
  'unknown',
  'timeout',
  'fail',
];

/** One step of a run: all that a schedule decides. */
export type Transition =
  /** Time goes on by one tick. */
  | { readonly kind: 'tick' }
  /** The call takes effect, if it has not yet, and its reply arrives. */
  | { readonly kind: 'reply'; readonly actor: string; readonly call: number }
  /** The call takes effect, and no reply comes for now. */
  | { readonly kind: 'land'; readonly actor: string; readonly call: number }
  /** The first part of a directory is read for the call; the rest is read with its reply. */
  | { readonly kind: 'part'; readonly actor: string; readonly call: number }
  /** The timer that is due first runs. */
  | { readonly kind: 'timer'; readonly actor: string }
  /** The actor goes on from its `step`. */
  | { readonly kind: 'step'; readonly actor: string }
  /** Its machine goes on, with nothing to do for now. */
  | { readonly kind: 'wake'; readonly actor: string }
  /** The next event of the scenario happens. */
  | { readonly kind: 'event' }
  | { readonly kind: 'fault'; readonly actor: string; readonly fault: FaultKind; readonly call?: number };

/** Steps in the order in which they are taken. */
export type Schedule = readonly Transition[];

/** `A1 B1 A:crash + Bt Bs A2!`: one word a step. {@link parseSchedule} reads it. */
export function formatSchedule(schedule: Schedule): string {
  return schedule.map(formatTransition).join(' ');
}

export function formatTransition(transition: Transition): string {
  switch (transition.kind) {
    case 'tick':
      return '+';
    case 'reply':
      return `${transition.actor}${transition.call}`;
    case 'land':
      return `${transition.actor}${transition.call}!`;
    case 'part':
      return `${transition.actor}${transition.call}/`;
    case 'event':
      return '*';
    case 'timer':
      return `${transition.actor}t`;
    case 'step':
      return `${transition.actor}s`;
    case 'wake':
      return `${transition.actor}w`;
    case 'fault':
      return `${transition.actor}${transition.call ?? ''}:${transition.fault}`;
  }
}

/** @throws `SyntaxError` that names the word that is no step */
export function parseSchedule(text: string): Schedule {
  return text.split(/\s+/).filter(Boolean).map(parseTransition);
}

const CALL_STEPS: Record<string, 'land' | 'part'> = { '!': 'land', '/': 'part' };
const LETTERS: Record<string, 'timer' | 'step' | 'wake'> = { t: 'timer', s: 'step', w: 'wake' };

function parseTransition(word: string): Transition {
  if (word === '+') return { kind: 'tick' };
  if (word === '*') return { kind: 'event' };
  const parts = /^([A-Z])(?:(\d+)([!/]?)|([tsw])|(\d*):([a-z-]+))$/.exec(word);
  const [, actor = '', call, landing, letter, faultCall, fault] = parts ?? [];
  if (call !== undefined) return { kind: CALL_STEPS[landing ?? ''] ?? 'reply', actor, call: Number(call) };
  if (letter !== undefined) return { kind: LETTERS[letter] ?? 'step', actor };
  const kind = FAULT_KINDS.find((known) => known === fault);
  if (kind === undefined) throw new SyntaxError(`"${word}" is no step of a schedule`);
  return faultCall === undefined || faultCall === ''
    ? { kind: 'fault', actor, fault: kind }
    : { kind: 'fault', actor, fault: kind, call: Number(faultCall) };
}
