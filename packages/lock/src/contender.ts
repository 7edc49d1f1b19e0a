import { isVFSError } from '@holdfast/vfs';
import { assess, nonce, renewedView } from './assessment.js';
import { elapsedSince, instant, type Instant } from './elapsed.js';
import { UnsafeStorageError } from './errors/index.js';
import type { HeldClaim } from './holder.js';
import { sameLedger, type LedgerView } from './ledger.js';
import { LAST_TOKEN } from './names.js';
import type { Settings } from './options.js';
import type { Patience } from './patience.js';
import type { Place } from './place.js';
import { proceed, untilDone } from './persistence.js';
import { prove } from './proof.js';

/** A confirmed claim that nobody keeps alive yet: make a lease of it, or `abandon` it. */
export interface Grant {
  readonly token: number;
  /** Before the claim was sent; the lease runs from here. */
  readonly startedAt: Instant;
  /** What the confirming look showed. */
  readonly view: LedgerView;
}

export type Attempt =
  | { readonly kind: 'granted'; readonly grant: Grant }
  /** Somebody else holds it. */
  | {
      readonly kind: 'held';
      readonly claim: HeldClaim;
      readonly version: string | undefined;
      readonly remainingMs: number;
    }
  /** It is stale, and this contender does not take over. */
  | { readonly kind: 'stale'; readonly claim: HeldClaim }
  /** Another contender was faster, or what was known turned out old. Look again. */
  | { readonly kind: 'outrun' };

/** How often in a row the storage may spoil a claim before it is called unsafe. */
const TOLERATED_FAULTS = 3;

/** Tries to claim one lock: rules 1, 2, 8 and 9. Never waits for anybody. */
export class Contender {
  readonly #place: Place;
  readonly #settings: Settings;
  #faults = 0;
  /** The number that the last claim was refused. */
  #refused = 0;

  constructor(place: Place, settings: Settings) {
    this.#place = place;
    this.#settings = settings;
  }

  /**
   * One attempt. Cancelling only stops the looking; a claim that was sent is always followed to its end, since giving
   * up on it would leave it in everybody's way.
   */
  async attempt(signal?: AbortSignal): Promise<Attempt> {
    const basis = this.#takeKnownFree() ?? (await this.#lookForBasis(signal));
    return typeof basis === 'number' ? this.#claim(basis) : basis;
  }

  /** Gives a grant back that nobody wants any more. Never rejects. */
  abandon(grant: Grant): Promise<void> {
    return this.#markFree(grant.token);
  }

  /** What is free stays free: a number that this process knows to be free may be built on without a look. */
  #takeKnownFree(): number | undefined {
    const place = this.#place;
    const token = place.knownFree;
    place.knownFree = undefined;
    return place.proven && place.declaredMs >= this.#settings.staleAfterMs ? token : undefined;
  }

  /** Rule 1: the highest number, if it is free or may be taken over. */
  async #lookForBasis(signal: AbortSignal | undefined): Promise<number | Attempt> {
    const place = this.#place;
    const [first] = await Promise.all([place.ledger.look(signal), place.proven ? undefined : prove(place)]);
    const view = await this.#freshView(first, signal);
    if (view === undefined) return { kind: 'outrun' };
    place.declaredMs = view.windowMs;
    place.marks = view.marks;
    const assessment = await assess(place, this.#settings, view, signal);
    switch (assessment.state) {
      case 'free':
        return assessment.token;
      case 'alive':
        return { kind: 'held', ...assessment };
      case 'stale': {
        const { claim, why } = assessment;
        if (!this.#settings.takeover) return { kind: 'stale', claim };
        this.#settings.emit({ type: 'takeover', claim, why });
        return assessment.token;
      }
    }
  }

  /**
   * A number that was refused because it exists must be in every listing from then on, or a higher one. A listing
   * without it is old; `undefined` if there is no newer one to be had.
   */
  async #freshView(view: LedgerView, signal: AbortSignal | undefined): Promise<LedgerView | undefined> {
    const refused = this.#refused;
    this.#refused = 0;
    if (highestIn(view) >= refused) return view;
    const renewed = await renewedView(this.#place, this.#settings, signal);
    if (renewed !== undefined && highestIn(renewed) >= refused) return renewed;
    this.#tolerate('a listing did not show a directory that could not be made because it exists');
    return undefined;
  }

  async #claim(basis: number): Promise<Attempt> {
    const { ledger } = this.#place;
    const token = basis + 1;
    if (token > LAST_TOKEN) {
      const evidence = `number ${basis} stands in the ledger, and there is none beyond`;
      throw new UnsafeStorageError({ adapter: ledger.vfs.adapter, path: ledger.path, evidence });
    }
    let startedAt: Instant;
    try {
      await this.#declareWindow();
      startedAt = instant(this.#settings.clock);
      await this.#send(token);
    } catch (error) {
      if (isVFSError(error, 'EEXIST')) {
        this.#refused = token;
        return { kind: 'outrun' };
      }
      if (isVFSError(error, 'ENOENT')) {
        this.#place.proven = false; // The directory is gone: make it again.
        return { kind: 'outrun' };
      }
      if (isVFSError(error, 'ENOTSUP')) {
        const { vfs, path } = ledger;
        throw new UnsafeStorageError({ adapter: vfs.adapter, path, evidence: error.detail, cause: error });
      }
      throw error;
    }
    return this.#confirm(basis, token, startedAt);
  }

  /**
   * Rule 2: the claim counts only if it is the highest, and the number it builds on is still there. That one is left
   * standing by whoever cleans up behind a direct successor, so its absence says that the ledger has moved on.
   */
  async #confirm(basis: number, token: number, startedAt: Instant): Promise<Attempt> {
    const { ledger } = this.#place;
    const { clock, staleAfterMs, marginMs } = this.#settings;
    let view: LedgerView;
    try {
      view = await ledger.look();
    } catch (error) {
      proceed(this.#markFree(token));
      throw error;
    }
    if (!sameLedger(this.#place, view)) {
      // This directory is not the one that was looked at: nothing in it is ours, the number neither.
      this.#place.declaredMs = 0;
      return { kind: 'outrun' };
    }
    const own = view.numbers.get(token);
    if (view.highest !== undefined && view.highest.token > token) {
      await this.#takeBack(token);
      return { kind: 'outrun' };
    }
    const tookMs = elapsedSince(startedAt, clock);
    const fault =
      own?.claim === undefined
        ? 'a listing did not show a directory that had just been made'
        : tookMs >= staleAfterMs - marginMs
          ? `a claim took ${Math.round(tookMs)} ms, too long for staleAfterMs = ${staleAfterMs}; raise it`
          : undefined;
    const counts = !own?.freed && (basis === 0 || view.numbers.has(basis)) && view.windowMs >= staleAfterMs;
    if (fault === undefined && counts) {
      this.#faults = 0;
      return { kind: 'granted', grant: { token, startedAt, view } };
    }
    await this.#markFree(token);
    this.#tolerate(fault);
    return { kind: 'outrun' };
  }

  /** Once, a person may have removed the directory, or the process was stopped. Again and again, it is the storage. */
  #tolerate(fault: string | undefined): void {
    if (fault === undefined || ++this.#faults < TOLERATED_FAULTS) return;
    this.#faults = 0;
    const { vfs, path } = this.#place.ledger;
    throw new UnsafeStorageError({ adapter: vfs.adapter, path, evidence: fault });
  }

  /** Rule 5: before the first claim, whoever needs a longer window than any listed says so. */
  async #declareWindow(): Promise<void> {
    const { staleAfterMs, random } = this.#settings;
    if (this.#place.declaredMs >= staleAfterMs) return;
    const mark = nonce(random);
    await this.#place.ledger.declareWindow(staleAfterMs, mark);
    this.#place.declaredMs = staleAfterMs;
    this.#place.marks = new Set([...this.#place.marks, mark]);
  }

  /** Rule 8: a claim that was given up on may have been made, or be made yet. Once known to be ours, it is freed. */
  async #send(token: number): Promise<void> {
    try {
      await this.#place.ledger.claim(token);
    } catch (error) {
      if (isVFSError(error) && error.settled !== undefined) {
        proceed(error.settled.then(() => this.#markFree(token)));
      }
      throw error;
    }
  }

  async #takeBack(token: number): Promise<void> {
    try {
      await this.#place.ledger.unclaim(token);
    } catch (error) {
      // A higher number stands, so this one is in nobody's way; whoever cleans up next removes it.
      if (!isVFSError(error, 'ENOENT'))
        this.#settings.emit({ type: 'storage-error', during: 'give-up', error });
    }
  }

  async #markFree(token: number): Promise<void> {
    const { clock, staleAfterMs, emit } = this.#settings;
    try {
      await untilDone(() => this.#place.ledger.free(token), { clock, patienceMs: staleAfterMs });
    } catch (error) {
      // It goes stale by itself: nobody keeps it alive.
      emit({ type: 'storage-error', during: 'give-up', error });
    }
    this.#place.queue.wake();
  }
}

function highestIn(view: LedgerView): number {
  return view.highest?.token ?? 0;
}

/**
 * One attempt, for as long as the caller is patient. If the caller leaves meanwhile, the attempt goes on behind it, and
 * what it obtains for nobody is given back.
 */
export async function attemptWithin(patience: Patience, contender: Contender): Promise<Attempt> {
  const attempt = contender.attempt(patience.signal);
  const giveBack = async (unwanted: Attempt): Promise<void> => {
    if (unwanted.kind === 'granted') await contender.abandon(unwanted.grant);
  };
  try {
    const result = await Promise.race([attempt, patience.gone]);
    if (!patience.over) return result;
  } catch (error) {
    if (!patience.over) throw error;
  }
  proceed(attempt.then(giveBack));
  return patience.gone;
}
