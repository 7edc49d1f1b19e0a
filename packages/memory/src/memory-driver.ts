import type { Capabilities, Entry, FileInfo, OnChange, Operation, VFSPath, Watcher } from '@holdfast/vfs';
import type { VFSDriver } from '@holdfast/vfs/adapter';
import type { MemorySettings } from './options.js';
import { toVFSError } from './refusal.js';
import type { Stamp, TreeInfo } from './tree.js';

/**
 * One view of a store. Every operation takes effect before its call returns, so that effects come in the order of
 * calls, and settles in microtasks, so that a virtual clock can drive whatever uses it.
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

  async mkdir(path: VFSPath): Promise<void> {
    this.#on('mkdir', path, () => this.#tree.mkdir(path, this.#stamp()));
  }

  async writeFile(path: VFSPath, data: Uint8Array, { exclusive }: { exclusive: boolean }): Promise<void> {
    this.#on('writeFile', path, () => this.#tree.writeFile(path, data, exclusive, this.#stamp()));
  }

  async readFile(path: VFSPath, { maxBytes }: { readonly maxBytes: number }): Promise<Uint8Array> {
    return this.#on('readFile', path, () => this.#tree.readFile(path, maxBytes));
  }

  async chtimes(path: VFSPath, atime: Date, mtime: Date): Promise<void> {
    const coarse = new Date(this.#coarse(mtime.getTime()));
    this.#on('chtimes', path, () => this.#tree.chtimes(path, atime, coarse));
  }

  async ls(path: VFSPath): Promise<Entry[]> {
    const found = this.#on('ls', path, () => this.#tree.ls(path));
    return found.map(({ name, info }) => this.#entry(name, info));
  }

  async stat(path: VFSPath): Promise<FileInfo> {
    return this.#seen(this.#on('stat', path, () => this.#tree.stat(path)));
  }

  async rm(path: VFSPath): Promise<void> {
    this.#on('rm', path, () => this.#tree.rm(path, this.#stamp()));
  }

  async rename(from: VFSPath, to: VFSPath): Promise<void> {
    this.#on('rename', from, () => this.#tree.rename(from, to, this.#stamp()));
  }

  async link(from: VFSPath, to: VFSPath): Promise<void> {
    this.#on('link', from, () => this.#tree.link(from, to, this.#stamp()));
  }

  async watch(path: VFSPath, onChange: OnChange): Promise<Watcher> {
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

  #entry(name: string, info: TreeInfo): Entry {
    if (this.#settings.listing === 'names') return { name, type: info.type };
    const { type, size, ...times } = this.#seen(info);
    return type === 'file' && size !== undefined ? { name, type, size, ...times } : { name, type, ...times };
  }

  /** Also what finer views wrote is seen coarsely: the protocol of a storage limits what it can tell. */
  #seen(info: TreeInfo): TreeInfo {
    const { etag, ...rest } = info;
    const mtimeMs = this.#coarse(info.mtimeMs);
    return { ...rest, mtimeMs, ...(this.#settings.etag && etag !== undefined && { etag }) };
  }

  #coarse(ms: number): number {
    return Math.floor(ms / this.#settings.mtimeGranularityMs) * this.#settings.mtimeGranularityMs;
  }
}
