import { holderOf, type Look, type Numbered, type Wish } from '../ledger/index.js';
import type { LockState } from '../lock-state.js';
import type { Settings } from '../options.js';
import { cancellation } from '../time/index.js';
import { observe, Way } from '../wait/index.js';
import { decodePublished, leadingClaim, type Leader } from './published.js';

/** So often in a row a value may be replaced while it is read. */
const TRIES = 8;

const EVERYTHING: Wish = { mode: 'exclusive', permits: Infinity };

export interface View {
  readonly leader: Leader | undefined;
  /** Milliseconds after which the leader may have shown no life for its window. */
  readonly remainingMs: number;
}

const NOBODY: View = { leader: undefined, remainingMs: Infinity };

/** Who leads, as this process sees it: by the ledger, and by the signs of life of who leads. */
export class LeaderView {
  readonly #state: LockState;
  readonly #settings: Settings;
  #known: Leader | undefined;
  #sequence = -1;

  constructor(state: LockState, settings: Settings) {
    this.#state = state;
    this.#settings = settings;
  }

  /** At one glance; but who was seen without a sign of life for its window does not lead. */
  async glance(signal?: AbortSignal): Promise<View> {
    for (let tries = 0; tries < TRIES; tries++) {
      const look = await this.#state.ledger.look(signal);
      const claim = leadingClaim(look);
      if (claim === undefined) return NOBODY;
      const life = await this.#lifeOf(claim.number, look);
      if (life === 'stale') return NOBODY;
      if (life === 'dead') continue; // As the next look will show, which comes after the proof.
      const leader = await this.#read(claim, signal);
      if (leader !== undefined) return { leader, remainingMs: life };
    }
    return NOBODY;
  }

  /** As `glance`; but who looks dead by the clocks at hand is observed, for up to its window. */
  async verdict(signal?: AbortSignal): Promise<Leader | undefined> {
    const caller = cancellation(this.#settings.clock, undefined, signal);
    try {
      for (;;) {
        const look = await caller.race(this.#state.ledger.look(signal));
        const claim = leadingClaim(look);
        if (claim === undefined) return undefined;
        const numbers = [claim.number];
        const { verdict } = await observe(this.#state, this.#settings, {
          numbers,
          look,
          cancellation: caller,
          onlyIfOld: true,
        });
        if (verdict === 'stale') return undefined;
        // Somebody else may lead by now.
        if (verdict === 'alive') return (await caller.race(this.glance(signal))).leader;
      }
    } finally {
      caller.dispose();
    }
  }

  /** Milliseconds after which it may be stale. */
  async #lifeOf(number: number, look: Look): Promise<number | 'stale' | 'dead'> {
    if (this.#state.own.get(number)?.alive === true) return Infinity;
    const settings = { ...this.#settings, turn: { kind: 'readers-writer' } } as const;
    const way = new Way(this.#state, settings, EVERYTHING, [number]);
    const { stale, remainingMs } = await way.judge(look);
    if (stale.length > 0) return 'stale';
    return (await way.proveDead(look, [number])) ? 'dead' : remainingMs;
  }

  /** `undefined` if there is nothing to be read of it: a later value has taken its place meanwhile, or none is whole yet. */
  async #read(claim: Numbered, signal: AbortSignal | undefined): Promise<Leader | undefined> {
    const { number, values } = claim;
    if (this.#known?.token === number && this.#sequence === values.at(-1)) return this.#known;
    const { ledger, records } = this.#state;
    for (const sequence of values.toReversed()) {
      const bytes = await ledger.readValue(number, sequence, signal);
      const value = bytes && decodePublished(bytes, number, sequence);
      if (value === undefined) continue;
      const record = await records.of(claim, ledger, this.#settings.clock, signal);
      const leader = {
        token: number,
        value,
        holder: record && holderOf(record),
        since: record && new Date(record.since),
      };
      // Only the last one: what is not whole yet may be soon.
      if (sequence === values.at(-1)) {
        this.#known = leader;
        this.#sequence = sequence;
      }
      return leader;
    }
    return undefined;
  }
}
