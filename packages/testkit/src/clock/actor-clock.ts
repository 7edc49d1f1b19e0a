import type { Clock, ScheduleOptions, Timer } from '@holdfast/vfs';
import type { Due, Timeline } from './timeline.js';

/** How the clocks of one machine differ from true time. */
export interface ActorClockOptions {
  /** How far the wall clock is ahead of true time, in milliseconds; negative if behind. Default 0. */
  readonly offsetMs?: number;
  /** How much faster than true time both clocks run, as a fraction: 0.001 gains 1 ms a second. Above -1. Default 0. */
  readonly drift?: number;
  /** What `monotonic()` shows at the start: clocks of two machines have no common origin. Default 0. */
  readonly monotonicMs?: number;
}

/**
 * What stops.
 * - `machine`: a closed lid, a paused virtual machine: the monotonic clock stands still, and timers with it.
 * - `process`: SIGSTOP, a long garbage collection: both clocks go on; timers that fall due run at the resume.
 */
export type Suspension = 'machine' | 'process';

/**
 * The clock of one actor on a common virtual time: what one machine believes the time to be.
 *
 * A suspension holds back time and timers. It cannot hold back the actor's own pending promises, such as an answer
 * from a storage.
 */
export class ActorClock implements Clock {
  readonly #timeline: Timeline;
  readonly #rate: number;
  /** A moment at which both the virtual and the monotonic time are known. */
  #anchor: { at: number; monotonic: number };
  readonly #wallAnchor: { at: number; wall: number };
  #suspension: Suspension | undefined;

  /** Use {@link VirtualClock.actor}. */
  constructor(timeline: Timeline, trueWallMs: number, options: ActorClockOptions) {
    const { offsetMs = 0, drift = 0, monotonicMs = 0 } = options;
    if (!(drift > -1 && drift < Infinity)) throw new RangeError(`drift must be above -1, not ${drift}`);
    this.#timeline = timeline;
    this.#rate = 1 + drift;
    this.#anchor = { at: timeline.now, monotonic: monotonicMs };
    this.#wallAnchor = { at: timeline.now, wall: trueWallMs + offsetMs };
  }

  monotonic(): number {
    return this.#monotonicAt(this.#timeline.now);
  }

  /** Whole milliseconds, as `Date.now()`. */
  wall(): number {
    const { at, wall } = this.#wallAnchor;
    return Math.floor(wall + (this.#timeline.now - at) * this.#rate);
  }

  /** @throws `RangeError` if `delayMs` is not a number */
  schedule(run: () => void, delayMs: number, options: ScheduleOptions = {}): Timer {
    if (Number.isNaN(delayMs)) throw new RangeError('delayMs is not a number');
    const monotonic = this.monotonic() + Math.max(delayMs, 0);
    const due: Due = {
      foreground: options.background !== true,
      at: () => this.#virtual(monotonic),
      run: () => {
        this.#timeline.delete(due);
        // The way to virtual time and back may round down: no timer may see less time than it asked for.
        this.#anchor = { at: this.#timeline.now, monotonic: Math.max(this.monotonic(), monotonic) };
        run();
      },
    };
    this.#timeline.add(due);
    return { cancel: () => this.#timeline.delete(due) };
  }

  /** Sets the wall clock forward, or back if negative, by `ms` milliseconds. */
  jumpWall(ms: number): void {
    this.#wallAnchor.wall += ms;
  }

  get suspended(): boolean {
    return this.#suspension !== undefined;
  }

  /** Stops this actor's timers, and its monotonic clock if the whole machine sleeps, until {@link resume}. */
  suspend(what: Suspension = 'machine'): void {
    this.resume();
    this.#anchor = { at: this.#timeline.now, monotonic: this.monotonic() };
    this.#suspension = what;
  }

  /** Ends a suspension. Timers that are due run with the next turn of the clock. Does nothing if there is none. */
  resume(): void {
    const monotonic = this.monotonic();
    this.#suspension = undefined;
    this.#anchor = { at: this.#timeline.now, monotonic };
  }

  #monotonicAt(at: number): number {
    const { at: anchoredAt, monotonic } = this.#anchor;
    return this.#suspension === 'machine' ? monotonic : monotonic + (at - anchoredAt) * this.#rate;
  }

  #virtual(monotonic: number): number {
    if (this.#suspension !== undefined) return Infinity;
    return this.#anchor.at + (monotonic - this.#anchor.monotonic) / this.#rate;
  }
}
