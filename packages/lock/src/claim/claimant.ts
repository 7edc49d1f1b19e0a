import { isVFSError, type VFSError } from '@holdfast/vfs';
import { LedgerError, UnsafeStorageError } from '../errors/index.js';
import {
  claimName,
  confirm,
  HIGHEST_NUMBER,
  liveBelow,
  markName,
  newOrigin,
  permitsFault,
  type Claim,
  type ClaimRecord,
  type Confirmation,
  type Ledger,
  type Look,
  type Wish,
} from '../ledger/index.js';
import type { LockState } from '../lock-state.js';
import { firstTrustMs, type Settings } from '../options.js';
import { detach, retryUntil, stopwatchOf } from '../time/index.js';
import type { ConfirmedClaim } from './confirmed-claim.js';
import { disprove, probe } from './mkdir-probe.js';
import { nonce } from './nonce.js';

export type Attempt =
  | { readonly kind: 'confirmed'; readonly claim: ConfirmedClaim }
  /** Nothing was claimed, since `admit` said no. */
  | { readonly kind: 'refused'; readonly look: Look }
  /** Another contender was faster, or what was known turned out old. Try again. */
  | { readonly kind: 'conflict' };

/** How often in a row the storage may spoil a claim before it is called unsafe. Rule 10. */
const TOLERATED_FAULTS = 2;

/** So often a floor is made for one claim: one closes every gap below it, and a listing may be late once or twice. */
const MOST_GAPS = 8;

/**
 * By how much the next claim is above the highest number, after so many conflicts in a row: whoever is slower than the
 * others would else never get a number. Rule 1.
 */
const LEAPS = [1, 1, 4, 16, 64, 256, 1024];

/** Makes claims in one ledger: rules 1, 2, 8 and 10. Never waits for anybody. One for each call of the lock. */
export class Claimant {
  readonly #state: LockState;
  readonly #settings: Settings;
  readonly #wish: Wish;
  #conflicts = 0;
  #faults = 0;
  /** The number that the last claim was refused because it exists. */
  #refused = 0;

  constructor(state: LockState, settings: Settings, wish: Wish) {
    this.#state = state;
    this.#settings = settings;
    this.#wish = wish;
  }

  /**
   * One attempt. To cancel only stops the looking; a claim that was sent is always followed to its end, since to leave it
   * would leave it in everybody's way.
   *
   * @param admit asked before anything is claimed, if it matters what is in the way
   * @param foresee told what was in the way before the claim; what it returns is awaited before the claim is confirmed
   */
  attempt(
    signal?: AbortSignal,
    admit?: (look: Look) => Promise<boolean>,
    foresee?: (look: Look) => Promise<void> | undefined,
  ): Promise<Attempt> {
    const known = this.#state.takeNext(
      this.#wish.mode === 'exclusive' && admit !== undefined,
      this.#settings.clock.monotonic(),
    );
    return known === undefined ? this.#lookAndClaim(signal, admit, foresee) : this.#claim(known);
  }

  async #lookAndClaim(
    signal: AbortSignal | undefined,
    admit: ((look: Look) => Promise<boolean>) | undefined,
    foresee: ((look: Look) => Promise<void> | undefined) | undefined,
  ): Promise<Attempt> {
    const look = await this.#look(signal);
    if (look === undefined) return { kind: 'conflict' };
    if (admit !== undefined && !(await admit(look))) return { kind: 'refused', look };
    const leap = LEAPS[Math.min(this.#conflicts, LEAPS.length - 1)] ?? 1;
    return this.#claim({ number: look.highest + leap, origin: look.origin }, look, foresee);
  }

  /** Marks a claim of our own as over, behind whoever wanted it. Never rejects. Rule 7. */
  async giveUp({ number }: Claim): Promise<void> {
    const { clock, staleAfterMs, emit } = this.#settings;
    try {
      await retryUntil(() => this.#state.ledger.markFree(number), { clock, forMs: staleAfterMs });
    } catch (error) {
      // It goes stale by itself: nobody keeps it alive.
      emit({ type: 'storage-error', during: 'give-up', error });
    }
    this.#state.wake();
  }

  /** A look at a ledger that has an origin; `undefined` if there is none to be had for now. */
  async #look(signal: AbortSignal | undefined): Promise<Look | undefined> {
    const { ledger } = this.#state;
    const look = await this.#firstLook(signal);
    assertPermits(ledger, look, this.#settings);
    const unsaid = ledger.ofSemaphore && look.permits === undefined;
    if (look.origin > 0 && !unsaid) return this.#freshLook(look, signal);
    const { clock, random, turn } = this.#settings;
    try {
      // Before the origin, and so before any claim: a look that shows claims shows how many permits there are.
      if (unsaid && turn.kind === 'permits') await ledger.makePermits(turn.permits);
      if (look.origin === 0) await ledger.makeOrigin(newOrigin(look, clock.wall(), random()));
    } catch (error) {
      if (!isVFSError(error, 'ENOENT')) throw error;
      this.#state.proven = false; // The directory is gone: make it again.
      return undefined;
    }
    const begun = await ledger.look(signal);
    assertPermits(ledger, begun, this.#settings);
    if (begun.origin > 0 && (!unsaid || begun.permits !== undefined)) return begun;
    this.#tolerate('a listing did not show an entry that had just been made');
    return undefined;
  }

  /** Rule 10: the proof goes beside the look, so that it costs no wait. */
  async #firstLook(signal: AbortSignal | undefined): Promise<Look> {
    const state = this.#state;
    if (state.proven) return state.ledger.look(signal);
    const [looked, proved] = await Promise.allSettled([state.ledger.look(signal), probe(state.ledger)]);
    // What the ledger shows is said first: a foreign one is not to be worked with, whatever its storage can do.
    if (looked.status === 'rejected') {
      // What stands in the way is no directory, and that it was refused proves nothing of directories.
      if (isVFSError(looked.reason, 'ENOTDIR')) disprove(state.ledger);
      throw proved.status === 'rejected' && !isVFSError(proved.reason) ? proved.reason : looked.reason;
    }
    if (proved.status === 'rejected') throw proved.reason;
    state.proven = true;
    // What was seen in a directory that was made only now stood in another one, which is gone.
    return proved.value && looked.value.highest > 0 ? state.ledger.look(signal) : looked.value;
  }

  /**
   * A number that was refused because it exists must be in every listing that begins later, or a higher one. A listing
   * without it is old; `undefined` if there is no newer one to be had.
   */
  async #freshLook(look: Look, signal: AbortSignal | undefined): Promise<Look | undefined> {
    const refused = this.#refused;
    this.#refused = 0;
    if (look.highest >= refused) return look;
    const { ledger } = this.#state;
    if (ledger.beatsAsEntries) {
      await ledger.refreshListing(nonce(this.#settings.random));
      const renewed = await ledger.look(signal);
      if (renewed.highest >= refused) return renewed;
    }
    this.#tolerate('a listing did not show an entry that could not be made because it exists');
    return undefined;
  }

  /** @param before the look that it is made after, if that was just now */
  async #claim(
    claim: Claim,
    before?: Look,
    foresee?: (look: Look) => Promise<void> | undefined,
  ): Promise<Attempt> {
    const { ledger } = this.#state;
    const { number } = claim;
    if (number > HIGHEST_NUMBER) {
      throw this.#unsafe(`number ${number - 1} stands in the ledger, and there is none beyond`);
    }
    this.#state.noteClaiming(claim);
    const wallMs = this.#settings.clock.wall();
    const last = this.#state.lastMade(this.#settings, wallMs, before);
    const record = last === undefined ? this.#recordOf(number, wallMs) : { ...last.record, token: number };
    const startedAt = stopwatchOf(this.#settings.clock).now();
    try {
      await ledger.makeClaim(record, last?.number);
      this.#state.noteMade(record, this.#settings);
    } catch (error) {
      return this.#notMade(claim, record, error);
    }
    let gaps = 0;
    try {
      const foreseen = before === undefined ? undefined : foresee?.(before);
      if (foreseen !== undefined) await foreseen;
      // No await but those of the storage's answers: every turn in between is time that a holder is kept waiting.
      for (let look = await this.#markAndLook(number); ; look = await ledger.look()) {
        assertPermits(ledger, look, this.#settings);
        const confirmation = confirm(look, claim);
        if (confirmation.kind === 'refused') return await this.#notConfirmed(claim, confirmation.why, look);
        if (stopwatchOf(this.#settings.clock).now() - startedAt >= firstTrustMs(this.#settings))
          return await this.#tooLate(claim);
        if (confirmation.kind === 'gap') {
          if (gaps++ > MOST_GAPS) return await this.#stillGaps(claim);
          await ledger.makeFloor(confirmation.missing);
        } else {
          this.#conflicts = 0;
          this.#faults = 0;
          const below = liveBelow(look, number);
          const { mode, permits } = this.#wish;
          return {
            kind: 'confirmed',
            claim: { number, origin: claim.origin, mode, permits, record, startedAt, look, below },
          };
        }
      }
    } catch (error) {
      detach(this.giveUp(claim));
      // The directory went away in between, and the claim with it: make it again.
      if (!isVFSError(error, 'ENOENT')) throw error;
      this.#state.proven = false;
      this.#tolerate('a claim was gone right after it had been made');
      return { kind: 'conflict' };
    }
  }

  /** What comes of a claim whose creation was refused, or failed. */
  #notMade(claim: Claim, record: ClaimRecord, error: unknown): Attempt {
    if (isVFSError(error, 'EEXIST')) {
      this.#refused = claim.number;
      this.#conflicts++;
      return { kind: 'conflict' };
    }
    if (isVFSError(error, 'ENOENT')) {
      this.#state.proven = false; // The directory is gone: make it again.
      return { kind: 'conflict' };
    }
    if (isVFSError(error, 'ENOTSUP')) throw this.#unsafe(error.detail, error);
    if (isVFSError(error) && error.outcome === 'unknown') this.#followUnknown(claim, record, error);
    throw error;
  }

  /**
   * A claim at or below a floor never counts, and a clean-up that is late may take its mark for that of an earlier claim of
   * this number: then nobody would know that it is over, and all would wait for a window. Gone below a floor, it is in
   * nobody's way. Elsewhere than on a disk contenders do not follow each other as fast.
   */
  async #removeClosed(number: number): Promise<void> {
    const { ledger } = this.#state;
    if (ledger.vfs.capabilities.cost !== 'local') return;
    try {
      await ledger.remove(claimName(number));
      await ledger.remove(markName(number, 'free'));
    } catch (error) {
      this.#settings.emit({ type: 'storage-error', during: 'give-up', error });
    }
  }

  /** Rule 2: what was made but does not count is given up. */
  async #notConfirmed(
    claim: Claim,
    why: (Confirmation & { readonly kind: 'refused' })['why'],
    look: Look,
  ): Promise<Attempt> {
    // If it was made in the ledger before this one, it went with that. If it landed in this one, it is in the way of others.
    const landed = look.numbers.get(claim.number)?.claim !== undefined;
    if (why !== 'removed' || landed) await this.giveUp(claim);
    if (why === 'closed') await this.#removeClosed(claim.number);
    if (why === 'unlisted') this.#tolerate('a listing did not show a claim that had just been made');
    this.#conflicts++;
    return { kind: 'conflict' };
  }

  /** A floor closes all below it, so a listing that goes on to show a gap does not show the floor. */
  async #stillGaps(claim: Claim): Promise<Attempt> {
    await this.giveUp(claim);
    this.#tolerate('a listing did not show a floor that had just been made');
    return { kind: 'conflict' };
  }

  async #tooLate(claim: Claim): Promise<Attempt> {
    await this.giveUp(claim);
    const { staleAfterMs } = this.#settings;
    this.#tolerate(`to claim took too long for staleAfterMs = ${staleAfterMs}; raise it`);
    return { kind: 'conflict' };
  }

  /** Says what the claim is, now that it is known to be ours. Rule 8: no mark of any kind before that. */
  #markAndLook(number: number): Promise<Look> {
    const { ledger } = this.#state;
    const { mode, permits } = this.#wish;
    if (ledger.ofSemaphore) return beside(ledger.look(), ledger.markTakes(number, permits));
    return mode === 'exclusive' ? ledger.look() : beside(ledger.look(), ledger.markShared(number));
  }

  /**
   * Rule 8: a claim of unknown outcome never counts. It goes stale, unless it is known to be ours: because the adapter
   * learns that it was made, or because it holds our record. Then it is marked as over.
   */
  #followUnknown(claim: Claim, record: ClaimRecord, { settled }: VFSError): void {
    if (settled !== undefined) detach(settled.then(() => this.giveUp(claim)));
    const { ledger } = this.#state;
    if (!ledger.asFiles) return;
    const lookUp = async (): Promise<void> => {
      const found = (await ledger.look()).numbers.get(claim.number);
      if (found === undefined) return;
      const theirs = await ledger.readRecord(found);
      if (theirs?.nonce === record.nonce) await this.giveUp(claim);
    };
    detach(lookUp());
  }

  /** Once, a person may have removed the directory, or the process was stopped. Again and again, it is the storage. */
  #tolerate(evidence: string): void {
    if (++this.#faults >= TOLERATED_FAULTS) throw this.#unsafe(evidence);
  }

  #unsafe(evidence: string, cause?: unknown): UnsafeStorageError {
    const { vfs, path } = this.#state.ledger;
    return new UnsafeStorageError({ adapter: vfs.adapter, path, evidence, cause });
  }

  #recordOf(token: number, since: number): ClaimRecord {
    const { random, staleAfterMs, label, client, identity } = this.#settings;
    return {
      token,
      nonce: nonce(random),
      staleAfterMs,
      since,
      label,
      client,
      process: identity?.self,
    };
  }
}

/** Of two numbers of permits the smaller counts: who came with another one claims nothing. @throws `LedgerError` */
export function assertPermits(ledger: Ledger, look: Look, { turn }: Settings): void {
  const listed = permitsFault(look, turn);
  if (listed === undefined || turn.kind !== 'permits') return;
  throw new LedgerError(ledger.path, 'permits', { listed, asked: turn.permits });
}

async function beside<T>(work: Promise<T>, other: Promise<void>): Promise<T> {
  const [result] = await Promise.all([work, other]);
  return result;
}
