import type { Entry } from '@holdfast/vfs';
import type { NumberedName } from './names.js';

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
  /** Which time it was detached last, whether or not somebody attached to it since; 0 if it never was. */
  readonly lastDetached: number;
  /** How often it was detached or attached so far; 0 if never. */
  readonly attempts: number;
  /** How often it passed from hand to hand so far: to detach it counts, and so does to attach to it. */
  readonly handovers: number;
  /** What its holder has published: which time each, in ascending order. */
  readonly values: readonly number[];
  /** All names that it has beside its claim, for clean-up. */
  readonly marks: readonly string[];
}

export interface Detached {
  readonly attempt: number;
  readonly windowMs: number;
}

/** Most numbers have nothing of most kinds. */
const NONE: never[] = [];

/** A `Numbered` as it is put together. */
export class NumberedEntry implements Numbered {
  readonly number: number;
  claim: Entry | undefined = undefined;
  free = false;
  shared = false;
  permits: number | undefined = undefined;
  beats: Entry[] = NONE;
  beatNumbers: number[] = NONE;
  beatWindowMs: number | undefined = undefined;
  values: number[] = NONE;
  marks: string[] = NONE;
  attempts = 0;
  lastDetached = 0;
  #detachedMs = 0;
  #attached: number[] = NONE;

  constructor(number: number) {
    this.number = number;
  }

  get detached(): Detached | undefined {
    const attempt = this.lastDetached;
    if (attempt === 0 || this.#attached.includes(attempt)) return undefined;
    return { attempt, windowMs: this.#detachedMs };
  }

  get handovers(): number {
    return 2 * this.attempts - (this.detached === undefined ? 0 : 1);
  }

  add(name: NumberedName, entry: Entry): void {
    if (name.kind === 'claim') {
      this.claim = entry;
      return;
    }
    if (this.marks === NONE) this.marks = [entry.name];
    else this.marks.push(entry.name);
    switch (name.kind) {
      case 'free':
      case 'shared':
        this[name.kind] = true;
        break;
      case 'takes':
        // What it said first cannot be told, so the larger one counts.
        this.permits = Math.max(this.permits ?? 0, name.permits);
        break;
      case 'beat':
        if (name.beat === undefined) this.beats = [...this.beats, entry];
        else this.beatNumbers = [...this.beatNumbers, name.beat].sort((a, b) => a - b);
        this.beatWindowMs = Math.max(this.beatWindowMs ?? 0, name.windowMs);
        break;
      case 'value':
        this.values = [...this.values, name.sequence].sort((a, b) => a - b);
        break;
      case 'detached':
        if (name.attempt > this.lastDetached) {
          this.lastDetached = name.attempt;
          this.#detachedMs = name.windowMs;
        } else if (name.attempt === this.lastDetached) {
          // Of two that bear one number, the longer one is the safe one.
          this.#detachedMs = Math.max(name.windowMs, this.#detachedMs);
        }
        this.attempts = Math.max(this.attempts, name.attempt);
        break;
      case 'attached':
        this.#attached = [...this.#attached, name.attempt];
        this.attempts = Math.max(this.attempts, name.attempt);
        break;
    }
  }
}
