import type { Capabilities, Clock, VFS } from '@holdfast/vfs';

/** A lock that an actor believes to hold. A lease of `Lock` is one. */
export interface Hold {
  readonly held: boolean;
  /** Must be greater than that of every hold before that it may not share the lock with. Leave it out where there is none. */
  readonly token?: number | undefined;
  /** Asked together with `held`; matters if the scenario shares by modes. Default `exclusive`. */
  readonly mode?: 'exclusive' | 'shared' | undefined;
  /** How many it takes, if the scenario shares permits. Default 1. */
  readonly permits?: number | undefined;
}

/** All that an actor has of the world. Whatever it does otherwise (real I/O, real timers) cannot be explored. */
export interface ActorWorld {
  readonly name: string;
  /** Its own connection to the storage that all actors share. */
  readonly vfs: VFS;
  /** One more connection, by another way to the same storage that can do other things. */
  view(capabilities: Partial<Capabilities>): VFS;
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
  /** As `granted`, for a hold that goes on under a token that was granted before. */
  resumed(hold: Hold): void;
  /** Says that the actor gives a hold back from now on; see {@link Scenario.keepsHolds}. */
  releasing(hold: Hold): void;
  /**
   * Says that what the actor does from now on may end what others hold, or wait for, as breaking a lock does; and which
   * token it is that does not count any more. See {@link Scenario.noticesWithinMs}.
   */
  breaking(token?: number): void;
  /** Whether the actor called `name` has crashed: what the system of a host knows of its processes. */
  gone(name: string): boolean;
  /** Says something for the diagram. */
  note(text: string): void;
}

/** What an actor does, from its start to its end. */
export type ActorScript = (world: ActorWorld) => Promise<void>;
