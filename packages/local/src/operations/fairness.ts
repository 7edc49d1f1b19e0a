/** How long, in milliseconds, calls on the main thread may follow each other before everything else has its turn. */
const LONGEST_BURST_MS = 2;

let begunAt: number | undefined;
let nextTurn: Promise<void> | undefined;

/**
 * Resolves at once, or in the next turn of the event loop if this one has gone on for long.
 *
 * A call on the main thread is done before its promise is looked at, so whoever makes one after the other would, without
 * this, never let a timer or the network in.
 */
export function itsTurn(): Promise<void> | undefined {
  const now = performance.now();
  if (begunAt === undefined) {
    begunAt = now;
    nextTurn = undefined;
    setImmediate(() => (begunAt = undefined));
    return undefined;
  }
  if (now - begunAt < LONGEST_BURST_MS) return undefined;
  nextTurn ??= new Promise((resolve) => setImmediate(resolve));
  return nextTurn;
}
