import type { Clock } from '@holdfast/vfs';

/** Longest milliseconds between two looks at the clocks: the wall clock may have jumped while timers slept. */
const CHECK_MS = 1_000;

interface Checked {
  check(): void;
}

class ClockCheck {
  readonly #clock: Clock;
  readonly #checked = new Set<Checked>();
  #running = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(claim: Checked): void {
    this.#checked.add(claim);
    if (!this.#running) this.#schedule();
  }

  delete(claim: Checked): void {
    this.#checked.delete(claim);
  }

  /** The timer is left to run out when nothing is to be checked any more: most cycles of a lock are shorter than it. */
  #schedule(): void {
    this.#running = true;
    const run = (): void => {
      this.#running = false;
      if (this.#checked.size === 0) return;
      this.#schedule();
      for (const claim of Array.from(this.#checked)) claim.check();
    };
    this.#clock.schedule(run, CHECK_MS, { background: true });
  }
}

const checks = new WeakMap<Clock, ClockCheck>();

/**
 * Has `claim` look at the clocks every second, one timer for all claims of a process: after a suspend its loss shows soon,
 * though its own timers have slept as well. A claim whose heartbeat comes as often needs no more than that.
 *
 * @returns what ends it
 */
export function checkClocks(clock: Clock, heartbeatMs: number, claim: Checked): () => void {
  if (heartbeatMs <= CHECK_MS) return () => undefined;
  let check = checks.get(clock);
  if (check === undefined) checks.set(clock, (check = new ClockCheck(clock)));
  check.add(claim);
  return () => check.delete(claim);
}
