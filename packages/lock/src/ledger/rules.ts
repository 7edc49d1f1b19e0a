/**
 * What the protocol says of a look, as pure functions. The numbers of the rules are those of ARCHITECTURE.md, which has
 * the reasons.
 */
import type { Look } from './look.js';
import { HIGHEST_NUMBER } from './names.js';
import type { Numbered } from './numbered.js';

export type Mode = 'exclusive' | 'shared';

/** How claims of one ledger get into each other's way. */
export type TurnRule =
  | { readonly kind: 'readers-writer' }
  /** At most so many permits are out at once. */
  | { readonly kind: 'permits'; readonly permits: number };

/** What a claim asks for. */
export interface Wish {
  readonly mode: Mode;
  /** How many permits it takes, where the turn rule counts them. */
  readonly permits: number;
}

/** A claim as its owner knows it. */
export interface Claim {
  readonly number: number;
  /** The highest origin of the look that it was made after: the ledger that it belongs to. */
  readonly origin: number;
}

/** The number above which a new ledger begins: higher than that of any ledger that stood here before. */
export function newOrigin({ highest }: Pick<Look, 'highest'>, wallMs: number, random: number): number {
  const byTheClock = Math.floor(Math.max(0, wallMs)) * 1000 + Math.floor(random * 1000);
  return Math.min(Math.max(highest + 1, byTheClock, 1), HIGHEST_NUMBER);
}

/** Rule 1: whether `numbered` is a claim that is not over. */
export function isLive(numbered: Numbered | undefined): numbered is Numbered & { claim: object } {
  return numbered?.claim !== undefined && !numbered.free;
}

/** The live claims below `number`, in no order. */
export function liveBelow({ numbers }: Look, number: number): number[] {
  const below: number[] = [];
  for (const numbered of numbers.values())
    if (numbered.number < number && isLive(numbered)) below.push(numbered.number);
  return below;
}

export type Confirmation =
  | { readonly kind: 'confirmed' }
  /** A number below may still be made by one that sleeps: close it, by a floor at `missing`, and look again. */
  | { readonly kind: 'gap'; readonly missing: number }
  /** It never counts: give it up. */
  | { readonly kind: 'refused'; readonly why: 'removed' | 'unlisted' | 'free' | 'closed' };

/**
 * Rule 2: whether a claim counts. A contender may sleep between its look and its claim, while the number that it is
 * about to make is used up and swept away. The floor tells; and the gap, or what is left of it.
 */
export function confirm(look: Look, { number, origin }: Claim): Confirmation {
  if (!look.origins.has(origin)) return { kind: 'refused', why: 'removed' };
  if (look.floor >= number) return { kind: 'refused', why: 'closed' };
  const own = look.numbers.get(number);
  if (own?.claim === undefined) return { kind: 'refused', why: 'unlisted' };
  if (own.free) return { kind: 'refused', why: 'free' };
  for (let below = number - 1; below > look.floor; below--) {
    if (look.numbers.get(below)?.claim === undefined) return { kind: 'gap', missing: below };
  }
  return { kind: 'confirmed' };
}

/**
 * Rule 3: which of `members`, the claims that the confirming look showed below, still count. They leave that set when
 * free, or when gone with a floor at or above them; gone without one means nothing.
 */
export function remaining(members: Iterable<number>, look: Look): number[] {
  const left: number[] = [];
  for (const member of members) {
    const numbered = look.numbers.get(member);
    if (numbered?.free === true) continue;
    if (numbered?.claim !== undefined || look.floor < member) left.push(member);
  }
  return left;
}

/** Rule 3: those of `left` that are in the way of `wish`, in ascending order. None: it is its turn. */
export function inTheWay(left: readonly number[], look: Look, wish: Wish, rule: TurnRule): number[] {
  let way: number[];
  if (rule.kind === 'permits') {
    let taken = wish.permits;
    // What has not said how much it takes may take everything.
    for (const member of left) taken += look.numbers.get(member)?.permits ?? rule.permits;
    way = taken <= rule.permits ? [] : left.slice();
  } else if (wish.mode === 'shared') {
    way = left.filter((member) => look.numbers.get(member)?.shared !== true);
  } else {
    way = left.slice();
  }
  return way.sort((a, b) => a - b);
}

/** The rule by which the claims of `look` stand in line: what the ledger says of itself counts. */
export function turnIn({ permits }: Look, rule: TurnRule): TurnRule {
  return rule.kind === 'permits' && permits !== undefined ? { kind: 'permits', permits } : rule;
}

/**
 * The number of permits that the ledger shows, if it is another one than that of `rule`: of several the smallest counts.
 * `undefined` if there is nothing to be said against them. Whoever finds another one claims nothing, and waits no longer.
 */
export function permitsFault({ permits }: Look, rule: TurnRule): number | undefined {
  return rule.kind === 'permits' && permits !== rule.permits ? permits : undefined;
}

/** Rule 6: why the owner of a claim has lost it, going by a look; `undefined` if it has not. */
export function lossIn(look: Look, { number, origin }: Claim): 'removed' | 'broken' | undefined {
  if (!look.origins.has(origin)) return 'removed';
  const own = look.numbers.get(number);
  if (own?.claim === undefined) return 'removed';
  return own.free ? 'broken' : undefined;
}

/** The window of a claim that has no beat yet, in milliseconds; and how long its owner may trust it at most. */
export const FIRST_WINDOW_MS = 10_000;

/** Rule 5: for how long a claim must show no life to be stale. Only the claim itself says so, never the observer. */
export function windowOf(numbered: Numbered): number {
  return numbered.detached?.windowMs ?? numbered.beatWindowMs ?? FIRST_WINDOW_MS;
}

/** The live claims in order: those that hold, going by the look alone, and those that wait behind them. */
export function holdersAndWaiters(
  { numbers }: Look,
  rule: TurnRule,
): { readonly holders: readonly Numbered[]; readonly waiters: readonly Numbered[] } {
  const live = Array.from(numbers.values()).filter(isLive);
  live.sort((a, b) => a.number - b.number);
  const held = countHolders(live, rule);
  return { holders: live.slice(0, held), waiters: live.slice(held) };
}

/** How many turns it takes until it is one's own, with `blocking` in the way, in ascending order: those that hold are one. */
export function turnsAhead(blocking: readonly number[], { numbers }: Look, rule: TurnRule): number {
  const claims = blocking.map((number) => numbers.get(number));
  return blocking.length - countHolders(claims, rule) + 1;
}

/** How many of `claims`, which are in order, hold at once. */
function countHolders(claims: readonly (Numbered | undefined)[], rule: TurnRule): number {
  let held = 0;
  if (rule.kind === 'permits') {
    let taken = 0;
    for (const claim of claims) {
      taken += claim?.permits ?? rule.permits;
      if (taken > rule.permits) break;
      held++;
    }
  } else {
    while (claims[held]?.shared === true) held++;
  }
  // What wants all of it holds only if it is the first.
  return Math.max(held, Math.min(claims.length, 1));
}
