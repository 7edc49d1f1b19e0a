/// <reference lib="esnext.disposable" preserve="true" />
import type { Timer } from '@holdfast/vfs';
import type { Grant } from './contender.js';
import { LockLostError, type LossReason } from './errors/index.js';
import { Heartbeat, lossIn } from './heartbeat.js';
import type { Settings } from './options.js';
import { untilDone } from './persistence.js';
import type { Place } from './place.js';
import { Sweep } from './sweep.js';

type State =
  | { readonly kind: 'held' }
  | { readonly kind: 'released' }
  | { readonly kind: 'lost'; readonly error: LockLostError };

/** For how many milliseconds a release is tried again while the storage fails. */
const LONGEST_RELEASE_MS = 10_000;

/** Longest milliseconds between two looks at the clocks: the wall clock may have jumped while timers slept. */
const CLOCK_CHECK_MS = 1_000;

/**
 * The right to do what the lock guards, for as long as it is {@link held}.
 *
 * It is kept alive in the background, without keeping the process alive. It ends by `release`, or by loss: then
 * {@link signal} aborts, with a {@link LockLostError} as its reason, before anyone else may take over.
 */
export class Lease {
  readonly id: string;
  /**
   * The fencing token: greater than that of every lease of this lock before. Send it along with what the lock guards,
   * and let the receiver refuse what is lower than the highest it has seen.
   *
   * Source: Kleppmann, "How to do distributed locking" (2016).
   */
  readonly token: number;
  /** Aborts when the lease is lost, never by a release. */
  readonly signal: AbortSignal;
  readonly #controller = new AbortController();
  readonly #place: Place;
  readonly #settings: Settings;
  readonly #grant: Grant;
  readonly #heartbeat: Heartbeat;
  readonly #sweep: Sweep;
  #state: State = { kind: 'held' };
  /** When the last successful beat began, by the grant's watch; the claim itself counts as the first, at 0. */
  #aliveAt = 0;
  #expiry: Timer | undefined;
  #releasing: Promise<void> | undefined;
  /** It has seen more than its first beat, so there is time to tidy up. */
  #lasting = false;

  /** Leases come from `Lock.acquire` and `Lock.tryAcquire`. */
  constructor(place: Place, settings: Settings, grant: Grant) {
    this.id = settings.id;
    this.token = grant.token;
    this.signal = this.#controller.signal;
    this.#place = place;
    this.#settings = settings;
    this.#grant = grant;
    this.#sweep = new Sweep(place, settings, grant, () => this.held);
    this.#heartbeat = new Heartbeat(place, settings, grant, {
      beaten: (startedAt) => this.#beaten(startedAt),
      lost: (reason, cause) => this.#lose(reason, cause),
    });
    place.holder = this;
    this.#watchExpiry();
    this.#heartbeat.start();
    if (this.#sweep.urgent) this.#sweep.start();
  }

  /**
   * Whether the lease may be relied on at this very moment. Asks the clocks, not the storage: it is right even if the
   * process or the machine has stood still since the last line of code.
   */
  get held(): boolean {
    if (this.#state.kind === 'held' && this.#remainingMs() <= 0) this.#lose('expired');
    return this.#state.kind === 'held';
  }

  /**
   * Asks the storage whether the lease still stands. Rejects with `LockLostError` if not, or after a release; with a
   * `VFSError` if the storage cannot tell.
   */
  async verify(): Promise<void> {
    this.#assertHeld();
    const view = await this.#place.ledger.look();
    const loss = lossIn(view, this.#grant);
    if (loss !== undefined) this.#lose(loss);
    this.#assertHeld();
  }

  /**
   * Gives the lock back: others can have it at once. May be called at any time and more than once; on a lost lease it
   * changes nothing of others. Rejects with a `VFSError` if the storage did not take it; then the lock goes stale by
   * itself.
   */
  release(): Promise<void> {
    this.#releasing ??= this.#release();
    return this.#releasing;
  }

  /** `release`, for `await using`. A failure is told to `onEvent` only: the work itself was done. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.release();
    } catch (error) {
      this.#settings.emit({ type: 'storage-error', during: 'give-up', error });
    }
  }

  /** Rule 7: beat no more, let the beat in flight end, then mark the own number free, and touch no other. */
  async #release(): Promise<void> {
    const { staleAfterMs, emit } = this.#settings;
    if (this.held) this.#end({ kind: 'released' });
    await this.#heartbeat.idle(staleAfterMs);
    try {
      await this.#free();
    } finally {
      this.#place.queue.wake();
    }
    await this.#sweep.idle();
    if (this.#state.kind === 'released') emit({ type: 'released', token: this.token });
  }

  async #free(): Promise<void> {
    const { clock, staleAfterMs, emit } = this.#settings;
    const { ledger } = this.#place;
    const patienceMs = Math.min(staleAfterMs, LONGEST_RELEASE_MS);
    const state = this.#state;
    // Once a higher number stands, or this one is gone or free, there is nothing left to say.
    if (state.kind === 'lost' && state.error.reason !== 'expired') return;
    try {
      await untilDone(() => ledger.free(this.token), { clock, patienceMs });
      const { windowMs, marks } = this.#grant.view;
      this.#place.knownFree = { token: this.token, next: this.token + 1, windowMs, marks };
    } catch (error) {
      if (state.kind === 'released') throw error;
      emit({ type: 'storage-error', during: 'give-up', error });
    }
  }

  #beaten(startedAt: number): void {
    // A beat that comes home too late revives nothing: others may have judged by its absence.
    if (!this.held) return;
    this.#aliveAt = startedAt;
    this.#watchExpiry();
    if (this.#lasting) this.#sweep.start();
    this.#lasting = true;
  }

  #remainingMs(): number {
    const { staleAfterMs, marginMs } = this.#settings;
    return staleAfterMs - marginMs - (this.#grant.watch.now() - this.#aliveAt);
  }

  /** Rule 4: the signal comes by itself, before anyone may take over. */
  #watchExpiry(): void {
    this.#expiry?.cancel();
    const check = (): void => {
      this.#grant.watch.mark();
      if (this.held) this.#watchExpiry();
    };
    const delayMs = Math.min(this.#remainingMs(), CLOCK_CHECK_MS);
    this.#expiry = this.#settings.clock.schedule(check, delayMs, { background: true });
  }

  #lose(reason: LossReason, cause?: unknown): void {
    if (this.#state.kind !== 'held') return;
    const error = new LockLostError(this.id, this.token, reason, cause);
    this.#end({ kind: 'lost', error });
    this.#settings.emit({ type: 'lost', token: this.token, error });
    this.#controller.abort(error);
    this.#place.queue.wake();
  }

  /** The one way out of `held`. */
  #end(state: State): void {
    this.#state = state;
    this.#heartbeat.stop();
    this.#sweep.stop();
    this.#expiry?.cancel();
    if (this.#place.holder === this) this.#place.holder = undefined;
  }

  #assertHeld(): void {
    if (this.held) return;
    throw this.#state.kind === 'lost'
      ? this.#state.error
      : new LockLostError(this.id, this.token, 'released');
  }
}
