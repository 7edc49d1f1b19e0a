import type { Capabilities } from '../contract/capabilities.js';
import type { Entry, FileInfo } from '../contract/entry.js';
import type { VFSPath } from '../contract/path.js';
import type { OnChange, Watcher } from '../contract/vfs.js';

/**
 * What an operation of a driver gives: its result if there is nothing to wait for, or else a promise of it. A driver
 * that answers at once may throw at once too.
 */
export type Answer<T> = T | Promise<T>;

/**
 * What an adapter implements: the bare operations and nothing else. `createVFS` puts in front of it, once for all
 * adapters, the checks of paths, options, capabilities, signals and deadlines, and the recursive forms.
 *
 * A driver fails with `VFSError`s. `signal`, where given, aborts when the caller no longer waits: stop if that is
 * possible. The facade lets the caller go by itself, so a driver that cannot stop may ignore it.
 */
export interface VFSDriver {
  /** Short, for messages: `local`, `sftp`, … */
  readonly adapter: string;
  readonly capabilities: Capabilities;

  /** Exclusive; missing parent `ENOENT`. Is called with `/` only to make the root itself. */
  mkdir(path: VFSPath, signal: AbortSignal | undefined): Answer<void>;
  writeFile(
    path: VFSPath,
    data: Uint8Array,
    options: { readonly exclusive: boolean },
    signal: AbortSignal | undefined,
  ): Answer<void>;
  /**
   * Rejects with `EFBIG` if the file is larger than `maxBytes` (`Infinity` for no limit), having fetched no more than
   * one byte above it.
   */
  readFile(
    path: VFSPath,
    options: { readonly maxBytes: number },
    signal: AbortSignal | undefined,
  ): Answer<Uint8Array>;
  /** Only called if `capabilities.chtimes`. */
  chtimes?(path: VFSPath, atime: Date, mtime: Date, signal: AbortSignal | undefined): Answer<void>;
  ls(path: VFSPath, signal: AbortSignal | undefined): Answer<Entry[]>;
  stat(path: VFSPath, signal: AbortSignal | undefined): Answer<FileInfo>;
  /** Removes a file or an empty directory. */
  rm(path: VFSPath, signal: AbortSignal | undefined): Answer<void>;
  /** Removes a tree, where the storage has a better way than one entry after the other. */
  rmTree?(path: VFSPath, signal: AbortSignal | undefined): Answer<void>;
  /** Only called if `capabilities.rename`. */
  rename?(from: VFSPath, to: VFSPath, signal: AbortSignal | undefined): Answer<void>;
  /** Exclusive, see {@link VFS.link}. Only called if `capabilities.link`. */
  link?(from: VFSPath, to: VFSPath, signal: AbortSignal | undefined): Answer<void>;
  /** Only called if `capabilities.watch`. */
  watch?(path: VFSPath, onChange: OnChange, signal: AbortSignal | undefined): Answer<Watcher>;
  close?(): Promise<void>;
}
