import type { Capabilities, Entry, FileInfo, OnChange, Operation, VFSPath, Watcher } from '@holdfast/vfs';
import type { VFSDriver } from '@holdfast/vfs/adapter';
import type { MemorySettings } from './options.js';
import { toVFSError } from './refusal.js';
import type { Stamp, TreeInfo } from './tree.js';

/**
 * One view of a store. Every operation is done before its call returns, so that effects come in the order of calls and
 * nothing waits for a clock.
 */
export class MemoryDriver implements VFSDriver {
  readonly adapter: string;
  readonly capabilities: Capabilities;
  readonly #settings: MemorySettings;
  readonly #watchers = new Set<Watcher>();

  constructor(settings: MemorySettings) {
    const { chtimes, claimAs, cost, exclusiveMkdir, exclusiveWrite, link, listing } = settings;
    const { mtimeGranularityMs, rename, watch } = settings;
    this.adapter = settings.adapter;
    this.capabilities = {
      exclusiveMkdir,
      exclusiveWrite,
      claimAs,
      link,
      chtimes,
      rename,
      watch,
      directories: 'real',
      listing,
      mtimeGranularityMs,
      abort: 'caller',
      cost,
    };
    this.#settings = settings;
  }

  mkdir(path: VFSPath): void {
    this.#on('mkdir', path, () => this.#tree.mkdir(path, this.#stamp()));
  }

  writeFile(path: VFSPath, data: Uint8Array, { exclusive }: { exclusive: boolean }): void {
    this.#on('writeFile', path, () => this.#tree.writeFile(path, data, exclusive, this.#stamp()));
  }

  readFile(path: VFSPath, { maxBytes }: { readonly maxBytes: number }): Uint8Array {
    return this.#on('readFile', path, () => this.#tree.readFile(path, maxBytes));
  }

  chtimes(path: VFSPath, _atime: Date, mtime: Date): void {
    this.#on('chtimes', path, () => this.#tree.chtimes(path, this.#coarse(mtime.getTime())));
  }

  ls(path: VFSPath): Entry[] {
    return this.#on('ls', path, () => this.#tree.ls(path, this.#entry));
  }

  stat(path: VFSPath): FileInfo {
    return this.#seen(this.#on('stat', path, () => this.#tree.stat(path)));
  }

  rm(path: VFSPath): void {
    this.#on('rm', path, () => this.#tree.rm(path, this.#stamp()));
  }

  rename(from: VFSPath, to: VFSPath): void {
    this.#on('rename', from, () => this.#tree.rename(from, to, this.#stamp()));
  }

  link(from: VFSPath, to: VFSPath): void {
    this.#on('link', from, () => this.#tree.link(from, to, this.#stamp()));
  }

  watch(path: VFSPath, onChange: OnChange): Watcher {
    const end = this.#on('watch', path, () => this.#tree.watch(path, onChange));
    const watcher: Watcher = {
      close: () => {
        end();
        this.#watchers.delete(watcher);
      },
    };
    this.#watchers.add(watcher);
    return watcher;
  }

  async close(): Promise<void> {
    for (const watcher of this.#watchers) watcher.close();
  }

  get #tree(): MemorySettings['store']['tree'] {
    return this.#settings.store.tree;
  }

  #on<T>(op: Operation, path: VFSPath, change: () => T): T {
    try {
      return change();
    } catch (error) {
      throw toVFSError(error, { op, path, adapter: this.adapter });
    }
  }

  #stamp(): Stamp {
    return { wallMs: this.#coarse(this.#settings.clock.wall()), onRewrite: this.#settings.mtimeOnRewrite };
  }

  readonly #entry = (name: string, info: TreeInfo): Entry => {
    const { listing, etag } = this.#settings;
    if (listing === 'names') return { name, type: info.type };
    const mtimeMs = this.#coarse(info.mtimeMs);
    if (info.type !== 'file' || info.size === undefined) return { name, type: info.type, mtimeMs };
    const { type, size } = info;
    return etag && info.etag !== undefined
      ? { name, type, size, mtimeMs, etag: info.etag }
      : { name, type, size, mtimeMs };
  };

  /** Also what finer views wrote is seen coarsely: the protocol of a storage limits what it can tell. */
  #seen(info: TreeInfo): TreeInfo {
    const { etag, ...rest } = info;
    const mtimeMs = this.#coarse(info.mtimeMs);
    return { ...rest, mtimeMs, ...(this.#settings.etag && etag !== undefined && { etag }) };
  }

  #coarse(ms: number): number {
    const { mtimeGranularityMs } = this.#settings;
    return Math.floor(ms / mtimeGranularityMs) * mtimeGranularityMs;
  }
}
