import type { Capabilities, VFS } from '@holdfast/vfs';
import type { Rule } from './rule.js';
import type { Sharing } from './sharing.js';
import type { ActorScript } from './world.js';

/** An actor whose clocks do not run as those of the others. */
export interface ActorSetup {
  readonly script: ActorScript;
  /** How fast both its clocks run: 0.95 loses a twentieth. Default 1. */
  readonly rate?: number;
}

/** Something that befalls the world from outside, at any moment of a run, or not at all. */
export type WorldEvent =
  /** Somebody removes what is at `path`, with all that is in it. */
  | { readonly kind: 'removal'; readonly path: string }
  /** The wall clock of `actor` is set by so many milliseconds, forth or back. */
  | { readonly kind: 'wall-jump'; readonly actor: string; readonly ms: number };

/**
 * How directories are read.
 * - `whole`: at one moment.
 * - `forwards`, `backwards`, `scattered`: in two parts, of which the second shows a later moment: the first half of the
 *   names, or the last, or a half of them that is spread over all.
 */
export type ListingOrder = 'whole' | 'forwards' | 'backwards' | 'scattered';

/** Something for {@link explore} to explore. Must do the same again under the same schedule. */
export interface Scenario {
  readonly name: string;
  /** What the storage declares, where it is not the default: names and versions listed, no chtimes, no watch. */
  readonly capabilities?: Partial<Capabilities>;
  /**
   * `apart`: wall clocks are hours apart. `one`: all go by the clock of the storage, for protocols that need that.
   * Default `apart`.
   */
  readonly clocks?: 'apart' | 'one';
  /** Prepares the storage; runs alone, an hour before the actors. */
  readonly setup?: (vfs: VFS) => Promise<void>;
  /** By name: one capital letter each, from A to Y. */
  readonly actors: Readonly<Record<string, ActorScript | ActorSetup>>;
  /** What may happen beside, in this order, each once at most. */
  readonly events?: readonly WorldEvent[];
  /** How directories are read. Default `whole`. */
  readonly listings?: ListingOrder;
  /** Who may hold the lock together. Default `nobody`. */
  readonly sharing?: Sharing;
  /**
   * Whether it is a violation if a hold ends by itself, in an actor that no fault, removal, jump forth of its clock or
   * break has hit. Scripts call `releasing(hold)` before they give it back. Default `false`.
   */
  readonly keepsHolds?: boolean;
  /**
   * A hold that was broken on purpose, or whose lock was removed, is in nobody's way any more, although its owner may not
   * know yet. After so many milliseconds it must: else it counts again. Default 0: it counts all the time.
   */
  readonly noticesWithinMs?: number;
  /** Checked at each effect and each grant. */
  readonly rules?: () => readonly Rule[];
  /** Milliseconds of one step of time. All timings of the scenario should be a little below a multiple of it. */
  readonly tickMs: number;
  /** How many steps of time a run may have. */
  readonly ticks: number;
  /** Whether an actor may end with this error. Default: `VFSError`s, which faults explain. */
  readonly tolerates?: (error: unknown) => boolean;
  /**
   * What must be possible in the end of every run: someone new, alone with what the others left, is granted the lock
   * in so many milliseconds.
   */
  readonly aftermath?: { readonly script: ActorScript; readonly withinMs: number };
}

export function setupOf(actor: ActorScript | ActorSetup): ActorSetup {
  return typeof actor === 'function' ? { script: actor } : actor;
}

/** @throws `TypeError` that says what is wrong with `scenario` */
export function checkScenario({ name, actors, events = [], tickMs, ticks }: Scenario): void {
  const wrong = (what: string): TypeError => new TypeError(`The scenario "${name}" ${what}`);
  for (const [actor, setup] of Object.entries(actors)) {
    if (!/^[A-Y]$/.test(actor))
      throw wrong(`has an actor "${actor}": name each by one capital letter from A to Y`);
    const { rate = 1 } = setupOf(setup);
    if (!(rate > 0 && rate < Infinity)) throw wrong(`needs a rate above 0 for its actor ${actor}`);
  }
  for (const event of events) {
    if (event.kind === 'wall-jump' && !(event.actor in actors))
      throw wrong(`sets the clock of ${event.actor}, who is no actor of it`);
  }
  if (!(tickMs > 0 && Number.isFinite(tickMs))) throw wrong('needs a tickMs above 0');
  if (!(ticks >= 0)) throw wrong('needs ticks of 0 or more');
}
