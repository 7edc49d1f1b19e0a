import type { Clock, Timer } from '@holdfast/vfs';
import { backoffMs, FailedAttempt, failure, sleep } from '@holdfast/vfs/adapter';
import type { Channel } from './channel.js';
import { firstToOpen } from './first-to-open.js';
import type { Link } from './link.js';

/** After a login that would be refused again: servers block clients that fail too often. */
const LONGEST_PAUSE_AFTER_REFUSAL_MS = 30_000;

/** Where new calls go: to one link at most. All transitions are in {@link Connection}, each method names its own. */
type State =
  /** There is none. `failures` attempts in a row have failed, so the next begins at `notBefore`. */
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
    if (shared.calls++ === 0) this.#used(shared);
    try {
      signal?.throwIfAborted();
      return await work(shared.link.channel);
    } finally {
      if (--shared.calls === 0) this.#unused(shared);
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
          if (!this.#idledTooLong(state.shared)) return state.shared;
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
      // If it had answered requests, reconnect at once. If it only accepted the login, it has not recovered: back off.
      this.#replace(shared, this.#absent(link.channel.answered ? 0 : failures + 1));
    });
    void link.stuck.then(() => {
      this.#replace(shared, this.#absent(0));
      if (shared.calls === 0) this.#unused(shared);
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

  #used(shared: SharedLink): void {
    shared.idle?.timer.cancel();
    shared.idle = undefined;
    shared.link.keepAlive(true);
  }

  /** Nobody uses it any more. It is kept for a while, unless it was replaced. */
  #unused(shared: SharedLink): void {
    shared.link.keepAlive(false);
    if (!this.#links.has(shared)) return;
    if (!this.#isCurrent(shared)) return this.#leave(shared);
    const { clock, idleMs } = this.#options;
    const timer = clock.schedule(() => this.#leave(shared), idleMs, { background: true });
    shared.idle = { monotonic: clock.monotonic(), wall: clock.wall(), timer };
  }

  /**
   * Whether it was idle for so long that the server, or a firewall on the way, may have dropped it. The timer alone cannot
   * tell: it does not run while a function is frozen or a machine suspended.
   */
  #idledTooLong({ idle }: SharedLink): boolean {
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
