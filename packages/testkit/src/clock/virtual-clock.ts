import { ActorClock, type ActorClockOptions } from './actor-clock.js';
import { VirtualClockError } from './clock-error.js';
import { Timeline } from './timeline.js';
import { turn } from './turn.js';

/** How a {@link VirtualClock} begins. */
export interface VirtualClockOptions {
  /** The true time at the start, in milliseconds since the epoch. Default 2026-01-01T00:00:00Z. */
  readonly wallMs?: number;
  /** How often the event loop goes round before all is taken to be settled. Default 3. */
  readonly turns?: number;
}

/** How long to go on. */
export interface LimitOptions {
  /** Virtual milliseconds after which to give up with `ELIMIT`. Default 3,600,000, an hour. */
  readonly limitMs?: number;
}

/** So many timers without a moment passing are a livelock. */
const TIMERS_PER_MOMENT = 10_000;
const HOUR_MS = 3_600_000;

/**
 * A clock that stands still until a test turns it.
 *
 * Between any two timers all promises settle that can, so that a run is the same each time. What waits for real I/O
 * or real timers cannot be settled; use it with storage in memory.
 *
 * @example
 * const clock = new VirtualClock();
 * clock.schedule(() => console.log('a minute later'), 60_000);
 * await clock.advance(60_000);
 */
export class VirtualClock extends ActorClock {
  readonly #timeline: Timeline;
  readonly #wallMs: number;
  readonly #turns: number;
  #turning = false;

  constructor({ wallMs = Date.UTC(2026, 0, 1), turns = 3 }: VirtualClockOptions = {}) {
    const timeline = new Timeline();
    super(timeline, wallMs, {});
    this.#timeline = timeline;
    this.#wallMs = wallMs;
    this.#turns = turns;
  }

  /** Virtual milliseconds since the start, whatever any actor believes. */
  get now(): number {
    return this.#timeline.now;
  }

  /** Timers that have neither run nor been cancelled, of all actors. */
  get pendingTimers(): number {
    return this.#timeline.size;
  }

  /** Another clock on the same virtual time, for one more machine or process. It is turned together with this one. */
  actor(options: ActorClockOptions = {}): ActorClock {
    return new ActorClock(this.#timeline, this.#wallMs + this.#timeline.now, options);
  }

  /**
   * Lets `ms` milliseconds pass, and runs the timers that fall due in order. Rejects with what a timer throws, and with a
   * `RangeError` if `ms` is no finite number of 0 or more: then no time passes.
   */
  async advance(ms: number): Promise<void> {
    const end = this.#timeline.now + ms;
    if (!(ms >= 0 && end < Infinity)) {
      const instead = 'To run all timers there are, call runUntilIdle(), or runUntil(promise)';
      throw new RangeError(
        `A clock advances by a finite number of milliseconds of 0 or more, not ${ms}. ${instead}`,
      );
    }
    await this.#turnUntil((next) => next > end, end);
  }

  /** Lets every promise settle that can without time passing. */
  async settle(): Promise<void> {
    for (let turns = 0; turns < this.#turns; turns++) await turn();
  }

  /**
   * Goes from timer to timer until `promise` settles, and answers as it does.
   *
   * Rejects with `ESTALLED` if nothing is left that could settle it, with `ELIMIT` if that takes too long.
   */
  async runUntil<T>(promise: Promise<T>, { limitMs = HOUR_MS }: LimitOptions = {}): Promise<T> {
    let settled = false;
    const mark = (): void => {
      settled = true;
    };
    promise.then(mark, mark);
    const end = this.#timeline.now + limitMs;
    const last = await this.#turnUntil((next) => settled || next > end);
    if (settled) return promise;
    throw last === Infinity
      ? new VirtualClockError('ESTALLED', 'No timer is left, and the promise has not settled')
      : new VirtualClockError('ELIMIT', `The promise has not settled within ${limitMs} virtual ms`);
  }

  /**
   * Goes from timer to timer until none is left but those in the background and of suspended actors.
   * Rejects with `ELIMIT` if that takes too long.
   */
  async runUntilIdle({ limitMs = HOUR_MS }: LimitOptions = {}): Promise<void> {
    const end = this.#timeline.now + limitMs;
    await this.#turnUntil((next) => !this.#timeline.busy || next > end);
    if (this.#timeline.busy) {
      throw new VirtualClockError('ELIMIT', `Timers are still pending after ${limitMs} virtual ms`);
    }
  }

  /**
   * Runs timers until `done` says so of the next one's time, which it returns, `Infinity` if there is none.
   * Then goes on to `end`.
   */
  async #turnUntil(done: (next: number) => boolean, end = 0): Promise<number> {
    if (this.#turning) {
      throw new VirtualClockError('EBUSY', 'The clock is being turned already; await that first');
    }
    this.#turning = true;
    try {
      for (let atOnce = 0; ; atOnce++) {
        await this.settle();
        const next = this.#timeline.next();
        if (next === undefined || done(next.at)) {
          this.#timeline.moveTo(end);
          return next?.at ?? Infinity;
        }
        if (next.at > this.#timeline.now) atOnce = 0;
        if (atOnce > TIMERS_PER_MOMENT) {
          throw new VirtualClockError('ELIVELOCK', `${atOnce} timers ran without a moment passing`);
        }
        this.#timeline.moveTo(next.at);
        next.due.run();
      }
    } finally {
      this.#turning = false;
    }
  }
}
