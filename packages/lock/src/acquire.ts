import { ourClaim } from './assessment.js';
import { attemptWithin } from './attempt-within.js';
import type { Attempt, Contender, Grant } from './contender.js';
import { LockTimeoutError, StaleLockError } from './errors/index.js';
import type { HeldClaim } from './holder.js';
import { Lease } from './lease.js';
import type { Settings, WaitOptions } from './options.js';
import { OUT_OF_TIME, Patience } from './patience.js';
import { isTransient, pauseAfter } from './persistence.js';
import type { Place } from './place.js';
import { Wait } from './wait.js';

/** With a timeout of 0, so many lost races in a row are run again. */
const RACES = 8;

/** Looks again at once after so many lost races in a row; then like anyone who waits. */
const HASTE = 3;

/** One call of `Lock.acquire`: in the queue of this process first, then in front of it, at the storage. */
export class Acquisition {
  readonly #place: Place;
  readonly #settings: Settings;
  readonly #contender: Contender;
  readonly #timeoutMs: number | undefined;
  readonly #patience: Patience;
  readonly #startedAt: number;
  #blocker: HeldClaim | undefined;
  /** When the storage began to fail, and how often it has since. */
  #trouble: { readonly since: number; readonly failures: number; readonly error: unknown } | undefined;

  constructor(place: Place, settings: Settings, contender: Contender, { timeoutMs, signal }: WaitOptions) {
    this.#place = place;
    this.#settings = settings;
    this.#contender = contender;
    this.#timeoutMs = timeoutMs;
    // A timeout of 0 is one try, however long that takes, and no waiting.
    this.#patience = new Patience(settings.clock, timeoutMs === 0 ? undefined : timeoutMs, signal);
    this.#startedAt = settings.clock.monotonic();
  }

  async run(): Promise<Lease> {
    try {
      this.#patience.signal.throwIfAborted();
      if (this.#timeoutMs === 0 && this.#place.queue.busy) throw OUT_OF_TIME;
      const turn = await this.#place.queue.enter(this.#patience.gone);
      const wait = new Wait(this.#place, this.#settings);
      try {
        const grant = await this.#obtain(wait);
        this.#settings.emit({ type: 'acquired', token: grant.token, waitedMs: this.#waitedMs() });
        return new Lease(this.#place, this.#settings, grant);
      } finally {
        wait.close();
        turn.leave();
      }
    } catch (error) {
      if (error !== OUT_OF_TIME) throw error;
      throw new LockTimeoutError(
        this.#settings.id,
        this.#timeoutMs ?? 0,
        ourClaim(this.#place) ?? this.#blocker,
        this.#trouble?.error,
      );
    } finally {
      this.#patience.dispose();
    }
  }

  async #obtain(wait: Wait): Promise<Grant> {
    for (let outrun = 0; ;) {
      let pauseMs = Infinity;
      const attempt = await this.#attempt();
      switch (attempt.kind) {
        case 'granted':
          return attempt.grant;
        case 'stale':
          throw new StaleLockError(this.#settings.id, attempt.claim);
        case 'held':
          outrun = 0;
          pauseMs = attempt.remainingMs;
          this.#noteBlocker(attempt.claim, wait);
          break;
        case 'outrun':
          if (++outrun <= (this.#timeoutMs === 0 ? RACES : HASTE)) continue;
          break;
        case 'failed':
          pauseMs = attempt.pauseMs;
          break;
      }
      if (this.#timeoutMs === 0) throw OUT_OF_TIME;
      await wait.pause(pauseMs, this.#patience, { forOurs: true });
    }
  }

  async #attempt(): Promise<Attempt | { readonly kind: 'failed'; readonly pauseMs: number }> {
    try {
      const attempt = await attemptWithin(this.#patience, this.#contender);
      this.#trouble = undefined;
      return attempt;
    } catch (error) {
      if (this.#patience.over) throw error;
      return { kind: 'failed', pauseMs: this.#pauseAfter(error) };
    }
  }

  #noteBlocker(claim: HeldClaim, wait: Wait): void {
    if (claim.token !== this.#blocker?.token) wait.reset();
    this.#blocker = claim;
    this.#settings.emit({ type: 'waiting', claim, waitedMs: this.#waitedMs() });
  }

  /**
   * A storage that has answered before is given a window's time to come back. One that never did, or that fails for
   * good, is the caller's matter at once.
   */
  #pauseAfter(error: unknown): number {
    const { clock, staleAfterMs, emit } = this.#settings;
    const { since, failures } = this.#trouble ?? { since: clock.monotonic(), failures: 0 };
    if (!this.#place.proven || !isTransient(error) || clock.monotonic() - since > staleAfterMs) throw error;
    this.#trouble = { since, failures: failures + 1, error };
    emit({ type: 'storage-error', during: 'acquire', error });
    return pauseAfter(failures);
  }

  #waitedMs(): number {
    return this.#settings.clock.monotonic() - this.#startedAt;
  }
}
