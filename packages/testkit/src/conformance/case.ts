import type { Capabilities, VFS } from '@holdfast/vfs';
import type { Job } from './job.js';
import type { Refusals } from './names.js';
import type { OpenOptions } from './place.js';

/** How thorough a run is, and what the author declared as exceptions. */
export interface Settings {
  readonly callers: number;
  readonly clients: number;
  readonly rounds: number;
  readonly listingSize: number;
  readonly stalledDeadlineMs: number;
  readonly patienceMs: number;
  readonly refuses: Refusals;
  readonly refusesFiles: Refusals;
  readonly hides: readonly string[];
  readonly weakEtag: boolean;
}

/** What a case works with. The place is empty when it begins. */
export interface Context {
  readonly vfs: VFS;
  readonly capabilities: Capabilities;
  /** Another client of the same place. */
  readonly open: (options?: OpenOptions) => Promise<VFS>;
  readonly settings: Settings;
  /** Whether `vfs` is a scoped view: closing it closes nothing. */
  readonly scoped: boolean;
  /** Stops the server; answers with what lets it go on. Fails if the author gave no such hook. */
  readonly stall: () => Promise<() => Promise<void>>;
  /** Cuts every connection. Fails if the author gave no such hook. */
  readonly cut: () => Promise<void>;
  /** Runs `contend` in a process of its own; answers what each mkdir got. Fails if the author gave no such hook. */
  readonly inProcess: (job: Omit<Job, 'scope'>) => Promise<readonly string[]>;
}

/** A hook without which a case cannot be shown. */
export type Hook = 'stall' | 'cut' | 'inProcess';

/** One rule of the contract, as a test. Throws a `ConformanceError` if it is not kept. */
export interface Case {
  /** A sentence; unique. */
  readonly name: string;
  readonly needs?: Hook;
  readonly run: (context: Context) => Promise<void>;
}
