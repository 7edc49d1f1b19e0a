import type { MountedAt } from './survey.js';

/** Where operations work and how, as plain data: it can be sent to another process. */
export interface Place {
  /** The root as an absolute path of the machine. */
  readonly root: string;
  /** What must be mounted where the root is, if anything must. */
  readonly mount: MountedAt | undefined;
  /** Whether a missing root is made, parents included. */
  readonly create: boolean;
  /** Whether other hosts change it, so that only an open is fresh and an "absent" must be doubted. */
  readonly shared: boolean;
  /** Whether it is Linux's SMB client that mounts it: see smb.ts. */
  readonly smb: boolean;
  /** What is flushed to the disk or server: nothing, what was written, or also the directory of a new name. */
  readonly sync: 'none' | 'file' | 'all';
  /** Exact permission bits for what is made; `undefined` leaves it to the umask. */
  readonly mode: number | undefined;
  readonly platform: NodeJS.Platform;
}
