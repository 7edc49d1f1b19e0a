import type { Clock } from '@holdfast/vfs';

/** The wall clock goes in whole milliseconds, so it may seem to run ahead by as much without having jumped. */
const WALL_STEP_MS = 1;

/**
 * Measures time that has passed for certain: the larger of what the two clocks say. A suspended machine stops the
 * monotonic clock but not the wall clock; a wall clock that was set back is outvoted by the monotonic one.
 *
 * It never runs backwards. A wall clock that jumps forth counts at once, and nothing is taken off again when it jumps
 * back: in between somebody may have relied on what it showed. Rule 4 of ARCHITECTURE.md.
 */
export class Stopwatch {
  readonly #clock: Clock;
  readonly #startedAt: number;
  /** By how much the wall clock was ahead of the monotonic one when that was last taken into account. */
  #ahead: number;
  /** What the wall clock has gained on the monotonic one, all its jumps forth added up. */
  #gainedMs = 0;
  #latest = 0;

  /** Starts at 0. */
  constructor(clock: Clock) {
    this.#clock = clock;
    this.#startedAt = clock.monotonic();
    this.#ahead = clock.wall() - this.#startedAt;
  }

  /** Milliseconds since the start. */
  now(): number {
    const monotonic = this.#clock.monotonic();
    const ahead = this.#clock.wall() - monotonic;
    if (ahead > this.#ahead + WALL_STEP_MS) {
      this.#gainedMs += ahead - this.#ahead;
      this.#ahead = ahead;
    } else if (ahead < this.#ahead - WALL_STEP_MS) {
      this.#ahead = ahead;
    }
    this.#latest = Math.max(this.#latest, monotonic - this.#startedAt + this.#gainedMs);
    return this.#latest;
  }
}

const stopwatches = new WeakMap<Clock, Stopwatch>();

/** The one stopwatch of `clock`: whoever looks at it lets all others know of a jump. */
export function stopwatchOf(clock: Clock): Stopwatch {
  let stopwatch = stopwatches.get(clock);
  if (stopwatch === undefined) stopwatches.set(clock, (stopwatch = new Stopwatch(clock)));
  return stopwatch;
}
