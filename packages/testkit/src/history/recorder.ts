import { encodeEvent, hostTime, type HistoryEvent } from './event.js';

/** The part of a lease that a {@link HistoryRecorder} looks at. */
export interface RecordedLease {
  readonly token: number;
  /** Whether it may be relied on at this moment; never again once it was not. */
  readonly held: boolean;
}

/** Who records what, and where to. */
export interface HistoryRecorderOptions {
  /** Who records. Unique among all processes of the history. */
  readonly process: string;
  /** The lock that it is about: its `id` will do. */
  readonly lock: string;
  /**
   * Takes each line, its end included: append it to a file, or send it to a parent process. By the time it returns, the
   * line has to be where it survives the process.
   */
  readonly write: (line: string) => void;
  /** Default {@link hostTime}. */
  readonly now?: () => number;
}

/**
 * Writes down what happens to one lock in one process, in the order that makes it evidence: first the time is taken,
 * then the lease is asked. A lease that is over never comes back, so "held" after `at` proves that it was held at `at`,
 * even if the process was stopped in between.
 *
 * @example
 * const record = new HistoryRecorder({ process: `${process.pid}`, lock: lock.id, write: (line) => appendFileSync(file, line) });
 * record.acquire();
 * const lease = await lock.acquire();
 * record.acquired(lease);
 * record.held(lease);
 * record.release(lease);
 * await lease.release();
 * record.released(lease);
 */
export class HistoryRecorder {
  readonly #options: Required<HistoryRecorderOptions>;

  constructor(options: HistoryRecorderOptions) {
    this.#options = { now: hostTime, ...options };
  }

  /** Before the call that asks for the lock. */
  acquire(): void {
    this.#write({ ...this.#head(), type: 'acquire' });
  }

  /** After it was granted. */
  acquired({ token }: RecordedLease): void {
    this.#write({ ...this.#head(), type: 'acquired', token });
  }

  /** After it was not, also if that call was aborted: an answer that is missing makes the judgement milder. */
  refused(): void {
    this.#write({ ...this.#head(), type: 'refused' });
  }

  /** While working under the lock, as often as one likes. Returns whether the lease is held. */
  held(lease: RecordedLease): boolean {
    return this.#prove(lease, (head) => ({ ...head, type: 'held', token: lease.token }));
  }

  /** The moment, in milliseconds, on the clock of the history. */
  now(): number {
    return this.#options.now();
  }

  /**
   * After a change of a shared counter under the lock, and before the lock is given back. A change of which nobody knows
   * whether it was made cannot be written down: do not call `release` and `released` then.
   *
   * @param since when the change began, before the counter was read: what {@link now} said then. Without it, a change is
   * taken for one that was made in time and is told of late.
   */
  update(lease: RecordedLease, from: number, to: number, since?: number): void {
    const begun = since === undefined ? {} : { since };
    // Written whether or not the lease is still held: the change was made.
    this.#write({ ...this.#head(), type: 'update', token: lease.token, from, to, ...begun });
    this.held(lease);
  }

  /** Before the call that gives the lock back. Returns whether the lease was still held. */
  release(lease: RecordedLease): boolean {
    return this.#prove(lease, (head) => ({ ...head, type: 'release', token: lease.token }));
  }

  /** After it. */
  released({ token }: RecordedLease): void {
    this.#write({ ...this.#head(), type: 'released', token });
  }

  /** When the loss is noticed. */
  lost({ token }: RecordedLease): void {
    this.#write({ ...this.#head(), type: 'lost', token });
  }

  #prove(lease: RecordedLease, event: (head: Head) => HistoryEvent): boolean {
    const head = this.#head();
    const { held } = lease;
    if (held) this.#write(event(head));
    else this.lost(lease);
    return held;
  }

  #head(): Head {
    return { process: this.#options.process, lock: this.#options.lock, at: this.#options.now() };
  }

  #write(event: HistoryEvent): void {
    this.#options.write(encodeEvent(event));
  }
}

interface Head {
  readonly process: string;
  readonly lock: string;
  readonly at: number;
}
