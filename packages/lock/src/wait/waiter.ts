import { isVFSError } from '@holdfast/vfs';
import { assertPermits, nonce, type ConfirmedClaim } from '../claim/index.js';
import { StaleLockError } from '../errors/index.js';
import type { HeldClaim } from '../identity/index.js';
import type { LiveClaim } from '../lease/index.js';
import { lossIn, type Look } from '../ledger/index.js';
import type { LockState } from '../lock-state.js';
import type { Settings } from '../options.js';
import { isTransient, pauseAfter, type Cancellation } from '../time/index.js';
import { Pauses } from './pauses.js';
import { Watching } from './watching.js';
import { Way, type Judgement, type StaleClaim } from './way.js';

/** Whom a waiter tells of what it sees. */
export interface WaiterListener {
  /** `first` is the first of `ahead` claims in the way. */
  onWaiting(first: HeldClaim, ahead: number): void;
}

/**
 * For so long, in milliseconds, a waiter that is told of changes does not ask whom it waits for, and whether that one lives:
 * most waits are over before that is known.
 */
const BRIEF_MS = 20;

/** Waits with one claim until nothing is in its way. Rule 3. */
export class Waiter {
  readonly way: Way;
  readonly #state: LockState;
  readonly #settings: Settings;
  readonly #claim: LiveClaim;
  readonly #cancellation: Cancellation;
  readonly #listener: WaiterListener;
  readonly #watching: Watching;
  readonly #beforeWaiting: ((look: Look, blocking: readonly number[]) => void) | undefined;
  readonly #pauses: Pauses;
  #lastAhead = 0;
  /** When it asks about those in its way at the earliest, on the monotonic clock. */
  readonly #askAt: number;
  #trouble: { readonly since: number; readonly failures: number } | undefined;

  constructor(
    state: LockState,
    settings: Settings,
    claim: LiveClaim,
    init: {
      readonly way: Way;
      readonly cancellation: Cancellation;
      readonly listener: WaiterListener;
      /** Closed by who made it. */
      readonly watching: Watching;
      /** Somebody wants to know at once whom it waits for. */
      readonly curious: boolean;
      /** Told what is in the way before each pause. What it throws ends the wait. */
      readonly beforeWaiting?: ((look: Look, blocking: readonly number[]) => void) | undefined;
    },
  ) {
    this.way = init.way;
    this.#state = state;
    this.#settings = settings;
    this.#claim = claim;
    this.#cancellation = init.cancellation;
    this.#listener = init.listener;
    this.#watching = init.watching;
    this.#beforeWaiting = init.beforeWaiting;
    this.#pauses = new Pauses(settings);
    const { cost, watch } = state.ledger.vfs.capabilities;
    const brief = cost === 'local' && watch && !init.curious;
    this.#askAt = brief ? settings.clock.monotonic() + BRIEF_MS : -Infinity;
  }

  /**
   * @param first the look that confirmed the claim
   * @returns the look that grants it
   * @throws the `LockLostError` of the claim, `StaleLockError`, the reason of the cancellation, or a `VFSError` if the storage
   * fails for good, or for a whole `staleAfterMs`
   */
  async wait({ look: first }: ConfirmedClaim): Promise<Look> {
    const wake = (): void => this.#pauses.wake();
    const watching = this.#watching;
    watching.listen(wake);
    const forget = this.#state.onWake(wake);
    this.#claim.whenLost(wake);
    try {
      for (let look = first; ;) {
        // The usual end of a wait, with nothing between the look and the grant.
        if (this.way.blocking(look).length === 0) {
          this.#assertStanding(look);
          return look;
        }
        const { blocking, judgement, shown } = await this.#cancellation.race(this.#passStale(look));
        look = shown;
        this.#assertStanding(look);
        if (blocking.length === 0) return look;
        this.#beforeWaiting?.(look, blocking);
        const briefMs = this.#askAt - this.#settings.clock.monotonic();
        if (briefMs > 0) {
          watching.follow(look, blocking);
          await this.#pauses.pause(Math.min(briefMs, judgement.remainingMs), this.#cancellation);
          look = await this.#look();
          continue;
        }
        if (await this.way.proveDead(look, blocking)) {
          look = await this.#look();
          continue;
        }
        await this.#cancellation.race(this.#tell(look, blocking));
        watching.follow(look, blocking);
        const ours = blocking.every((number) => this.#state.own.has(number));
        const told = ours ? 'by this process' : watching.active ? 'by the storage' : undefined;
        await this.#pauses.untilNextLook(judgement, this.#cancellation, told);
        look = await this.#look();
      }
    } finally {
      forget();
    }
  }

  /** Judges what is in the way by `look`, or a newer one, and takes out what is stale. Rule 5. */
  async #passStale(look: Look): Promise<{ blocking: readonly number[]; judgement: Judgement; shown: Look }> {
    const { ledger } = this.#state;
    let shown = look;
    let judgement = await this.way.judge(shown);
    if (judgement.stale.length > 0 && ledger.beatsAsEntries) {
      // This listing may be from a cache; the next one is not.
      shown = await this.#look(() => ledger.refreshListing(nonce(this.#settings.random)));
      judgement = await this.way.judge(shown);
    }
    for (const stale of judgement.stale) await this.#pass(stale, shown);
    return { blocking: this.way.blocking(shown), judgement, shown };
  }

  async #pass({ number, why, attempt }: StaleClaim, look: Look): Promise<void> {
    const { id, takeover, emit } = this.#settings;
    const claim = await this.way.describe(look, number);
    if (!takeover) throw new StaleLockError(id, claim);
    if (attempt !== undefined && !(await attachToPass(this.#state, number, attempt))) return;
    emit({ type: 'takeover', claim, why });
    this.way.pass(number);
  }

  /** Only a look that shows the own claim standing can grant it, and only while its own lease runs. */
  #assertStanding(look: Look): void {
    const loss = lossIn(look, this.#claim);
    if (loss !== undefined) this.#claim.onLoss(loss);
    if (!this.#claim.alive) throw this.#claim.loss;
    assertPermits(this.#state.ledger, look, this.#settings);
  }

  async #tell(look: Look, blocking: readonly number[]): Promise<void> {
    const [first = 0] = blocking;
    if (blocking.length !== this.#lastAhead) this.#pauses.reset();
    this.#lastAhead = blocking.length;
    this.#listener.onWaiting(await this.way.describe(look, first), blocking.length);
  }

  /**
   * A storage that fails for a while is given a window's time to come back; the claim is kept alive meanwhile.
   *
   * @param before what the look has to come right after
   */
  async #look(before?: () => Promise<void>): Promise<Look> {
    const { clock, staleAfterMs, emit } = this.#settings;
    for (;;) {
      try {
        if (before !== undefined) await this.#cancellation.race(before());
        const look = await this.#cancellation.race(this.#state.ledger.look(this.#cancellation.signal));
        this.#trouble = undefined;
        return look;
      } catch (error) {
        this.#cancellation.throwIfCancelled();
        const { since, failures } = this.#trouble ?? { since: clock.monotonic(), failures: 0 };
        if (!isTransient(error) || clock.monotonic() - since > staleAfterMs) throw error;
        this.#trouble = { since, failures: failures + 1 };
        emit({ type: 'storage-error', during: 'acquire', error });
        await this.#pauses.pause(pauseAfter(failures), this.#cancellation);
        if (!this.#claim.alive) throw this.#claim.loss;
      }
    }
  }
}

/**
 * Before a detached claim is passed, it is attached to, so that nobody else can be. Whoever does not get it observes the
 * claim anew. @returns whether it may be passed
 */
export async function attachToPass(state: LockState, number: number, attempt: number): Promise<boolean> {
  try {
    await state.ledger.markAttached(number, attempt);
    return true;
  } catch (error) {
    state.observer.forget(number);
    if (isVFSError(error, 'EEXIST', 'ENOENT') || isTransient(error)) return false;
    throw error;
  }
}
