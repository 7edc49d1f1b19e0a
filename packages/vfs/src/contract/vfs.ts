/// <reference lib="esnext.disposable" preserve="true" />
import type { Capabilities } from './capabilities.js';
import type { Entry, FileInfo } from './entry.js';

/** What every call takes. */
export interface CallOptions {
  /**
   * Rejects the call with `signal.reason`. Aborted before the call, nothing is sent; later, a change may have
   * taken effect, or still may.
   */
  readonly signal?: AbortSignal | undefined;
}

export interface MkdirOptions extends CallOptions {
  /** Also makes missing parents, and accepts a directory that exists. Not exclusive. Default `false`. */
  readonly recursive?: boolean;
}

export interface WriteFileOptions extends CallOptions {
  /** Fails with `EEXIST` if the file exists. Needs `capabilities.exclusiveWrite`. Default `false`. */
  readonly exclusive?: boolean;
}

export interface ReadFileOptions extends CallOptions {
  /** Rejects with `EFBIG` if the file has more bytes, and fetches no more than one above it. Default: no limit. */
  readonly maxBytes?: number | undefined;
}

export interface RmOptions extends CallOptions {
  /** Also removes what is in a directory. Default `false`. */
  readonly recursive?: boolean;
}

/** Hears of a change, with the name of what changed where the system tells it. */
export type OnChange = (name?: string) => void;

/** A running {@link VFS.watch}. */
export interface Watcher {
  /** Ends it. No event comes after. Never throws. */
  close(): void;
}

/**
 * A place to put files: the small contract that the lock, or anything else, can be built on.
 *
 * Paths are absolute within the VFS, see {@link VFSPath}. Every method rejects with a `VFSError`, or with
 * `signal.reason` after an abort; none throws synchronously.
 */
export interface VFS {
  /** The adapter's name for messages, for instance `local`. */
  readonly adapter: string;
  readonly capabilities: Capabilities;

  /**
   * Makes a directory, exclusively: of any number of concurrent calls exactly one resolves, the others reject with
   * `EEXIST`, as they do where a file has the name. A missing parent is `ENOENT`.
   */
  mkdir(path: string, options?: MkdirOptions): Promise<void>;

  /** Writes a whole file, making or replacing it. Never makes a parent (`ENOENT`). A directory is `EISDIR`. */
  writeFile(path: string, data: Uint8Array | string, options?: WriteFileOptions): Promise<void>;

  /** The bytes of a file. */
  readFile(path: string, options?: ReadFileOptions): Promise<Uint8Array>;

  /** Sets the times of a file or directory. `ENOTSUP` without `capabilities.chtimes`. */
  chtimes(path: string, atime: Date, mtime: Date, options?: CallOptions): Promise<void>;

  /** The entries of a directory: all that existed when the call began and were not removed since. In no order. */
  ls(path: string, options?: CallOptions): Promise<Entry[]>;

  /** What there is at `path`, never older than the moment of the call. */
  stat(path: string, options?: CallOptions): Promise<FileInfo>;

  /** Removes a file or a directory. Missing is `ENOENT`; a filled directory is `ENOTEMPTY` without `recursive`. */
  rm(path: string, options?: RmOptions): Promise<void>;

  /** Moves a file over `to`, replacing a file there. `ENOTSUP` without `capabilities.rename`. */
  rename(from: string, to: string, options?: CallOptions): Promise<void>;

  /**
   * Gives the file `from` a second name `to`, exclusively: `EEXIST` if there is anything at `to`. A directory is
   * `EISDIR`. `ENOTSUP` without `capabilities.link`.
   */
  link(from: string, to: string, options?: CallOptions): Promise<void>;

  /**
   * Calls `onChange` soon after something in a directory changes, with its name where the system tells it; or after a
   * file is changed, linked or removed. A hint: events may be merged, late or lost, and come when nothing changed.
   * `ENOTSUP` without `capabilities.watch`.
   */
  watch(path: string, onChange: OnChange, options?: CallOptions): Promise<Watcher>;

  /** Lets go of connections and watchers. Later calls reject with `ECONN`. Closing twice is fine. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}
