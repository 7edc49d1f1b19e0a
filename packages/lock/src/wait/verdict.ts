import { nonce } from '../claim/index.js';
import { windowOf, type Look } from '../ledger/index.js';
import type { LockState } from '../lock-state.js';
import type { Settings } from '../options.js';
import type { Cancellation } from '../time/index.js';
import { lastBeatOf } from './last-beat.js';
import { Pauses } from './pauses.js';
import { Way } from './way.js';

export interface ObserveInit {
  /** The claims to observe, each of which stands in `look`. */
  readonly numbers: readonly number[];
  readonly look: Look;
  readonly cancellation: Cancellation;
  /** Only claims that look old by the clocks at hand are worth while; the others are taken to be alive at once. */
  readonly onlyIfOld: boolean;
}

/**
 * Watches claims until it is certain what they are. That one lives is certain once it changed, which takes a heartbeat; that
 * it is stale takes what is missing of its window. `stale`: all of them are; `over`: one of them ended meanwhile.
 */
export async function observe(
  state: LockState,
  settings: Settings,
  { numbers, look: first, cancellation, onlyIfOld }: ObserveInit,
): Promise<{ readonly verdict: 'alive' | 'stale' | 'over'; readonly look: Look }> {
  if (numbers.some((number) => state.own.get(number)?.alive === true))
    return { verdict: 'alive', look: first };
  if (onlyIfOld && !(await lookOld(state, settings, numbers, first)))
    return { verdict: 'alive', look: first };
  const everything = { mode: 'exclusive', permits: Infinity } as const;
  const rule = { ...settings, turn: { kind: 'readers-writer' } } as const;
  const way = new Way(state, rule, everything, numbers);
  const pauses = new Pauses(settings);
  const since = new Map<number, number | undefined>();
  const startedAt = settings.clock.monotonic();
  for (let look = first; ;) {
    let judgement = await way.judge(look);
    if (judgement.stale.length > 0 && state.ledger.beatsAsEntries) {
      // This listing may be from a cache; the next one is not. Rule 5.
      await state.ledger.refreshListing(nonce(settings.random));
      look = await cancellation.race(state.ledger.look(cancellation.signal));
      judgement = await way.judge(look);
    }
    if (way.blocking(look).length < numbers.length) return { verdict: 'over', look };
    if (judgement.blocking.length === 0) return { verdict: 'stale', look };
    for (const number of judgement.blocking) {
      const seenSince = state.observer.last(number)?.since;
      // The storage tells nothing of it, for as long as it would have taken to tell: no verdict against it.
      if (seenSince === undefined && settings.clock.monotonic() - startedAt >= judgement.windowMs)
        return { verdict: 'alive', look };
      if (since.has(number) && since.get(number) !== seenSince) return { verdict: 'alive', look };
      since.set(number, seenSince);
    }
    if (!(await way.proveDead(look, judgement.blocking)))
      await pauses.untilNextLook({ ...judgement, ahead: 1 }, cancellation, undefined);
    look = await cancellation.race(state.ledger.look(cancellation.signal));
  }
}

/** Whether the claims have shown no life for their windows, going by the clocks at hand. Those may be wrong. */
async function lookOld(
  { ledger }: LockState,
  { clock }: Settings,
  numbers: readonly number[],
  look: Look,
): Promise<boolean> {
  for (const number of numbers) {
    const numbered = look.numbers.get(number);
    if (numbered === undefined) return false;
    const lastBeat = await lastBeatOf(ledger, numbered);
    if (lastBeat === undefined) continue;
    if (Math.abs(clock.wall() - lastBeat) <= windowOf(numbered)) return false;
  }
  return true;
}
