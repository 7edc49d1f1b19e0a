import type { Capabilities, Entry, FileInfo, OnChange, Operation, VFSPath, Watcher } from '@holdfast/vfs';
import { VFSError } from '@holdfast/vfs';
import type { VFSDriver } from '@holdfast/vfs/adapter';
import type { MemorySettings } from './options.js';
import { Refusal } from './errors.js';
import type { Stamp, Tree, TreeInfo } from './tree.js';

/**
 * One view of a store. Every operation is done when its call returns, so that effects come in the order of calls, and a
 * virtual clock can drive whatever uses it.
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
    this.#on('mkdir', path, (tree) => tree.mkdir(path, this.#stamp()));
  }

  writeFile(path: VFSPath, data: Uint8Array, { exclusive }: { readonly exclusive: boolean }): void {
    this.#on('writeFile', path, (tree) => tree.writeFile(path, data, exclusive, this.#stamp()));
  }

  readFile(path: VFSPath, { maxBytes }: { readonly maxBytes: number }): Uint8Array {
    return this.#on('readFile', path, (tree) => tree.readFile(path, maxBytes));
  }

  chtimes(path: VFSPath, atime: Date, mtime: Date): void {
    const coarse = new Date(this.#coarse(mtime.getTime()));
    this.#on('chtimes', path, (tree) => tree.chtimes(path, atime, coarse));
  }

  ls(path: VFSPath): Entry[] {
    const entries: Entry[] = [];
    let last = '';
    let inOrder = true;
    this.#on('ls', path, (tree) =>
      tree.ls(path, (name, info) => {
        inOrder &&= last <= name;
        last = name;
        entries.push(this.#entry(name, info));
      }),
    );
    // Nobody may rely on it, but a run that goes the same way each time is easier to follow.
    return inOrder ? entries : entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  stat(path: VFSPath): FileInfo {
    return this.#seen(this.#on('stat', path, (tree) => tree.stat(path)));
  }

  rm(path: VFSPath): void {
    this.#on('rm', path, (tree) => tree.rm(path, this.#stamp()));
  }

  rename(from: VFSPath, to: VFSPath): void {
    this.#on('rename', from, (tree) => tree.rename(from, to, this.#stamp()));
  }

  link(from: VFSPath, to: VFSPath): void {
    this.#on('link', from, (tree) => tree.link(from, to, this.#stamp()));
  }

  watch(path: VFSPath, onChange: OnChange): Watcher {
    const end = this.#on('watch', path, (tree) => tree.watch(path, onChange));
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

  #on<T>(op: Operation, path: VFSPath, call: (tree: Tree) => T): T {
    try {
      return call(this.#settings.store.tree);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      throw new VFSError({ code: error.code, op, path, adapter: this.adapter });
    }
  }

  #stamp(): Stamp {
    return { wallMs: this.#coarse(this.#settings.clock.wall()), onRewrite: this.#settings.mtimeOnRewrite };
  }

  #entry(name: string, info: TreeInfo): Entry {
    const { type, size } = info;
    if (this.#settings.listing === 'names') return { name, type };
    const mtimeMs = this.#coarse(info.mtimeMs);
    if (type !== 'file') return { name, type, mtimeMs };
    if (!this.#settings.etag || info.etag === undefined) return { name, type, size, mtimeMs };
    return { name, type, size, mtimeMs, etag: info.etag };
  }

  /** Also what finer views wrote is seen coarsely: the protocol of a storage limits what it can tell. */
  #seen(info: TreeInfo): TreeInfo {
    const { type, size, etag } = info;
    const mtimeMs = this.#coarse(info.mtimeMs);
    return this.#settings.etag && etag !== undefined
      ? { type, size, mtimeMs, etag }
      : { type, size, mtimeMs };
  }

  #coarse(ms: number): number {
    const { mtimeGranularityMs } = this.#settings;
    return Math.floor(ms / mtimeGranularityMs) * mtimeGranularityMs;
  }
}
