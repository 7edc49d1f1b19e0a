import { nameOf, parentOf, ROOT, type FileInfo, type OnChange, type VFSPath } from '@holdfast/vfs';
import { Volume } from 'memfs';
import { Refusal } from './errors.js';
import { Listeners } from './listeners.js';

/** When a change is made, and what it does to the times of a file that exists. */
export interface Stamp {
  readonly wallMs: number;
  /** Whether a rewrite moves the mtime of the file. */
  readonly onRewrite: 'moves' | 'stays';
}

/** As {@link FileInfo}; here every entry has a size and an mtime. */
export interface TreeInfo extends FileInfo {
  readonly size: number;
  readonly mtimeMs: number;
}

/** A name in a directory, and what it is the name of. */
type Link = Volume['_core']['root'];
type Node = Link['node'];

/** The type of a regular file in the mode of an inode, and the rights that go with it. */
const A_FILE = 0o100666;

/** Most directories whose links are remembered. */
const MOST_KNOWN = 20_000;

/**
 * The files of one store, kept by memfs: its names and inodes are used directly, since its calls spend their time on
 * taking paths apart, on events and on Stats that nobody here asks for. So every change is atomic, and takes effect in
 * the order of the calls. What memfs lacks is added: a version for each write, times by a given clock, and POSIX rules
 * for `rename`.
 */
export class Tree {
  readonly #core = new Volume()._core;
  /** A version never comes back, not even for a file that was removed and made again. */
  readonly #versions = new Map<Node, number>();
  #lastVersion = 0;
  /** Directories by their paths, as long as none was removed or moved. */
  readonly #directories = new Map<VFSPath, Link>();
  readonly #listeners = new Listeners();

  mkdir(path: VFSPath, { wallMs }: Stamp): void {
    if (path === ROOT) throw new Refusal('EEXIST');
    const parent = this.#parentOf(path);
    const name = nameOf(path);
    if (parent.children.has(name)) throw new Refusal('EEXIST');
    const made = this.#core.createLink(parent, name, true);
    made.node.mtime = new Date(wallMs);
    this.#entryChanged(parent, path, wallMs);
  }

  writeFile(path: VFSPath, data: Uint8Array, exclusive: boolean, stamp: Stamp): void {
    const parent = this.#parentOf(path);
    const name = nameOf(path);
    const there = parent.children.get(name)?.node;
    if (there !== undefined && exclusive) throw new Refusal('EEXIST');
    if (there?.isDirectory() === true) throw new Refusal('EISDIR');
    const node = there ?? this.#core.createNode(A_FILE);
    const before = node.mtime;
    // memfs copies it.
    node.setBuffer(data as Buffer);
    node.mtime = there !== undefined && stamp.onRewrite === 'stays' ? before : new Date(stamp.wallMs);
    this.#versions.set(node, ++this.#lastVersion);
    if (there === undefined) {
      parent.createChild(name, node);
      this.#entryChanged(parent, path, stamp.wallMs);
    } else {
      this.#announce(path);
    }
  }

  /** A copy, so that nobody can change the file through it. */
  readFile(path: VFSPath, maxBytes: number): Uint8Array {
    const { node } = this.#at(path);
    if (node.isDirectory()) throw new Refusal('EISDIR');
    if (node.getSize() > maxBytes) throw new Refusal('EFBIG');
    return new Uint8Array(node.buf.subarray(0, node.getSize()));
  }

  chtimes(path: VFSPath, atime: Date, mtime: Date): void {
    const { node } = this.#at(path);
    node.atime = atime;
    node.mtime = mtime;
    this.#announce(path);
  }

  /** Calls `each` for every entry. */
  ls(path: VFSPath, each: (name: string, info: TreeInfo) => void): void {
    const directory = this.#at(path);
    if (!directory.node.isDirectory()) throw new Refusal('ENOTDIR');
    for (const [name, link] of directory.children) {
      if (name !== '.' && name !== '..' && link !== undefined) each(name, this.#infoOf(link.node));
    }
  }

  stat(path: VFSPath): TreeInfo {
    return this.#infoOf(this.#at(path).node);
  }

  rm(path: VFSPath, { wallMs }: Stamp): void {
    const link = this.#at(path);
    this.#remove(link);
    if (link.parent !== undefined) this.#entryChanged(link.parent, path, wallMs);
  }

  /** By the rules of POSIX. */
  rename(from: VFSPath, to: VFSPath, { wallMs }: Stamp): void {
    const link = this.#at(from);
    const source = link.parent;
    if (source === undefined) throw new Refusal('EINVAL');
    const target = this.#parentOf(to);
    if (from === to) return;
    const isDirectory = link.node.isDirectory();
    if (isDirectory && to.startsWith(`${from}/`)) throw new Refusal('EINVAL');
    const replaced = target.children.get(nameOf(to));
    if (replaced?.node === link.node) return;
    if (replaced !== undefined) {
      if (replaced.node.isDirectory() && !isDirectory) throw new Refusal('EISDIR');
      if (!replaced.node.isDirectory() && isDirectory) throw new Refusal('ENOTDIR');
      this.#remove(replaced);
    }
    if (isDirectory) this.#directories.clear();
    source.deleteChild(link);
    link.name = nameOf(to);
    link.steps = [...target.steps, link.name];
    target.setChild(link.name, link);
    this.#entryChanged(source, from, wallMs);
    this.#entryChanged(target, to, wallMs);
  }

  link(from: VFSPath, to: VFSPath, { wallMs }: Stamp): void {
    const { node } = this.#at(from);
    if (node.isDirectory()) throw new Refusal('EISDIR');
    const target = this.#parentOf(to);
    const name = nameOf(to);
    if (target.children.has(name)) throw new Refusal('EEXIST');
    node.nlink++;
    target.createChild(name, node);
    this.#listeners.tell(from);
    this.#entryChanged(target, to, wallMs);
  }

  /** Calls `onChange`, in a microtask of its own, after changes of what is there. Returns what ends that. */
  watch(path: VFSPath, onChange: OnChange): () => void {
    this.#at(path);
    return this.#listeners.add(path, onChange);
  }

  #remove(link: Link): void {
    const { node } = link;
    if (node.isDirectory()) {
      if (link.length > 0) throw new Refusal('ENOTEMPTY');
      this.#directories.clear();
      this.#core.deleteLink(link);
      this.#core.deleteNode(node);
      return;
    }
    this.#core.deleteLink(link);
    node.nlink--;
    if (node.nlink > 0) return;
    this.#core.deleteNode(node);
    this.#versions.delete(node);
  }

  #infoOf(node: Node): TreeInfo {
    const mtimeMs = node.mtime.getTime();
    return node.isDirectory()
      ? { type: 'directory', size: 0, mtimeMs }
      : { type: 'file', size: node.getSize(), mtimeMs, etag: `v${this.#versions.get(node) ?? 0}` };
  }

  /** The directory that `path` is to have its name in. */
  #parentOf(path: VFSPath): Link {
    return this.#directory(parentOf(path) ?? ROOT);
  }

  #directory(path: VFSPath): Link {
    const known = this.#directories.get(path);
    if (known !== undefined) return known;
    const link = this.#at(path);
    if (!link.node.isDirectory()) throw new Refusal('ENOTDIR');
    if (this.#directories.size >= MOST_KNOWN) this.#directories.clear();
    this.#directories.set(path, link);
    return link;
  }

  #at(path: VFSPath): Link {
    const parent = parentOf(path);
    if (parent === undefined) return this.#core.root;
    const link = this.#directory(parent).children.get(nameOf(path));
    if (link === undefined) throw new Refusal('ENOENT');
    return link;
  }

  /** A name came, went or was replaced: that changes its directory too. */
  #entryChanged(directory: Link, path: VFSPath, wallMs: number): void {
    directory.node.mtime = new Date(wallMs);
    this.#announce(path);
  }

  #announce(path: VFSPath): void {
    if (!this.#listeners.areThere) return;
    this.#listeners.tell(path);
    this.#listeners.tell(parentOf(path) ?? ROOT, nameOf(path));
  }
}
