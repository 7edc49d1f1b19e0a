import type { Clock } from '@holdfast/vfs';

/** Up to so many, each beats when it is due. */
const FEW = 32;

/** So many moments in the time from one beat to the next are those at which many beat together. */
const MOMENTS = 64;

/**
 * When the claims of one process beat. A process that keeps thousands alive would wake up for each of them, which costs more
 * than the beat itself; so they gather at common moments, each a little before it is due.
 */
export class BeatTimes {
  readonly #clock: Clock;
  #beating = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  begin(): void {
    this.#beating++;
  }

  end(): void {
    this.#beating--;
  }

  /** Milliseconds from now until the beat after one that began at `begunAt`. */
  untilNext(begunAt: number, heartbeatMs: number): number {
    const due = begunAt + heartbeatMs;
    if (this.#beating <= FEW) return due - this.#clock.monotonic();
    const step = heartbeatMs / MOMENTS;
    return Math.floor(due / step) * step - this.#clock.monotonic();
  }
}

const all = new WeakMap<Clock, BeatTimes>();

export function beatTimesOf(clock: Clock): BeatTimes {
  let times = all.get(clock);
  if (times === undefined) all.set(clock, (times = new BeatTimes(clock)));
  return times;
}
