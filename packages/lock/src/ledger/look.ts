import type { Entry } from '@holdfast/vfs';
import { parseLedgerName } from './names.js';
import { NumberedEntry, type Numbered } from './numbered.js';

/** One look at a ledger, as plain data: what one listing showed. */
export interface Look {
  /** Monotonic time at which the listing began: what it shows was so at that moment or later. */
  readonly begunAt: number;
  /** Monotonic time at which it had arrived. */
  readonly endedAt: number;
  readonly numbers: ReadonlyMap<number, Numbered>;
  readonly origins: ReadonlySet<number>;
  /** The highest origin; 0 if none is listed. */
  readonly origin: number;
  /** Numbers up to and including this are closed: the highest floor or origin; 0 if there is none. */
  readonly floor: number;
  /** All floors, in ascending order, origins not among them. */
  readonly floors: readonly number[];
  /** The highest number that any entry bears; 0 if there is none. */
  readonly highest: number;
  /** The smallest number of permits that is listed; `undefined` if it is no semaphore's ledger. */
  readonly permits: number | undefined;
  /** Entries of another edition of the protocol are among it. */
  readonly otherEdition: 'first' | 'later' | undefined;
  /** Names of `look.*` entries that a contender left when it died. */
  readonly leftovers: readonly string[];
  /** Names that are nobody's: foreign ones, and numbers beyond the highest. */
  readonly ignored: readonly string[];
}

/** Makes a look of what a listing gave. */
export function lookOf(entries: readonly Entry[], begunAt: number, endedAt: number): Look {
  const numbers = new Map<number, NumberedEntry>();
  const origins = new Set<number>();
  const floors: number[] = [];
  const leftovers: string[] = [];
  const ignored: string[] = [];
  let inOrder = true;
  let highest = 0;
  let origin = 0;
  let permits: number | undefined;
  let otherEdition: Look['otherEdition'];

  for (const entry of entries) {
    const name = parseLedgerName(entry.name);
    if (name === undefined) {
      ignored.push(entry.name);
      continue;
    }
    if ('number' in name && name.number > highest) highest = name.number;
    switch (name.kind) {
      case 'refresh':
        leftovers.push(entry.name);
        break;
      case 'permits':
        permits = Math.min(permits ?? Infinity, name.permits);
        break;
      case 'other-edition':
        otherEdition = name.edition;
        break;
      case 'origin':
        origins.add(name.number);
        origin = Math.max(origin, name.number);
        break;
      case 'floor':
        inOrder &&= name.number > (floors.at(-1) ?? 0);
        floors.push(name.number);
        break;
      default: {
        let numbered = numbers.get(name.number);
        if (numbered === undefined) numbers.set(name.number, (numbered = new NumberedEntry(name.number)));
        numbered.add(name, entry);
      }
    }
  }
  if (!inOrder) floors.sort((a, b) => a - b);
  const floor = Math.max(origin, floors.at(-1) ?? 0);
  return {
    begunAt,
    endedAt,
    numbers,
    origins,
    origin,
    floor,
    floors,
    highest,
    permits,
    otherEdition,
    leftovers,
    ignored,
  };
}
