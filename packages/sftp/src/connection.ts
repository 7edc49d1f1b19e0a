import type { Clock, Timer } from '@holdfast/vfs';
import { backoffMs } from './backoff.js';
import type { Channel } from './channel.js';
import type { Link } from './dial.js';
import { Breakdown } from './fault.js';

/** One connection at most, in one of these states. Every change of state is in {@link Connection}, and says so. */
type State =
  /** There is none. `failures` attempts in a row have come to nothing, so the next begins at `notBefore`. */
  | {
      readonly kind: 'absent';
      readonly failures: number;
      /** Monotonic. */
      readonly notBefore: number;
      /** What the last attempt was refused with, if the next would be too. */
      readonly refusal: Breakdown | undefined;
    }
  | {
      readonly kind: 'opening';
      readonly failures: number;
      readonly attempt: Promise<Link>;
      readonly abort: AbortController;
    }
  | { readonly kind: 'open'; readonly failures: number; readonly link: Link; restingSince: Rest | undefined }
  | { readonly kind: 'closed' };

/** Since when nobody uses an open connection, on both clocks: a suspended machine stops the first. */
interface Rest {
  readonly monotonic: number;
  readonly wall: number;
  readonly timer: Timer;
}

export interface ConnectionOptions {
  readonly dial: (signal: AbortSignal) => Promise<Link>;
  readonly clock: Clock;
  readonly random: () => number;
  /** Milliseconds after which an unused connection is closed. */
  readonly idleMs: number;
}

const CLOSED = {
  code: 'ECONN',
  sent: false,
  detail: 'the VFS was closed',
  advice: 'Open a new one',
} as const;

/**
 * The one connection that all calls share: opened on first use, replaced when it is dead, closed when nobody uses it.
 * It keeps the process alive while a call is under way, and at no other time.
 */
export class Connection {
  readonly #options: ConnectionOptions;
  #state: State = { kind: 'absent', failures: 0, notBefore: -Infinity, refusal: undefined };
  #users = 0;

  constructor(options: ConnectionOptions) {
    this.#options = options;
  }

  /**
   * Runs `work` with a channel that is open.
   *
   * @param signal stops the waiting for a connection; then nothing is sent
   * @throws {@link Breakdown} if there is no connection to be had
   */
  async use<T>(work: (channel: Channel) => Promise<T>, signal?: AbortSignal): Promise<T> {
    this.#users++;
    try {
      const link = await this.#obtain(signal);
      signal?.throwIfAborted();
      link.keepAlive(true);
      return await work(link.channel);
    } finally {
      this.#users--;
      this.#rest();
    }
  }

  /** Ends it for good. What is under way rejects. */
  close(): void {
    const state = this.#state;
    this.#state = { kind: 'closed' };
    if (state.kind === 'opening') state.abort.abort(new Breakdown(CLOSED));
    if (state.kind !== 'open') return;
    state.restingSince?.timer.cancel();
    state.link.end(new Breakdown({ ...CLOSED, sent: true }));
  }

  async #obtain(signal: AbortSignal | undefined): Promise<Link> {
    for (;;) {
      const state = this.#state;
      switch (state.kind) {
        case 'closed':
          throw new Breakdown(CLOSED);
        case 'open':
          if (!this.#overslept(state.restingSince)) {
            state.restingSince?.timer.cancel();
            state.restingSince = undefined;
            return state.link;
          }
          this.#retire(state);
          break;
        case 'opening':
          return state.attempt;
        case 'absent': {
          const waitMs = state.notBefore - this.#options.clock.monotonic();
          if (waitMs <= 0) return this.#open(state.failures);
          if (state.refusal !== undefined) throw state.refusal;
          await this.#pause(waitMs, signal);
          break;
        }
      }
    }
  }

  /** absent -> opening -> open, or back to absent. */
  #open(failures: number): Promise<Link> {
    const abort = new AbortController();
    const attempt = this.#options.dial(abort.signal).then(
      (link) => this.#opened(link, failures),
      (error: unknown) => {
        const why = breakdownOf(error);
        if (this.#state.kind === 'opening') this.#state = this.#absent(failures + 1, why);
        throw why;
      },
    );
    this.#state = { kind: 'opening', failures, attempt, abort };
    return attempt;
  }

  /** opening -> open; and, once it is down, open -> absent. */
  #opened(link: Link, failures: number): Link {
    if (this.#state.kind !== 'opening') {
      link.end(new Breakdown(CLOSED));
      throw new Breakdown(CLOSED);
    }
    this.#state = { kind: 'open', failures, link, restingSince: undefined };
    void link.down.then((why) => {
      if (this.#state.kind !== 'open' || this.#state.link !== link) return;
      this.#state.restingSince?.timer.cancel();
      // A server that answered once is tried again at once; one that only lets us in has not got better.
      this.#state = this.#absent(link.channel.answered ? 0 : failures + 1, why);
    });
    return link;
  }

  /** open -> absent, without any failure: it has been unused for too long. */
  #retire(state: State & { kind: 'open' }): void {
    state.restingSince?.timer.cancel();
    this.#state = this.#absent(0, undefined);
    state.link.end(
      new Breakdown({ code: 'ECONN', sent: true, detail: 'the connection was not used any more' }),
    );
  }

  #absent(failures: number, why: Breakdown | undefined): State {
    const { clock, random } = this.#options;
    const final = why?.final === true;
    return {
      kind: 'absent',
      failures,
      notBefore: clock.monotonic() + backoffMs(failures, final, random),
      refusal: final ? why : undefined,
    };
  }

  #rest(): void {
    const state = this.#state;
    if (this.#users > 0 || state.kind !== 'open' || state.restingSince !== undefined) return;
    const { clock, idleMs } = this.#options;
    state.link.keepAlive(false);
    const retire = (): void => {
      if (this.#state === state && state.restingSince !== undefined) this.#retire(state);
    };
    const timer = clock.schedule(retire, idleMs, { background: true });
    state.restingSince = { monotonic: clock.monotonic(), wall: clock.wall(), timer };
  }

  /**
   * Whether it rested for so long that the other end, or whatever is in between, has forgotten it. The timer may not
   * tell: a function that is frozen, or a machine that is suspended, has none.
   */
  #overslept(rest: Rest | undefined): boolean {
    if (rest === undefined) return false;
    const { clock, idleMs } = this.#options;
    return Math.max(clock.monotonic() - rest.monotonic, clock.wall() - rest.wall) >= idleMs;
  }

  #pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        timer.cancel();
        reject(signal?.reason);
      };
      const timer = this.#options.clock.schedule(() => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      }, ms);
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }
}

function breakdownOf(error: unknown): Breakdown {
  if (error instanceof Breakdown) return error;
  return new Breakdown({ code: 'ECONN', sent: false, detail: `no connection: ${String(error)}` });
}
