import type { Entry } from '@holdfast/vfs';
import { parseLedgerName } from './names.js';

/** All that one listing shows of one number. */
export interface Numbered {
  readonly number: number;
  /** The claim itself, a file or a directory. */
  readonly claim: Entry | undefined;
  /** It is over: released, given up, broken, or passed. */
  readonly free: boolean;
  readonly shared: boolean;
  /** How many permits it takes; `undefined` as long as it has not said so. */
  readonly permits: number | undefined;
  /** The heartbeat that is rewritten. More than one name of the kind is nothing that a holder makes. */
  readonly beats: readonly Entry[];
  /** The heartbeats that are names of their own, by their numbers, in ascending order. */
  readonly beatNumbers: readonly number[];
  /** The longest that its beats name; `undefined` without any. */
  readonly beatWindowMs: number | undefined;
  /** How it was detached for the last time; `undefined` if it never was, or somebody attached to it since. */
  readonly detached: Detached | undefined;
  /** How often it was detached or attached so far. */
  readonly attempts: number;
  /** All names that it has beside its claim, for clean-up. */
  readonly marks: readonly string[];
}

export interface Detached {
  readonly attempt: number;
  readonly windowMs: number;
}

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

class NumberedEntry implements Numbered {
  readonly number: number;
  claim: Entry | undefined = undefined;
  free = false;
  shared = false;
  permits: number | undefined = undefined;
  beats: Entry[] = NONE;
  beatNumbers: number[] = NONE;
  beatWindowMs: number | undefined = undefined;
  marks: string[] = NONE;
  attempts = 0;
  #detachedMs = 0;
  #detached = -1;
  #attached = -1;

  constructor(number: number) {
    this.number = number;
  }

  get detached(): Detached | undefined {
    return this.#detached > this.#attached
      ? { attempt: this.#detached, windowMs: this.#detachedMs }
      : undefined;
  }

  addBeat(entry: Entry, windowMs: number, beat: number | undefined): void {
    if (beat === undefined) this.beats = [...this.beats, entry];
    else this.beatNumbers = [...this.beatNumbers, beat].sort((a, b) => a - b);
    this.beatWindowMs = Math.max(this.beatWindowMs ?? 0, windowMs);
  }

  addDetached(attempt: number, windowMs: number): void {
    // Of two that bear one number, the longer one is the safe one.
    this.#detachedMs = attempt > this.#detached ? windowMs : Math.max(windowMs, this.#detachedMs);
    this.#detached = Math.max(this.#detached, attempt);
    this.attempts = Math.max(this.attempts, attempt);
  }

  addAttached(attempt: number): void {
    this.#attached = Math.max(this.#attached, attempt);
    this.attempts = Math.max(this.attempts, attempt);
  }
}

/** Most numbers have nothing of most kinds. */
const NONE: never[] = [];

/** Makes a look of what a listing gave. */
export function lookOf(entries: readonly Entry[], begunAt: number, endedAt: number): Look {
  const numbers = new Map<number, NumberedEntry>();
  const origins = new Set<number>();
  const floors: number[] = [];
  const leftovers: string[] = [];
  const ignored: string[] = [];
  let highest = 0;
  let origin = 0;
  let permits: number | undefined;
  let otherEdition: Look['otherEdition'];

  for (const entry of entries) {
    const name = parseLedgerName(entry.name);
    switch (name?.kind) {
      case undefined:
        ignored.push(entry.name);
        continue;
      case 'refresh':
        leftovers.push(entry.name);
        continue;
      case 'permits':
        permits = Math.min(permits ?? Infinity, name.permits);
        continue;
      case 'other-edition':
        otherEdition = name.edition;
        continue;
    }
    if (name.number > highest) highest = name.number;
    if (name.kind === 'origin') {
      origins.add(name.number);
      origin = Math.max(origin, name.number);
      continue;
    }
    if (name.kind === 'floor') {
      floors.push(name.number);
      continue;
    }
    let numbered = numbers.get(name.number);
    if (numbered === undefined) numbers.set(name.number, (numbered = new NumberedEntry(name.number)));
    if (name.kind === 'claim') {
      numbered.claim = entry;
      continue;
    }
    if (numbered.marks === NONE) numbered.marks = [entry.name];
    else numbered.marks.push(entry.name);
    switch (name.kind) {
      case 'free':
      case 'shared':
        numbered[name.kind] = true;
        break;
      case 'takes':
        // What it said first cannot be told, so the larger one counts.
        numbered.permits = Math.max(numbered.permits ?? 0, name.permits);
        break;
      case 'beat':
        numbered.addBeat(entry, name.windowMs, name.beat);
        break;
      case 'detached':
        numbered.addDetached(name.attempt, name.windowMs);
        break;
      case 'attached':
        numbered.addAttached(name.attempt);
        break;
    }
  }
  floors.sort((a, b) => a - b);
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
