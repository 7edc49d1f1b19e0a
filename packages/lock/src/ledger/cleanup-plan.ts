import type { Look } from './look.js';
import { claimName, markName } from './names.js';
import type { Numbered } from './numbered.js';
import { isLive } from './rules.js';

/** So many numbers that are over make a clean-up worth while. */
const WORTH_WHILE = 8;

/** With so many waiting to be swept, a floor may be above claims that are alive. */
const TOO_MANY = 64;

/** So many floors stay: a listing that is read in parts must miss as many clean-ups to show none of them. */
const FLOORS_KEPT = 8;

/** What one number has left. */
export interface Removal {
  readonly number: number;
  readonly claim: string | undefined;
  readonly marks: readonly string[];
}

/** What a clean-up is to do, in this order. Rule 9. */
export interface CleanupPlan {
  /** The floor to make first; `undefined` if one that stands is enough. */
  readonly floor: number | undefined;
  /** By number: a claim before its marks, so that nothing that is left looks like a claim that is alive. */
  readonly removals: readonly Removal[];
  /** Old floors, and what contenders that died have left. */
  readonly rest: readonly string[];
}

/**
 * Rule 9: what the owner of the confirmed claim `own` may clean up, by a look from when it was confirmed or later;
 * `undefined` if that is not worth while.
 */
export function planCleanup(look: Look, own: number): CleanupPlan | undefined {
  if (look.numbers.size <= WORTH_WHILE && look.leftovers.length === 0) return undefined;
  const over: number[] = [];
  let lowestLive = own;
  for (const numbered of look.numbers.values()) {
    const { number } = numbered;
    if (number >= own) continue;
    if (isLive(numbered)) lowestLive = Math.min(lowestLive, number);
    else over.push(number);
  }
  if (over.length < WORTH_WHILE && look.leftovers.length === 0) return undefined;
  over.sort((a, b) => a - b);
  const sweepable = over.filter((number) => number < lowestLive || number <= look.floor);
  const floor = over.length >= TOO_MANY ? over.at(-1) : sweepable.at(-1);
  if (floor === undefined && look.leftovers.length === 0) return undefined;
  const upTo = Math.max(floor ?? 0, look.floor);
  const higher = floor !== undefined && floor > look.floor ? floor : undefined;
  const floors = higher === undefined ? look.floors : [...look.floors, higher];
  return {
    floor: higher,
    removals: over
      .filter((number) => number <= upTo)
      .map((number) => look.numbers.get(number))
      .filter((numbered): numbered is Numbered => numbered !== undefined)
      .map(({ number, claim, marks }) => ({ number, claim: claim && claimName(number), marks })),
    rest: [
      ...floors.slice(0, Math.max(0, floors.length - FLOORS_KEPT)).map((number) => markName(number, 'floor')),
      ...look.leftovers,
    ],
  };
}
