import { joinPath, nameOf, parentOf, ROOT, type FileInfo, type OnChange, type VFSPath } from '@holdfast/vfs';
import { Volume } from 'memfs';
import { Listeners } from './listeners.js';
import { refusal } from './refusal.js';

/** When a change is made, and what it does to the times of a file that exists. */
export interface Stamp {
  readonly wallMs: number;
  /** Whether a rewrite moves the mtime of the file. */
  readonly onRewrite: 'moves' | 'stays';
}

/** As {@link FileInfo}; here every entry has an mtime. */
export interface TreeInfo extends FileInfo {
  readonly mtimeMs: number;
}

/**
 * The files of one store: a memfs volume, used through its synchronous calls alone, so that every change is atomic
 * and takes effect in the order of the calls. What memfs lacks is added: a version for each write, times by a given
 * clock, and POSIX rules for `rename`.
 */
export class Tree {
  readonly #volume = new Volume();
  /** By inode number. A version never comes back, not even for a file that was removed and made again. */
  readonly #versions = new Map<number, number>();
  #lastVersion = 0;
  readonly #listeners = new Listeners();

  mkdir(path: VFSPath, stamp: Stamp): void {
    this.#volume.mkdirSync(path);
    this.#setMtime(path, stamp.wallMs);
    this.#entryChanged(path, stamp);
  }

  writeFile(path: VFSPath, data: Uint8Array, exclusive: boolean, stamp: Stamp): void {
    const before = exclusive ? undefined : this.#volume.statSync(path, { throwIfNoEntry: false });
    this.#volume.writeFileSync(path, data, { flag: exclusive ? 'wx' : 'w' });
    const stays = before !== undefined && stamp.onRewrite === 'stays';
    this.#setMtime(path, stays ? before.mtimeMs : stamp.wallMs);
    this.#versions.set(this.#stat(path).ino, ++this.#lastVersion);
    if (before === undefined) this.#entryChanged(path, stamp);
    else this.#announce(path);
  }

  /** A copy, so that nobody can change the file through it. */
  readFile(path: VFSPath, maxBytes: number): Uint8Array {
    const { directory, size } = this.#stat(path);
    if (!directory && size > maxBytes) throw refusal('EFBIG');
    return Uint8Array.from(this.#volume.readFileSync(path) as Buffer);
  }

  chtimes(path: VFSPath, atime: Date, mtime: Date): void {
    this.#volume.utimesSync(path, atime, mtime);
    this.#announce(path);
  }

  ls(path: VFSPath): { readonly name: string; readonly info: TreeInfo }[] {
    return this.#names(path).map((name) => ({ name, info: this.stat(joinPath(path, name)) }));
  }

  stat(path: VFSPath): TreeInfo {
    const { ino, size, mtimeMs, directory } = this.#stat(path);
    return directory
      ? { type: 'directory', size: 0, mtimeMs }
      : { type: 'file', size, mtimeMs, etag: `v${this.#versions.get(ino) ?? 0}` };
  }

  rm(path: VFSPath, stamp: Stamp): void {
    this.#remove(path);
    this.#entryChanged(path, stamp);
  }

  /** By the rules of POSIX, of which memfs checks none. */
  rename(from: VFSPath, to: VFSPath, stamp: Stamp): void {
    const source = this.#stat(from);
    if (from === to) return;
    if (source.directory && to.startsWith(`${from}/`)) throw refusal('EINVAL');
    const replaced = this.#volume.statSync(to, { throwIfNoEntry: false });
    if (replaced !== undefined) {
      if (replaced.isDirectory() && !source.directory) throw refusal('EISDIR');
      if (!replaced.isDirectory() && source.directory) throw refusal('ENOTDIR');
      this.#remove(to);
    }
    this.#volume.renameSync(from, to);
    this.#entryChanged(from, stamp);
    this.#entryChanged(to, stamp);
  }

  link(from: VFSPath, to: VFSPath, stamp: Stamp): void {
    if (this.#stat(from).directory) throw refusal('EISDIR');
    this.#volume.linkSync(from, to);
    this.#entryChanged(to, stamp);
    this.#listeners.tell(from);
  }

  /** Calls `onChange`, in a microtask of its own, after changes of what is there. Returns what ends that. */
  watch(path: VFSPath, onChange: OnChange): () => void {
    this.#stat(path);
    return this.#listeners.add(path, onChange);
  }

  #remove(path: VFSPath): void {
    const { ino, links, directory } = this.#stat(path);
    if (directory) this.#volume.rmdirSync(path);
    else this.#volume.unlinkSync(path);
    if (links <= 1) this.#versions.delete(ino);
  }

  #names(path: VFSPath): string[] {
    return this.#volume.readdirSync(path) as string[];
  }

  #stat(path: VFSPath): { ino: number; links: number; size: number; mtimeMs: number; directory: boolean } {
    const stats = this.#volume.statSync(path);
    return {
      ino: Number(stats.ino),
      links: Number(stats.nlink),
      size: Number(stats.size),
      mtimeMs: Number(stats.mtimeMs),
      directory: stats.isDirectory(),
    };
  }

  /** A name came, went or was replaced: that changes its directory too. */
  #entryChanged(path: VFSPath, stamp: Stamp): void {
    this.#setMtime(parentOf(path) ?? ROOT, stamp.wallMs);
    this.#announce(path);
  }

  #announce(path: VFSPath): void {
    this.#listeners.tell(path);
    this.#listeners.tell(parentOf(path) ?? ROOT, nameOf(path));
  }

  #setMtime(path: VFSPath, mtimeMs: number): void {
    const time = new Date(mtimeMs);
    this.#volume.utimesSync(path, time, time);
  }
}
