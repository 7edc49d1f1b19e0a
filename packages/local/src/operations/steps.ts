import type { Answer } from '@holdfast/vfs/adapter';
import { inTurn } from './fairness.js';

/** One call of the system, not yet made, in its two forms. */
export interface SystemCall {
  /** For instance `open`. */
  readonly name: string;
  readonly now: () => unknown;
  readonly later: () => Promise<unknown>;
}

/** Asks the runner to make no further call synchronously: what follows may take long. */
export const OFFLOAD: unique symbol = Symbol('offload');

/**
 * An operation, written once as a row of system calls, to be run either way.
 *
 * On a local filesystem a call takes a few microseconds, and handing it to the thread pool takes ten times as long;
 * on a mount a call may hang, and must never be made on the main thread.
 */
export type Steps<T> = Generator<SystemCall | typeof OFFLOAD, T, unknown>;

/** The step that makes one system call. */
export function* step<T>(name: string, now: () => T, later: () => Promise<T>): Steps<T> {
  // The cast states what runners do: they answer with what the call gave.
  return (yield { name, now, later }) as T;
}

/**
 * Runs the calls synchronously, up to the first {@link OFFLOAD}; the rest goes to the thread pool. There is no promise
 * if there is nothing to wait for.
 */
export function runDirect<T>(steps: Steps<T>): Answer<T> {
  return inTurn(() => runNow(steps));
}

function runNow<T>(steps: Steps<T>): Answer<T> {
  let turn = steps.next();
  while (turn.done !== true) {
    const call = turn.value;
    if (call === OFFLOAD) return runPooled(steps, steps.next());
    let answer: unknown;
    try {
      answer = call.now();
    } catch (error) {
      turn = steps.throw(error);
      continue;
    }
    turn = steps.next(answer);
  }
  return turn.value;
}

/** What `steps` come to, all made at once, however long that takes. */
export function finishNow<T>(steps: Steps<T>): T {
  let turn = steps.next();
  while (turn.done !== true) {
    const call = turn.value;
    if (call === OFFLOAD) {
      turn = steps.next();
      continue;
    }
    let answer: unknown;
    try {
      answer = call.now();
    } catch (error) {
      turn = steps.throw(error);
      continue;
    }
    turn = steps.next(answer);
  }
  return turn.value;
}

/** Makes every call in the thread pool. */
export async function runPooled<T>(steps: Steps<T>, first?: ReturnType<Steps<T>['next']>): Promise<T> {
  let turn = first ?? steps.next();
  while (turn.done !== true) {
    const call = turn.value;
    if (call === OFFLOAD) {
      turn = steps.next();
      continue;
    }
    let answer: unknown;
    try {
      answer = await call.later();
    } catch (error) {
      turn = steps.throw(error);
      continue;
    }
    turn = steps.next(answer);
  }
  return turn.value;
}
