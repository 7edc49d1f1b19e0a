/** A guest's monotonic clock, as seen from the machine that runs it. */
export interface GuestClock {
  /** This machine's monotonic time minus the guest's, in milliseconds. */
  readonly offsetMs: number;
  /** How far the truth can be from that, either way. */
  readonly errorMs: number;
}

export interface TwoClocks {
  /** This machine's, asked before and after. */
  readonly here: () => number;
  /** The guest's, asked over the line between. */
  readonly there: () => Promise<number>;
}

const ROUNDS = 40;

/**
 * Measures how a guest's clock stands to ours: the guest read its clock somewhere between our question and its answer,
 * so the quickest round of many bounds the offset best.
 *
 * Source: Cristian, "Probabilistic clock synchronization" (1989). That one measurement holds for a whole run rests on
 * user-mode Linux deriving the guest's monotonic clock from the host's, by a constant difference (os_nsecs() in
 * arch/um/os-Linux/time.c); a second measurement at the end of a scenario checks it.
 */
export async function clockOf({ here, there }: TwoClocks): Promise<GuestClock> {
  let best: GuestClock = { offsetMs: 0, errorMs: Infinity };
  for (let round = 0; round < ROUNDS; round++) {
    const asked = here();
    const read = await there();
    const answered = here();
    const errorMs = (answered - asked) / 2;
    if (errorMs < best.errorMs) best = { offsetMs: (asked + answered) / 2 - read, errorMs };
  }
  return best;
}

/** Whether two measurements of one clock can both be true. */
export function agree(one: GuestClock, other: GuestClock): boolean {
  return Math.abs(one.offsetMs - other.offsetMs) <= one.errorMs + other.errorMs;
}
