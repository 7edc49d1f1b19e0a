import type { Clock, Timer } from '@holdfast/vfs';
import { backoffMs, FailedAttempt, failure, sleep } from '@holdfast/vfs/adapter';
import type { Channel } from './channel.js';
import { firstToOpen } from './first-to-open.js';
import type { Link } from './link.js';

/** After a refusal that would be the same again: servers lock out who knocks too often. */
const LONGEST_PAUSE_AFTER_REFUSAL_MS = 30_000;

/** What new calls go to: one link at most. Every change of state is in {@link Connection}, and says so. */
type State =
  /** There is none. `failures` attempts in a row have come to nothing, so the next begins at `notBefore`. */
  | {
      readonly kind: 'absent';
      readonly failures: number;
      /** Monotonic. */
      readonly notBefore: number;
      /** What the last attempt was refused with, if the next would be too. */
      readonly refusal: FailedAttempt | undefined;
    }
  | {
      readonly kind: 'opening';
      readonly failures: number;
      readonly attempt: Promise<SharedLink>;
      readonly abort: AbortController;
    }
  | { readonly kind: 'open'; readonly failures: number; readonly shared: SharedLink }
  | { readonly kind: 'closed' };

/** A link and the calls that use it. */
interface SharedLink {
  readonly link: Link;
  calls: number;
  idle: Idle | undefined;
}

/** Since when nobody uses a link, on both clocks: a suspended machine stops the first. */
interface Idle {
  readonly monotonic: number;
  readonly wall: number;
  readonly timer: Timer;
}

export interface ConnectionOptions {
  readonly dial: (signal: AbortSignal) => Promise<Link>;
  /** `host:port`, for errors. */
  readonly server: string;
  readonly clock: Clock;
  readonly random: () => number;
  /** Milliseconds after which an unused link is closed. */
  readonly idleMs: number;
  /** Milliseconds after which a second attempt to connect is made beside one that is still under way. */
  readonly secondAttemptMs: number;
}

/**
 * The one link that all calls share: opened on first use, replaced when it is dead or stuck, closed when nobody uses it.
 * It keeps the process alive while a call is under way, and at no other time.
 *
 * A link on which a request got stuck takes no new calls, and is closed when those that it has are done.
 */
export class Connection {
  readonly #options: ConnectionOptions;
  readonly #links = new Set<SharedLink>();
  #state: State = { kind: 'absent', failures: 0, notBefore: -Infinity, refusal: undefined };

  constructor(options: ConnectionOptions) {
    this.#options = options;
  }

  /**
   * Runs `work` with a channel that is open.
   *
   * @param signal stops the waiting for a link; then nothing is sent
   * @throws {@link FailedAttempt} if there is none to be had
   */
  async use<T>(work: (channel: Channel) => Promise<T>, signal?: AbortSignal): Promise<T> {
    const shared = await this.#obtain(signal);
    if (shared.calls++ === 0) this.#wake(shared);
    try {
      signal?.throwIfAborted();
      return await work(shared.link.channel);
    } finally {
      if (--shared.calls === 0) this.#rest(shared);
    }
  }

  /** Ends it for good. What is under way rejects. */
  close(): void {
    const state = this.#state;
    this.#state = { kind: 'closed' };
    if (state.kind === 'opening') state.abort.abort(this.#closed('failed'));
    for (const shared of this.#links) this.#end(shared, this.#closed('unknown'));
  }

  async #obtain(signal: AbortSignal | undefined): Promise<SharedLink> {
    for (;;) {
      const state = this.#state;
      switch (state.kind) {
        case 'closed':
          throw this.#closed('failed');
        case 'open':
          if (!this.#overslept(state.shared)) return state.shared;
          this.#leave(state.shared);
          break;
        case 'opening':
          return state.attempt;
        case 'absent': {
          const waitMs = state.notBefore - this.#options.clock.monotonic();
          if (waitMs <= 0) return this.#open(state.failures);
          if (state.refusal !== undefined) throw state.refusal;
          await sleep(this.#options.clock, waitMs, signal);
          break;
        }
      }
    }
  }

  /** absent -> opening -> open, or back to absent. */
  #open(failures: number): Promise<SharedLink> {
    const { dial, clock, secondAttemptMs } = this.#options;
    const abort = new AbortController();
    const attempt = firstToOpen(dial, { clock, abort, secondAttemptMs }).then(
      (link) => this.#opened(link, failures),
      (error: unknown) => {
        const why = this.#failed(error);
        if (this.#state.kind === 'opening') this.#state = this.#absent(failures + 1, why);
        throw why;
      },
    );
    this.#state = { kind: 'opening', failures, attempt, abort };
    return attempt;
  }

  /** opening -> open; and, once it is down or stuck, open -> absent. */
  #opened(link: Link, failures: number): SharedLink {
    if (this.#state.kind !== 'opening') {
      link.end(this.#closed('failed'));
      throw this.#closed('failed');
    }
    const shared: SharedLink = { link, calls: 0, idle: undefined };
    this.#links.add(shared);
    this.#state = { kind: 'open', failures, shared };
    void link.down.then(() => {
      this.#forget(shared);
      // A server that answered once is tried again at once; one that only lets us in has not got better.
      this.#replace(shared, this.#absent(link.channel.answered ? 0 : failures + 1));
    });
    void link.stuck.then(() => {
      this.#replace(shared, this.#absent(0));
      if (shared.calls === 0) this.#rest(shared);
    });
    return shared;
  }

  /** open -> absent, without any failure: it has been unused for too long. */
  #leave(shared: SharedLink): void {
    this.#replace(shared, this.#absent(0));
    const detail = `the connection to ${this.#options.server} was not used any more`;
    this.#end(shared, new FailedAttempt(failure('ECONN', { outcome: 'unknown', retryable: true, detail })));
  }

  #replace(shared: SharedLink, state: State): void {
    if (this.#isCurrent(shared)) this.#state = state;
  }

  #isCurrent(shared: SharedLink): boolean {
    return this.#state.kind === 'open' && this.#state.shared === shared;
  }

  #end(shared: SharedLink, why: FailedAttempt): void {
    this.#forget(shared);
    shared.link.end(why);
  }

  #forget(shared: SharedLink): void {
    shared.idle?.timer.cancel();
    this.#links.delete(shared);
  }

  /** @param why the last attempt to connect failed, if it did */
  #absent(failures: number, why?: FailedAttempt): State {
    const { clock, random } = this.#options;
    const final = why?.failure.retryable === false;
    const pauses = final ? { firstMs: 1_000, longestMs: LONGEST_PAUSE_AFTER_REFUSAL_MS } : {};
    return {
      kind: 'absent',
      failures,
      notBefore: clock.monotonic() + backoffMs(failures, { random, ...pauses }),
      refusal: final ? why : undefined,
    };
  }

  #wake(shared: SharedLink): void {
    shared.idle?.timer.cancel();
    shared.idle = undefined;
    shared.link.keepAlive(true);
  }

  /** Nobody uses it any more: it is kept for a while if it may be used again. */
  #rest(shared: SharedLink): void {
    shared.link.keepAlive(false);
    if (!this.#links.has(shared)) return;
    if (!this.#isCurrent(shared)) return this.#leave(shared);
    const { clock, idleMs } = this.#options;
    const timer = clock.schedule(() => this.#leave(shared), idleMs, { background: true });
    shared.idle = { monotonic: clock.monotonic(), wall: clock.wall(), timer };
  }

  /**
   * Whether it rested for so long that the other end, or whatever is in between, has forgotten it. The timer may not
   * tell: a function that is frozen, or a machine that is suspended, has none.
   */
  #overslept({ idle }: SharedLink): boolean {
    if (idle === undefined) return false;
    const { clock, idleMs } = this.#options;
    return Math.max(clock.monotonic() - idle.monotonic, clock.wall() - idle.wall) >= idleMs;
  }

  #closed(outcome: 'failed' | 'unknown'): FailedAttempt {
    const [detail, advice] = ['the VFS was closed', 'Open a new one'];
    return new FailedAttempt(failure('ECONN', { outcome, detail, advice }));
  }

  #failed(error: unknown): FailedAttempt {
    if (error instanceof FailedAttempt) return error;
    const detail = `no connection to ${this.#options.server}: ${String(error)}`;
    return new FailedAttempt(failure('ECONN', { retryable: true, detail }));
  }
}
