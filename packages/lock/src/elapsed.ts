import type { Clock } from '@holdfast/vfs';

/**
 * Measures time that has passed for certain: between any two marks the larger of what the two clocks say. A suspended
 * machine stops the monotonic clock but not the wall clock; a wall clock that was set back is outvoted by the monotonic
 * one. Both can happen in turn, so the steps are added up.
 */
export class Stopwatch {
  readonly #clock: Clock;
  #marked: { readonly monotonic: number; readonly wall: number };
  #beforeMark = 0;

  /** Starts at 0. */
  constructor(clock: Clock) {
    this.#clock = clock;
    this.#marked = { monotonic: clock.monotonic(), wall: clock.wall() };
  }

  /** Milliseconds since the start. */
  now(): number {
    const { monotonic, wall } = this.#marked;
    return this.#beforeMark + Math.max(this.#clock.monotonic() - monotonic, this.#clock.wall() - wall, 0);
  }

  /**
   * Ends a step. To be called now and then, not at every look: the wall clock goes in whole milliseconds, so that each
   * step may come out one too long.
   */
  mark(): void {
    this.#beforeMark = this.now();
    this.#marked = { monotonic: this.#clock.monotonic(), wall: this.#clock.wall() };
  }
}
