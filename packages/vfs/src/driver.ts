import type { Capabilities } from './capabilities.js';
import type { Entry, FileInfo } from './entry.js';
import type { VFSPath } from './path.js';
import type { Watcher } from './vfs.js';

/**
 * What an adapter implements: the bare operations and nothing else. `createVFS` puts in front of it, once for all
 * adapters, the checks of paths, options, capabilities, signals and deadlines, and the recursive forms.
 *
 * A driver rejects with `VFSError`s. `signal`, where given, aborts when the caller no longer waits: stop if that is
 * possible. The facade lets the caller go by itself, so a driver that cannot stop may ignore it.
 */
export interface VFSDriver {
  /** Short, for messages: `local`, `sftp`, … */
  readonly adapter: string;
  readonly capabilities: Capabilities;

  /** Exclusive; missing parent `ENOENT`. Is called with `/` only to make the root itself. */
  mkdir(path: VFSPath, signal: AbortSignal | undefined): Promise<void>;
  writeFile(
    path: VFSPath,
    data: Uint8Array,
    options: { readonly exclusive: boolean },
    signal: AbortSignal | undefined,
  ): Promise<void>;
  readFile(path: VFSPath, signal: AbortSignal | undefined): Promise<Uint8Array>;
  /** Only called if `capabilities.chtimes`. */
  chtimes?(path: VFSPath, atime: Date, mtime: Date, signal: AbortSignal | undefined): Promise<void>;
  ls(path: VFSPath, signal: AbortSignal | undefined): Promise<Entry[]>;
  stat(path: VFSPath, signal: AbortSignal | undefined): Promise<FileInfo>;
  /** Removes a file or an empty directory. */
  rm(path: VFSPath, signal: AbortSignal | undefined): Promise<void>;
  /** Removes a tree, where the storage has a better way than one entry after the other. */
  rmTree?(path: VFSPath, signal: AbortSignal | undefined): Promise<void>;
  /** Only called if `capabilities.rename`. */
  rename?(from: VFSPath, to: VFSPath, signal: AbortSignal | undefined): Promise<void>;
  /** Only called if `capabilities.watch`. */
  watch?(path: VFSPath, onChange: () => void, signal: AbortSignal | undefined): Promise<Watcher>;
  close?(): Promise<void>;
}
