import type { HeldClaim } from '../identity/index.js';
import {
  FIRST_WINDOW_MS,
  holderOf,
  inTheWay,
  remaining,
  turnsAhead,
  windowOf,
  type ClaimRecord,
  type Look,
  type Wish,
} from '../ledger/index.js';
import type { LockState } from '../lock-state.js';
import type { Settings } from '../options.js';
import { patienceWith, signsOf } from './signs.js';

/** What is to be thought of the claims in one's way. */
export interface Judgement {
  /** Those that are in the way still, in ascending order. None: it is its turn. */
  readonly blocking: readonly number[];
  /** How many turns it takes until it is its own: those that hold at the same time count as one. At least 1. */
  readonly ahead: number;
  /** Those that were judged stale or dead by this look. */
  readonly stale: readonly StaleClaim[];
  /** Milliseconds until one of those that block can be stale; `Infinity` without any. */
  readonly remainingMs: number;
  /** The shortest window of those that block, in milliseconds; `Infinity` without any. */
  readonly windowMs: number;
}

export interface StaleClaim {
  readonly number: number;
  readonly why: 'unchanged' | 'dead';
  /** How it was detached, if it was: then it is to be attached to before it is passed. */
  readonly attempt: number | undefined;
}

/** So many of those in the way are proved dead or alive at each look: the ones that come first. */
const PROOFS = 3;

/**
 * The claims in the way of one contender. Rules 3 and 5: what is in a claim's way is fixed by the confirming look, and
 * claims only leave that set.
 */
export class Way {
  readonly #state: LockState;
  readonly #settings: Settings;
  readonly #wish: Wish;
  #members: readonly number[];
  readonly #passed = new Set<number>();

  constructor(state: LockState, settings: Settings, wish: Wish, members: readonly number[]) {
    this.#state = state;
    this.#settings = settings;
    this.#wish = wish;
    this.#members = members;
  }

  /** What is to be thought of a claim that was gone before it was ever looked at closely. */
  get #unseen(): { readonly signs: string; readonly windowMs: number } {
    return { signs: 'gone', windowMs: Math.max(FIRST_WINDOW_MS, this.#settings.staleAfterMs) };
  }

  /** The claims that were passed as stale, and are to be marked as over. */
  get passed(): ReadonlySet<number> {
    return this.#passed;
  }

  /** Those in the way going by `look` alone, in ascending order. */
  blocking(look: Look): number[] {
    this.#members = remaining(this.#members, look);
    return inTheWay(this.#members, look, this.#wish, this.#settings.turn);
  }

  /** Takes a stale claim out of the way, for good: its owner no longer trusts itself, and never will again. */
  pass(number: number): void {
    this.#members = this.#members.filter((member) => member !== number);
    this.#passed.add(number);
  }

  /** Observes those in the way, side by side, so that several dead ones cost one window. Rule 5. */
  async judge(look: Look): Promise<Judgement> {
    const blocking = this.blocking(look);
    const { observer, ledger } = this.#state;
    const { clock } = this.#settings;
    const stale: StaleClaim[] = [];
    let remainingMs = Infinity;
    let shortestMs = Infinity;
    for (const number of blocking) {
      const numbered = look.numbers.get(number);
      // Gone without a floor: it counts as unchanged.
      const last = numbered?.claim === undefined ? (observer.last(number) ?? this.#unseen) : undefined;
      const ownMs = last?.windowMs ?? (numbered === undefined ? 0 : windowOf(numbered));
      const attempt = numbered?.detached?.attempt;
      if (numbered?.attempts === 0 && observer.wasDead(number, look.begunAt)) {
        stale.push({ number, why: 'dead', attempt });
        continue;
      }
      const told = last?.signs ?? (numbered === undefined ? undefined : signsOf(ledger, numbered));
      const signs = typeof told === 'object' ? await told : told;
      const windowMs = last === undefined ? ownMs + patienceWith(signs) : ownMs;
      const endedAt = clock.monotonic();
      const unchangedMs = observer.note(number, signs, { begunAt: look.begunAt, endedAt }, windowMs);
      if (unchangedMs >= windowMs) stale.push({ number, why: 'unchanged', attempt });
      else {
        remainingMs = Math.min(remainingMs, windowMs - unchangedMs);
        shortestMs = Math.min(shortestMs, windowMs);
      }
    }
    const isStale = new Set(stale.map(({ number }) => number));
    const left = blocking.filter((number) => !isStale.has(number));
    return {
      blocking: left,
      ahead: turnsAhead(left, look, this.#settings.turn),
      stale,
      remainingMs,
      windowMs: shortestMs,
    };
  }

  /**
   * Proves, before the next look, which of those in the way are dead: on a local disk a process of this host that no longer
   * lives. @returns whether another one was
   */
  async proveDead(look: Look, blocking: readonly number[]): Promise<boolean> {
    const { identity, clock } = this.#settings;
    const { observer } = this.#state;
    if (identity === undefined || this.#state.ledger.vfs.capabilities.cost !== 'local') return false;
    let found = false;
    for (const number of blocking.slice(0, PROOFS)) {
      if (observer.wasDead(number, Infinity) || this.#state.own.has(number)) continue;
      // What was ever detached may belong to another process than the one that made it.
      if (look.numbers.get(number)?.attempts !== 0) continue;
      const record = await this.#recordOf(look, number);
      if (record?.process === undefined || !identity.isDead(record.process)) continue;
      observer.noteDead(number, clock.monotonic());
      found = true;
    }
    return found;
  }

  /** Whom `number` belongs to, as far as that can be told. For people. */
  async describe(look: Look, number: number): Promise<HeldClaim> {
    return heldClaim(number, await this.#recordOf(look, number));
  }

  async #recordOf(look: Look, number: number): Promise<ClaimRecord | undefined> {
    const { records, ledger } = this.#state;
    const numbered = look.numbers.get(number);
    if (numbered === undefined) return records.get(number);
    return records.of(numbered, ledger, this.#settings.clock);
  }
}

export function heldClaim(token: number, record: ClaimRecord | undefined): HeldClaim {
  return {
    token,
    holder: record === undefined ? undefined : holderOf(record),
    since: record === undefined ? undefined : new Date(record.since),
  };
}
