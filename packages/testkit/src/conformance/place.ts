import type { VFS } from '@holdfast/vfs';

/** How a client of a {@link Place} is to be opened. */
export interface OpenOptions {
  /** Only given by cases that stall the server: hand it to the adapter as its deadline for one call. */
  readonly deadlineMs?: number;
}

/** An empty place in the storage under test, for one case. */
export interface Place {
  /** Another client of the same place, with a connection of its own where there is such a thing. The suite closes it. */
  open(options?: OpenOptions): Promise<VFS>;
  /** Removes the place with all that is in it. Comes after every client was closed. */
  cleanup(): Promise<void>;
}
