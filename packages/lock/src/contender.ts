import { isVFSError } from '@holdfast/vfs';
import { assess, nonce, renewedView } from './assessment.js';
import { Stopwatch } from './elapsed.js';
import { UnsafeStorageError } from './errors/index.js';
import type { HeldClaim } from './holder.js';
import { sameLedger, type Basis, type LedgerView } from './ledger.js';
import { LAST_TOKEN } from './names.js';
import type { Settings } from './options.js';
import type { Place } from './place.js';
import { proceed, untilDone } from './persistence.js';
import { disprove, prove } from './proof.js';

/** A confirmed claim that nobody keeps alive yet: make a lease of it, or `abandon` it. */
export interface Grant {
  readonly token: number;
  /** Runs since before the claim was sent, which is when the lease began. */
  readonly watch: Stopwatch;
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
  /** Counts looks and refusals, to tell which came first where attempts overlap. */
  #steps = 0;
  /** The number that the last claim was refused, and when. */
  #refused: { readonly token: number; readonly step: number } | undefined;

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
    return 'kind' in basis ? basis : this.#claim(basis);
  }

  /** Gives a grant back that nobody wants any more. Never rejects. */
  abandon(grant: Grant): Promise<void> {
    return this.#markFree(grant.token);
  }

  /** What is free stays free: a number that this process knows to be free may be built on without a look. */
  #takeKnownFree(): Basis | undefined {
    const place = this.#place;
    const basis = place.knownFree;
    place.knownFree = undefined;
    return place.proven && basis !== undefined && basis.windowMs >= this.#settings.staleAfterMs
      ? basis
      : undefined;
  }

  /** Rule 1: the highest number, if it is free or may be taken over. */
  async #lookForBasis(signal: AbortSignal | undefined): Promise<Basis | Attempt> {
    const place = this.#place;
    const step = ++this.#steps;
    const view = await this.#freshView(await this.#firstLook(signal), step, signal);
    if (view === undefined) return { kind: 'outrun' };
    const assessment = await assess(place, this.#settings, view, signal);
    switch (assessment.state) {
      case 'free':
        return assessment.basis;
      case 'alive':
        return { kind: 'held', ...assessment };
      case 'stale': {
        const { basis, claim, why } = assessment;
        if (!this.#settings.takeover) return { kind: 'stale', claim };
        this.#settings.emit({ type: 'takeover', claim, why });
        return basis;
      }
    }
  }

  /** Rule 9: the proof goes beside the look, so that it costs no wait. */
  async #firstLook(signal: AbortSignal | undefined): Promise<LedgerView> {
    const place = this.#place;
    const [looked, proved] = await Promise.allSettled([
      place.ledger.look(signal),
      place.proven ? undefined : prove(place),
    ]);
    if (proved.status === 'rejected') throw proved.reason;
    if (looked.status === 'fulfilled') return looked.value;
    // What stands in the way is no directory, and that it was refused proves nothing of directories.
    if (isVFSError(looked.reason, 'ENOTDIR')) disprove(place);
    throw looked.reason;
  }

  /**
   * A number that was refused because it exists must be in every listing that begins later, or a higher one. A listing
   * without it is old; `undefined` if there is no newer one to be had.
   */
  async #freshView(
    view: LedgerView,
    step: number,
    signal: AbortSignal | undefined,
  ): Promise<LedgerView | undefined> {
    const refused = this.#refused;
    if (refused === undefined || step < refused.step) return view;
    this.#refused = undefined;
    if (view.last >= refused.token) return view;
    const renewed = await renewedView(this.#place, this.#settings, signal);
    if (renewed !== undefined && renewed.last >= refused.token) return renewed;
    this.#tolerate('a listing did not show a directory that could not be made because it exists');
    return undefined;
  }

  async #claim(lookedAt: Basis): Promise<Attempt> {
    const { ledger } = this.#place;
    const token = lookedAt.next;
    if (token > LAST_TOKEN) {
      const evidence = `number ${token - 1} stands in the ledger, and there is none beyond`;
      throw new UnsafeStorageError({ adapter: ledger.vfs.adapter, path: ledger.path, evidence });
    }
    try {
      const basis = await this.#declareWindow(lookedAt);
      const watch = new Stopwatch(this.#settings.clock);
      await this.#send(token);
      return await this.#confirm(basis, token, watch);
    } catch (error) {
      if (isVFSError(error, 'EEXIST')) {
        this.#refused = { token, step: ++this.#steps };
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
  }

  /**
   * Rule 2: the claim counts only if it is the highest, and the claim it builds on is still there, with none between.
   * That one is left standing by whoever cleans up behind a direct successor, so its absence says that the ledger has
   * moved on.
   */
  async #confirm(basis: Basis, token: number, watch: Stopwatch): Promise<Attempt> {
    const { staleAfterMs, marginMs } = this.#settings;
    let view: LedgerView;
    try {
      view = await this.#place.ledger.look();
    } catch (error) {
      proceed(this.#markFree(token));
      throw error;
    }
    if (!sameLedger(basis, view)) {
      await this.#leave(basis, token, view);
      return { kind: 'outrun' };
    }
    const between = [...view.numbers.values()].some(
      (number) => number.claim !== undefined && number.token > basis.token && number.token !== token,
    );
    if (between) {
      // Another one claimed, higher, or lower where the two saw different strays. Ours must not outrank a live claim.
      await this.#takeBack(token);
      return { kind: 'outrun' };
    }
    const own = view.numbers.get(token);
    const fault =
      own?.claim === undefined
        ? 'a listing did not show a directory that had just been made'
        : watch.now() >= staleAfterMs - marginMs
          ? `a claim took ${Math.round(watch.now())} ms, too long for staleAfterMs = ${staleAfterMs}; raise it`
          : undefined;
    const standing = basis.token === 0 || view.numbers.get(basis.token)?.claim !== undefined;
    if (fault === undefined && standing && own?.freed === false && view.windowMs >= staleAfterMs) {
      this.#faults = 0;
      return { kind: 'granted', grant: { token, watch, view } };
    }
    await this.#markFree(token);
    this.#tolerate(fault);
    return { kind: 'outrun' };
  }

  /**
   * The directory is not the one that was looked at: somebody removed that, and another stands in its place. What was
   * made in it is taken away where it can be nobody else's: a ledger has a mark before it has a claim, and a rightful
   * claim has its predecessor beside it.
   */
  async #leave(basis: Basis, token: number, view: LedgerView): Promise<void> {
    if (view.marks.size === 0) await this.#markFree(token);
    else if (basis.token > 0 && view.numbers.get(basis.token)?.claim === undefined)
      await this.#takeBack(token);
  }

  /** Once, a person may have removed the directory, or the process was stopped. Again and again, it is the storage. */
  #tolerate(fault: string | undefined): void {
    if (fault === undefined || ++this.#faults < TOLERATED_FAULTS) return;
    this.#faults = 0;
    const { vfs, path } = this.#place.ledger;
    throw new UnsafeStorageError({ adapter: vfs.adapter, path, evidence: fault });
  }

  /** Rule 5: before the first claim, whoever needs a longer window than any listed says so. */
  async #declareWindow(basis: Basis): Promise<Basis> {
    const { staleAfterMs, random } = this.#settings;
    if (basis.windowMs >= staleAfterMs) return basis;
    const mark = nonce(random);
    await this.#place.ledger.declareWindow(staleAfterMs, mark);
    return { ...basis, windowMs: staleAfterMs, marks: new Set([...basis.marks, mark]) };
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
      // It goes stale, or whoever cleans up next removes it.
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
