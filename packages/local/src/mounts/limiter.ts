import type { Clock, Timer } from '@holdfast/vfs';
import { whenAborted } from '@holdfast/vfs/adapter';

export interface LimiterOptions {
  /** Calls in flight that somebody waits for, at most. */
  readonly limit: number;
  /**
   * Calls in flight that nobody waits for any more, at most, beside those. A further one keeps its place among the
   * former until it ends. Default 0.
   */
  readonly spare?: number;
  /** Called whenever the last call has ended and none waits. */
  readonly onIdle?: () => void;
}

/** How long the caller of one call waits, and what it hears. */
export interface Cancellation {
  /** Milliseconds from now, time in the queue included; `Infinity` for no end. */
  readonly deadlineMs: number;
  readonly clock: Clock;
  readonly signal: AbortSignal | undefined;
  /** The error of a passed deadline. `settled` is the call, if it was begun. */
  readonly timedOut: (settled: Promise<void> | undefined) => Error;
}

/**
 * The share of its deadline that must be left when a call is begun. With less, it would likely end with an unknown
 * outcome, where now it is known to have failed.
 */
const LEAST_SHARE = 0.1;

/**
 * Lets a few calls through at a time; the others queue, first come, first served.
 *
 * A call that cannot be stopped goes on after its caller gave up, and goes on using up what is limited. So its place
 * is not given to another before it really ends. A caller that gives up in the queue leaves it: its call is never made.
 */
export class Limiter {
  readonly #limit: number;
  readonly #spare: number;
  readonly #onIdle: (() => void) | undefined;
  readonly #queue = new Set<() => void>();
  #awaited = 0;
  #abandoned = 0;

  constructor({ limit, spare = 0, onIdle }: LimiterOptions) {
    this.#limit = limit;
    this.#spare = spare;
    this.#onIdle = onIdle;
  }

  /** Whether no call is in flight or waits. */
  get isIdle(): boolean {
    return this.inFlight === 0 && this.queued === 0;
  }

  /** Calls begun and not ended. */
  get inFlight(): number {
    return this.#awaited + this.#abandoned;
  }

  /** Calls that wait for their turn. */
  get queued(): number {
    return this.#queue.size;
  }

  /** Makes `call` as soon as its turn comes. Rejects with what it rejects with, `timedOut()` or the abort reason. */
  run<T>(call: () => Promise<T>, { deadlineMs, clock, signal, timedOut }: Cancellation): Promise<T> {
    if (signal?.aborted === true) return Promise.reject(signal.reason);
    return new Promise<T>((resolve, reject) => {
      const deadlineAt = clock.monotonic() + deadlineMs;
      let state: 'queued' | 'awaited' | 'abandoned' | 'ended' = 'queued';
      let running: Promise<T> | undefined;
      let timer: Timer | undefined;

      const begin = (): void => {
        if (deadlineAt - clock.monotonic() < deadlineMs * LEAST_SHARE) return abandon(timedOut(undefined));
        this.#queue.delete(begin);
        this.#awaited++;
        state = 'awaited';
        running = invoked(call);
        running.then(resolve, reject).finally(end);
      };
      const end = (): void => {
        if (state === 'abandoned') this.#abandoned--;
        else this.#awaited--;
        state = 'ended';
        stopWaiting();
        this.#admit();
        if (this.isIdle) this.#onIdle?.();
      };
      const abandon = (reason: unknown): void => {
        stopWaiting();
        reject(reason);
        if (state === 'queued') {
          this.#queue.delete(begin);
          state = 'ended';
        } else if (state === 'awaited') {
          this.#awaited--;
          this.#abandoned++;
          state = 'abandoned';
          this.#admit();
        }
      };
      const stopWaiting = (): void => {
        timer?.cancel();
        forget?.();
      };
      const onAbort = (): void => abandon(signal?.reason);

      const forget = signal === undefined ? undefined : whenAborted(signal, onAbort);
      if (deadlineMs !== Infinity) {
        // After a stall of the process the timer comes before an answer that has long arrived: one more turn of the
        // event loop, and such an answer is read.
        const passed = (): void => abandon(timedOut(running?.then(() => undefined)));
        timer = clock.schedule(() => {
          timer = clock.schedule(passed, 0);
        }, deadlineMs);
      }
      this.#queue.add(begin);
      this.#admit();
    });
  }

  #admit(): void {
    for (const begin of this.#queue) {
      if (this.#awaited + Math.max(0, this.#abandoned - this.#spare) >= this.#limit) return;
      begin();
    }
  }
}

async function invoked<T>(call: () => Promise<T>): Promise<T> {
  return call();
}
