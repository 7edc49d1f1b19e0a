import type { Kept } from './mounts/tree.js';

/** Where operations work and how, as plain data: it can be sent to another process. */
export interface RootConfig {
  /** The root as an absolute path of the machine. */
  readonly root: string;
  /** What must stay mounted at the root and below it, if anything must. */
  readonly kept: Kept | undefined;
  /** Whether what turns out to be unsafe only later, once an automounter has mounted it, is used all the same. */
  readonly insisted: boolean;
  /** Whether a missing root is made, parents included. */
  readonly create: boolean;
  /** Whether other hosts change it, so that only an open is fresh and an "absent" must be doubted. */
  readonly shared: boolean;
  /** Whether it is Linux's SMB client that mounts it: see smb.ts. */
  readonly smb: boolean;
  /** What is flushed to the disk or server: nothing, what was written, or also the directory of a new name. */
  readonly sync: 'none' | 'file' | 'all';
  /**
   * Whether the times of a directory tell of every change of its entries, so that a listing need not be read again.
   * Default false.
   */
  readonly timesTell?: boolean;
  /** Exact permission bits for what is made; `undefined` leaves it to the umask. */
  readonly mode: number | undefined;
  readonly platform: NodeJS.Platform;
}
