import type { Clock, Timer } from '@holdfast/vfs';

export interface PendingRequest {
  readonly reject: (why: Error) => void;
}

interface Waiting extends PendingRequest {
  /** When it was sent, or when the last answer came to a request that was sent before it. Monotonic. */
  since: number;
}

export interface PendingRequestsOptions {
  readonly clock: Clock;
  readonly limitMs: number;
  /** Requests are overdue, and nothing at all was answered meanwhile. */
  readonly onSilence: () => void;
  /** These are overdue although requests that were sent after them were answered. They are forgotten here. */
  readonly onOvertaken: (overdue: readonly PendingRequest[]) => void;
}

/** Times are fractions: a timer that is due may still lack the last bits of a millisecond. */
const ROUNDING_MS = 0.5;

/**
 * The requests of a session that have no answer yet, and how long each may still wait.
 *
 * A server works on requests in the order in which they came, so an answer to an earlier one is progress for all behind
 * it: a slow server, or a slow network, is not taken for a dead one. An answer to a later request says nothing of the
 * earlier ones.
 */
export class PendingRequests {
  readonly #options: PendingRequestsOptions;
  /** In the order in which they were sent. */
  readonly #waiting = new Set<Waiting>();
  #lastAnswer = -Infinity;
  #timer: Timer | undefined;

  constructor(options: PendingRequestsOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#waiting.size;
  }

  add(reject: (why: Error) => void): PendingRequest {
    const request: Waiting = { reject, since: this.#options.clock.monotonic() };
    this.#waiting.add(request);
    this.#timer ??= this.#schedule(this.#options.limitMs);
    return request;
  }

  /** @returns whether anybody still waits for the answer to `request` */
  answered(request: PendingRequest): boolean {
    const now = this.#options.clock.monotonic();
    this.#lastAnswer = now;
    if (!this.#waiting.has(request as Waiting)) return false;
    let behind = false;
    for (const other of this.#waiting) {
      if (behind) other.since = now;
      behind ||= other === request;
    }
    this.remove(request);
    return true;
  }

  remove(request: PendingRequest): void {
    this.#waiting.delete(request as Waiting);
    if (this.#waiting.size === 0) this.#stopTimer();
  }

  rejectAll(why: Error): void {
    this.#stopTimer();
    for (const { reject } of this.#waiting) reject(why);
    this.#waiting.clear();
  }

  #overdue(): Waiting[] {
    return [...this.#waiting].filter((request) => this.#leftMs(request) < ROUNDING_MS);
  }

  #leftMs({ since }: Waiting): number {
    return since + this.#options.limitMs - this.#options.clock.monotonic();
  }

  #schedule(ms: number, run: () => void = () => this.#check()): Timer {
    // Whoever waits for a reply keeps the process alive by the socket; a reply that nobody waits for must not.
    return this.#options.clock.schedule(run, Math.max(0, ms), { background: true });
  }

  #check(): void {
    if (this.#overdue().length === 0) return this.#wait();
    // After a stall of this process the timer runs before an answer that has long arrived. One more turn of the event
    // loop reads it.
    this.#timer = this.#schedule(0, () => this.#giveUp());
  }

  #giveUp(): void {
    const overdue = this.#overdue();
    const [oldest] = overdue;
    if (oldest !== undefined && overdue.every(({ since }) => since >= this.#lastAnswer)) {
      this.#timer = undefined;
      return this.#options.onSilence();
    }
    for (const request of overdue) this.#waiting.delete(request);
    this.#wait();
    if (oldest !== undefined) this.#options.onOvertaken(overdue);
  }

  /** Until the next request may be overdue. */
  #wait(): void {
    this.#stopTimer();
    if (this.#waiting.size === 0) return;
    let leftMs = Infinity;
    for (const request of this.#waiting) leftMs = Math.min(leftMs, this.#leftMs(request));
    this.#timer = this.#schedule(leftMs);
  }

  #stopTimer(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }
}
