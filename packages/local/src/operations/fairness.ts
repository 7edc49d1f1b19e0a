/** How long, in milliseconds, calls on the main thread may follow each other before everything else has its turn. */
const LONGEST_BURST_MS = 2;
/** The time is looked at once in so many calls: a call seldom takes more than a tenth of a millisecond. */
const CALLS_PER_LOOK = 4;

/** Calls that follow each other without a turn of the event loop in between. */
let burst = 0;
let begunAt: number | undefined;
let callsToNextLook = 0;
let nextTurn: Promise<void> | undefined;

/**
 * The number of the present burst of calls. What was looked at in it need not be looked at again: nothing of this
 * process came in between, and what others change meanwhile they could as well change right after a second look.
 */
export function thisBurst(): number {
  if (begunAt === undefined) {
    begunAt = performance.now();
    nextTurn = undefined;
    burst++;
    setImmediate(end);
  }
  return burst;
}

function end(): void {
  begunAt = undefined;
}

/**
 * Nothing, or a promise of the next turn of the event loop if this one has gone on for long.
 *
 * A call on the main thread is done before its promise is looked at, so whoever makes one after the other would, without
 * this, never let a timer or the network in.
 */
export function itsTurn(): Promise<void> | undefined {
  thisBurst();
  if (nextTurn !== undefined) return nextTurn;
  if (--callsToNextLook > 0) return undefined;
  callsToNextLook = CALLS_PER_LOOK;
  if (begunAt === undefined || performance.now() - begunAt < LONGEST_BURST_MS) return undefined;
  nextTurn = new Promise((resolve) => {
    setImmediate(resolve);
  });
  return nextTurn;
}
