import type { Answer } from '@holdfast/vfs/adapter';

/** How long, in milliseconds, calls on the main thread may follow each other before everything else has its turn. */
const LONGEST_BURST_MS = 2;
/** The time is looked at once in so many calls: a call seldom takes more than a tenth of a millisecond. */
const CALLS_PER_LOOK = 4;

/** Calls that follow each other without a turn of the event loop in between. */
let burst = 0;
let begunAt: number | undefined;
let callsToNextLook = 0;
/** The calls that wait for the next turn of the event loop, in order. */
let waiting: (() => void)[] = [];
let making = false;

/**
 * The number of the present burst of calls. What was looked at in it need not be looked at again: nothing of this
 * process came in between, and what others change meanwhile they could as well change right after a second look.
 */
export function thisBurst(): number {
  if (begunAt === undefined) {
    begunAt = performance.now();
    burst++;
    setImmediate(nextTurn);
  }
  return burst;
}

/**
 * Makes a call now, or in a later turn of the event loop if this one has gone on for long. Calls that wait are made in
 * order, as many in a turn as there is time for.
 *
 * A call on the main thread is done before its promise is looked at, so whoever makes one after the other would, without
 * this, never let a timer or the network in.
 */
export function inTurn<T>(call: () => Answer<T>): Answer<T> {
  thisBurst();
  if (making || (waiting.length === 0 && !isOver())) return call();
  return new Promise<T>((resolve, reject) => {
    waiting.push(() => {
      try {
        resolve(call());
      } catch (error) {
        // eslint-disable-next-line typescript/prefer-promise-reject-errors -- it is what the call threw
        reject(error);
      }
    });
  });
}

function isOver(): boolean {
  if (--callsToNextLook > 0) return false;
  callsToNextLook = CALLS_PER_LOOK;
  return begunAt !== undefined && performance.now() - begunAt >= LONGEST_BURST_MS;
}

function nextTurn(): void {
  begunAt = undefined;
  if (waiting.length === 0) return;
  thisBurst();
  const calls = waiting;
  let made = 0;
  making = true;
  try {
    while (made < calls.length && (made === 0 || !isOver())) calls[made++]?.();
  } finally {
    making = false;
    waiting = calls.slice(made);
  }
}
