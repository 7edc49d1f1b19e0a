import type { Call, Capabilities, Clock, VFS } from '@holdfast/vfs';

/** A lock that an actor believes to hold. A lease of `Lock` is one. */
export interface Hold {
  readonly held: boolean;
  /** Must be greater than that of every hold before. Leave it out where the protocol has none. */
  readonly token?: number | undefined;
}

/** All that an actor has of the world. Whatever it does otherwise (real I/O, real timers) cannot be explored. */
export interface ActorWorld {
  readonly name: string;
  /** Its own connection to the storage that all actors share. */
  readonly vfs: VFS;
  /** Its own clock; see {@link Scenario.clocks}. Monotonic clocks have no common origin. */
  readonly clock: Clock;
  /** From 0 up to 1, the same in every run. */
  readonly random: () => number;
  /**
   * A point at which the actor does something of its own, so that others may come in between. Time may pass there for
   * as long as it likes.
   */
  step(label: string): Promise<void>;
  /** Says that the actor was granted the lock. To be called at once when it was. */
  granted(hold: Hold): void;
  /** Says something for the diagram. */
  note(text: string): void;
}

/** What an actor does, from its start to its end. */
export type ActorScript = (world: ActorWorld) => Promise<void>;

/** A change of the storage by an actor, or the attempt of one, that is about to take effect. */
export interface Effect {
  readonly actor: string;
  readonly call: Call;
  /** Whether it changed anything. */
  readonly ok: boolean;
}

/** What a {@link Rule} can look at. */
export interface StorageView {
  /** All paths there are, after the effect. */
  paths(): Iterable<string>;
  has(path: string): boolean;
}

/** A property that no effect on the storage may break. One object for each run. */
export interface Rule {
  /**
   * What is wrong with the effect, or `undefined`. Must change nothing: effects are judged that may never come to be.
   */
  judge(effect: Effect, storage: StorageView): string | undefined;
  /** Only for a rule that goes by what was before: takes notice of an effect. Returns what takes that back. */
  remember?(effect: Effect): () => void;
  /** All that {@link Rule.remember} has kept. Two runs that differ by it alone are not taken for the same. */
  readonly memory?: string;
}

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
  readonly actors: Readonly<Record<string, ActorScript>>;
  /** Checked at each effect. */
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

/** @throws `TypeError` that says what is wrong with `scenario` */
export function checkScenario({ name, actors, tickMs, ticks }: Scenario): void {
  const wrong = (what: string): TypeError => new TypeError(`The scenario "${name}" ${what}`);
  for (const actor of Object.keys(actors)) {
    if (!/^[A-Y]$/.test(actor))
      throw wrong(`has an actor "${actor}": name each by one capital letter from A to Y`);
  }
  if (!(tickMs > 0 && Number.isFinite(tickMs))) throw wrong('needs a tickMs above 0');
  if (!(ticks >= 0)) throw wrong('needs ticks of 0 or more');
}
