/** A pending call of {@link Clock.schedule}. */
export interface Timer {
  /** Forgets the call. Does nothing once it ran. */
  cancel(): void;
}

/** How a timer is to be scheduled. */
export interface ScheduleOptions {
  /** `true`: this timer alone must not keep the process alive. Default `false`. */
  readonly background?: boolean;
}

/**
 * Where time comes from. Everything in Holdfast that measures or waits takes one,
 * so that a test can turn the time by hand instead of sleeping.
 */
export interface Clock {
  /** Milliseconds that never go back. May stand still while the machine is suspended. */
  monotonic(): number;
  /** Milliseconds since the epoch, as the machine believes. May jump either way. */
  wall(): number;
  /** Calls `run` once, `delayMs` milliseconds from now at the earliest. */
  schedule(run: () => void, delayMs: number, options?: ScheduleOptions): Timer;
}

/** Longest delay that a JavaScript timer keeps; a longer one would fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The machine's own clock and timers. */
export const systemClock: Clock = {
  monotonic: () => performance.now(),
  wall: () => Date.now(),
  schedule(run, delayMs, options) {
    let handle: ReturnType<typeof setTimeout>;
    const start = (leftMs: number): void => {
      const thisMs = Math.min(Math.max(leftMs, 0), LONGEST_TIMER_MS);
      handle = setTimeout(() => (leftMs > thisMs ? start(leftMs - thisMs) : run()), thisMs);
      if (options?.background === true) unref(handle);
    };
    start(delayMs);
    return { cancel: () => clearTimeout(handle) };
  },
};

/** Node, Bun and Deno can let a timer go on without keeping the process alive; a browser has no such notion. */
function unref(handle: unknown): void {
  if (
    typeof handle === 'object' &&
    handle !== null &&
    'unref' in handle &&
    typeof handle.unref === 'function'
  ) {
    handle.unref();
  }
}
