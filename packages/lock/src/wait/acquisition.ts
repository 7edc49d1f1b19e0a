import { Claimant, type Attempt, type ConfirmedClaim } from '../claim/index.js';
import { LockedError, LockTimeoutError, StaleLockError, WouldDeadlockError } from '../errors/index.js';
import type { HeldClaim } from '../identity/index.js';
import { Lease, LiveClaim } from '../lease/index.js';
import { inTheWay, isLive, liveBelow, type Claim, type Look, type Wish } from '../ledger/index.js';
import type { LockState } from '../lock-state.js';
import type { Settings } from '../options.js';
import {
  afterCaller,
  cancellation,
  detach,
  isTransient,
  OUT_OF_TIME,
  pauseAfter,
  type Cancellation,
} from '../time/index.js';
import { conflictingOwn } from './own-claims.js';
import { Pauses } from './pauses.js';
import { observe } from './verdict.js';
import { attachToPass, Waiter } from './waiter.js';
import { Watching } from './watching.js';
import { heldClaim, Way } from './way.js';

/** How often a lost race is run again before the winner is reported, by who does not wait. */
const RACES = 8;

/** Tries again at once after so many lost races in a row; then after a pause. */
const HASTE = 4;

export interface AcquisitionOptions {
  readonly wish: Wish;
  readonly timeoutMs: number | undefined;
  readonly signal: AbortSignal | undefined;
  /** Called once something is in its way, in the ledger or in this process. */
  readonly onQueued?: (() => void) | undefined;
  /** A shared lease that the caller holds while it waits for this one, which is shared too. */
  readonly within?: Lease | undefined;
}

/** One call of `acquire` or `tryAcquire`: from the queue of this process through that of the ledger to a granted claim. */
export class Acquisition {
  readonly #state: LockState;
  readonly #settings: Settings;
  readonly #wish: Wish;
  readonly #timeoutMs: number | undefined;
  readonly #cancellation: Cancellation;
  readonly #claimant: Claimant;
  readonly #startedAt: number;
  readonly #onQueued: (() => void) | undefined;
  readonly #within: Lease | undefined;
  #watching: Watching | undefined;
  /** What was passed by claims of this call that were lost since, and the ledger that it stood in. */
  #passed: { readonly origin: number; readonly numbers: readonly number[] } = { origin: 0, numbers: [] };
  #first: HeldClaim | undefined;
  #trouble: { readonly since: number; readonly failures: number; readonly error: unknown } | undefined;

  constructor(state: LockState, settings: Settings, init: AcquisitionOptions) {
    const { wish, timeoutMs, signal, onQueued, within } = init;
    this.#state = state;
    this.#settings = settings;
    this.#wish = wish;
    this.#timeoutMs = timeoutMs;
    this.#onQueued = onQueued;
    this.#within = within;
    // A timeout of 0 is one try, however long that takes, and no waiting.
    this.#cancellation = cancellation(settings.clock, timeoutMs === 0 ? undefined : timeoutMs, signal);
    this.#claimant = new Claimant(state, settings, wish);
    this.#startedAt = settings.clock.monotonic();
  }

  /** Waits for its turn. Who loses its place queues again. */
  async acquire(): Promise<Lease> {
    const { queue, attempts } = this.#state;
    let inFront = false;
    try {
      this.#cancellation.throwIfCancelled();
      if (this.#timeoutMs === 0) return this.#granted(await this.#try());
      // Whoever is in front of the queue may wait for what the caller holds.
      inFront = this.#within === undefined && queue.tryEnter();
      if (!inFront && this.#within === undefined) {
        this.#onQueued?.();
        await queue.enter(this.#cancellation);
        inFront = true;
      }
      const politeMs = this.#state.politeMs(this.#settings.clock.monotonic());
      if (politeMs > 0) await new Pauses(this.#settings).pause(politeMs, this.#cancellation);
      for (let conflicts = 0; ;) {
        let attempt: Attempt;
        if (!attempts.tryEnter()) await attempts.enter(this.#cancellation);
        try {
          try {
            attempt = await this.#attempt();
          } finally {
            attempts.leave();
          }
          this.#trouble = undefined;
        } catch (error) {
          await this.#afterFailure(error);
          continue;
        }
        if (attempt.kind === 'confirmed') {
          const claim = this.#grantedAtOnce(attempt.claim) ?? (await this.#wait(attempt.claim));
          if (claim !== undefined) return this.#granted(claim);
        } else if (++conflicts > HASTE) {
          // A conflict is somebody else's success, but a slow storage is not to be flooded.
          const { firstPollMs, random } = this.#settings;
          await new Pauses(this.#settings).pause(firstPollMs * random(), this.#cancellation);
        }
      }
    } catch (error) {
      throw this.#asTimeout(error);
    } finally {
      if (inFront) queue.leave();
      if (this.#watching !== undefined) this.#closeBehind(this.#watching);
      this.#cancellation.dispose();
    }
  }

  /** Claims only what it can have at once. */
  async tryAcquire(): Promise<Lease> {
    try {
      this.#cancellation.throwIfCancelled();
      return this.#granted(await this.#try());
    } finally {
      this.#cancellation.dispose();
    }
  }

  #granted(claim: LiveClaim): Lease {
    this.#settings.emit({ type: 'acquired', token: claim.number, waitedMs: this.#waitedMs() });
    return new Lease(this.#state, this.#settings, claim);
  }

  /** The usual case: nothing was in the way when the claim was confirmed. */
  #grantedAtOnce(confirmed: ConfirmedClaim): LiveClaim | undefined {
    const { look, below } = confirmed;
    if (inTheWay(below, look, this.#wish, this.#settings.turn).length > 0) return undefined;
    const claim = new LiveClaim(this.#state, this.#settings, confirmed);
    if (!claim.alive) return undefined;
    claim.cleanUp(look, this.#passedIn(confirmed));
    return claim;
  }

  /** @returns `undefined` if the claim was lost meanwhile: then another one is needed */
  async #wait(confirmed: ConfirmedClaim): Promise<LiveClaim | undefined> {
    const way = new Way(this.#state, this.#settings, this.#wish, confirmed.below);
    const claim = new LiveClaim(this.#state, this.#settings, confirmed);
    this.#onQueued?.();
    const listener = {
      onWaiting: (first: HeldClaim, ahead: number): void => {
        this.#first = first;
        this.#settings.emit({ type: 'waiting', claim: first, ahead, waitedMs: this.#waitedMs() });
      },
    };
    const curious = this.#settings.observed || this.#timeoutMs !== undefined;
    const watching = (this.#watching ??= new Watching(this.#state, this.#settings));
    const beforeWaiting = this.#within && this.#assertNobodyBetween;
    const init = { way, cancellation: this.#cancellation, listener, watching, curious, beforeWaiting };
    try {
      const forOthers = confirmed.below.some((number) => !this.#state.own.has(number));
      const look = await new Waiter(this.#state, this.#settings, claim, init).wait(confirmed);
      claim.contended = forOthers;
      claim.cleanUp(look, [...this.#passedIn(confirmed), ...way.passed]);
      return claim;
    } catch (error) {
      const { origin } = confirmed;
      this.#passed = { origin, numbers: [...this.#passedIn(confirmed), ...way.passed] };
      // The next claim marks them.
      if (error === claim.loss) return undefined;
      claim.end();
      this.#freeBehind(claim);
      this.#markBehind();
      throw error;
    }
  }

  /** The directory may have been removed since, and another ledger begun: in that nobody has passed anything. */
  #passedIn({ origin }: Claim): readonly number[] {
    return this.#passed.origin === origin ? this.#passed.numbers : [];
  }

  /** What was passed is over for good, whatever becomes of the claim that passed it. Rule 3. */
  #markBehind(): void {
    const { origin, numbers } = this.#passed;
    if (numbers.length === 0) return;
    const { ledger } = this.#state;
    const mark = async (): Promise<void> => {
      const look = await ledger.look();
      if (!look.origins.has(origin)) return;
      for (const number of numbers) if (isLive(look.numbers.get(number))) await ledger.markFree(number);
    };
    const report = (error: unknown): void =>
      this.#settings.emit({ type: 'storage-error', during: 'give-up', error });
    detach(mark().catch(report));
  }

  /**
   * Somebody who wants an exclusive lease, and asked after the caller had a shared one, waits for that, and a second one of the
   * caller waits for them.
   */
  readonly #assertNobodyBetween = (look: Look, blocking: readonly number[]): void => {
    const outer = this.#within;
    if (outer?.held !== true) return;
    const isBetween = (number: number): boolean => {
      if (number < outer.token) return false;
      const own = this.#state.own.get(number);
      if (own !== undefined) return own.mode === 'exclusive';
      // Before its first beat a claim may be a shared one that has not said so yet.
      const numbered = look.numbers.get(number);
      return numbered?.beatWindowMs !== undefined && !numbered.shared;
    };
    if (blocking.some(isBetween))
      throw new WouldDeadlockError(this.#settings.id, this.#state.ledger.path, outer.token);
  };

  /** The lock is passed on within the time that a few such calls take, so the caller goes first. */
  #closeBehind(watching: Watching): void {
    afterCaller(() => watching.close());
  }

  #freeBehind(claim: LiveClaim): void {
    const report = (error: unknown): void =>
      this.#settings.emit({ type: 'storage-error', during: 'give-up', error });
    detach(claim.free().catch(report));
  }

  /**
   * A storage that has answered before is given a window's time to come back. One that never did, or that fails for
   * good, is the caller's matter at once.
   */
  async #afterFailure(error: unknown): Promise<void> {
    this.#cancellation.throwIfCancelled();
    const { clock, staleAfterMs, emit } = this.#settings;
    const { since, failures } = this.#trouble ?? { since: clock.monotonic(), failures: 0 };
    if (!this.#state.proven || !isTransient(error) || clock.monotonic() - since > staleAfterMs) throw error;
    this.#trouble = { since, failures: failures + 1, error };
    emit({ type: 'storage-error', during: 'acquire', error });
    await new Pauses(this.#settings).pause(pauseAfter(failures), this.#cancellation);
  }

  /**
   * One attempt, for as long as the caller waits. If the caller leaves meanwhile, the attempt goes on behind it, and what it
   * claims for nobody is given up.
   */
  #attempt(admit?: (look: Look) => Promise<boolean>): Promise<Attempt> {
    const { signal } = this.#cancellation;
    const work = this.#claimant.attempt(signal, admit, admit === undefined ? this.#foresee : undefined);
    return signal === undefined ? work : this.#whileWanted(work);
  }

  /** What is in the way before it claims will mostly be when it has claimed. */
  readonly #foresee = (look: Look): Promise<void> | undefined => {
    const { watch, cost } = this.#state.ledger.vfs.capabilities;
    // Elsewhere to begin a watch may take long, and the claim is not kept alive yet.
    if (!watch || cost !== 'local') return undefined;
    const blocking = inTheWay(liveBelow(look, Infinity), look, this.#wish, this.#settings.turn);
    if (blocking.length === 0) return undefined;
    this.#watching ??= new Watching(this.#state, this.#settings);
    return this.#watching.prepare(look, blocking);
  };

  async #whileWanted(work: Promise<Attempt>): Promise<Attempt> {
    try {
      const attempt = await this.#cancellation.race(work);
      this.#cancellation.throwIfCancelled();
      return attempt;
    } catch (error) {
      if (this.#cancellation.cancelled) detach(work.then((attempt) => this.#abandon(attempt)));
      throw error;
    }
  }

  async #abandon(attempt: Attempt): Promise<void> {
    if (attempt.kind === 'confirmed') await this.#claimant.giveUp(attempt.claim);
  }

  /** Rule 1, for who does not wait: claims only if nothing that lives is in its way. */
  async #try(): Promise<LiveClaim> {
    const { id } = this.#settings;
    let observed = false;
    for (let races = 0; ;) {
      const ours = conflictingOwn(this.#state, this.#wish);
      if (ours !== undefined) throw new LockedError(id, heldClaim(ours, this.#state.records.get(ours)));
      const attempt = await this.#attempt((look) => this.#admits(look));
      switch (attempt.kind) {
        case 'confirmed': {
          const claim = await this.#settle(attempt.claim);
          if (claim !== undefined) return claim;
          break;
        }
        case 'refused':
          if (observed || !(await this.#showsNoLife(attempt.look))) throw await this.#lockedBy(attempt.look);
          observed = true;
          continue;
        case 'conflict':
          break;
      }
      if (++races > RACES)
        throw await this.#lockedBy(await this.#state.ledger.look(this.#cancellation.signal));
    }
  }

  /** Whether all that is in the way going by `look` is stale. */
  async #admits(look: Look): Promise<boolean> {
    const way = this.#wayIn(look);
    const { blocking, stale } = await way.judge(look);
    if (stale[0] !== undefined && !this.#settings.takeover)
      throw new StaleLockError(this.#settings.id, await way.describe(look, stale[0].number));
    return blocking.length === 0;
  }

  /** What a confirmed claim of one that does not wait comes to: granted, or given up. */
  async #settle(confirmed: ConfirmedClaim): Promise<LiveClaim | undefined> {
    const way = new Way(this.#state, this.#settings, this.#wish, confirmed.below);
    const claim = new LiveClaim(this.#state, this.#settings, confirmed);
    if (way.blocking(confirmed.look).length > 0) {
      const { stale } = await way.judge(confirmed.look);
      for (const { number, why, attempt } of stale) {
        if (attempt !== undefined && !(await attachToPass(this.#state, number, attempt))) continue;
        this.#settings.emit({
          type: 'takeover',
          claim: await way.describe(confirmed.look, number),
          why,
        });
        way.pass(number);
      }
    }
    if (way.blocking(confirmed.look).length === 0 && claim.alive) {
      claim.cleanUp(confirmed.look, way.passed);
      return claim;
    }
    claim.end();
    await claim.free();
    return undefined;
  }

  /** Looks longer, if that is worth while: a lock that looks dead is observed for up to a window. */
  async #showsNoLife(look: Look): Promise<boolean> {
    const way = this.#wayIn(look);
    const blocking = way.blocking(look);
    if (await way.proveDead(look, blocking)) return true;
    const { verdict } = await observe(this.#state, this.#settings, {
      numbers: blocking,
      look,
      cancellation: this.#cancellation,
      onlyIfOld: true,
    });
    return verdict !== 'alive';
  }

  #wayIn(look: Look): Way {
    return new Way(this.#state, this.#settings, this.#wish, liveBelow(look, Infinity));
  }

  async #lockedBy(look: Look): Promise<LockedError> {
    const way = this.#wayIn(look);
    const [first] = way.blocking(look);
    const claim = first === undefined ? undefined : await way.describe(look, first);
    return new LockedError(this.#settings.id, claim ?? heldClaim(look.highest, undefined));
  }

  #asTimeout(error: unknown): unknown {
    const { id } = this.#settings;
    const timeoutMs = this.#timeoutMs ?? 0;
    if (error === OUT_OF_TIME) {
      const own = conflictingOwn(this.#state, this.#wish);
      const first = own === undefined ? this.#first : heldClaim(own, this.#state.records.get(own));
      return new LockTimeoutError(id, timeoutMs, first ?? this.#first, this.#trouble?.error);
    }
    if (this.#timeoutMs === 0 && error instanceof LockedError)
      return new LockTimeoutError(id, 0, { token: error.token, holder: error.holder, since: error.since });
    return error;
  }

  #waitedMs(): number {
    return this.#settings.clock.monotonic() - this.#startedAt;
  }
}
