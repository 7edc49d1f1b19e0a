import { nameOf, parentOf, ROOT, type FileInfo, type OnChange, type VFSPath } from '@holdfast/vfs';
import { Volume } from 'memfs';
import { Listeners } from './listeners.js';
import { Nodes, type Node } from './nodes.js';
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
  readonly #nodes = new Nodes(Number(this.#volume.statSync(ROOT).mtimeMs));
  #lastVersion = 0;
  readonly #listeners = new Listeners();

  mkdir(path: VFSPath, { wallMs }: Stamp): void {
    this.#volume.mkdirSync(path);
    this.#nodes.put(path, { kind: 'directory', mtimeMs: wallMs, entries: new Map() });
    this.#entryChanged(path, wallMs);
  }

  writeFile(path: VFSPath, data: Uint8Array, exclusive: boolean, { wallMs, onRewrite }: Stamp): void {
    this.#volume.writeFileSync(path, data, { flag: exclusive ? 'wx' : 'w' });
    const version = ++this.#lastVersion;
    const before = exclusive ? undefined : this.#nodes.at(path);
    if (before?.kind !== 'file') {
      this.#nodes.put(path, { kind: 'file', size: data.length, mtimeMs: wallMs, version });
      this.#entryChanged(path, wallMs);
      return;
    }
    before.size = data.length;
    before.version = version;
    if (onRewrite === 'moves') before.mtimeMs = wallMs;
    this.#announce(path);
  }

  /** A copy, so that nobody can change the file through it. */
  readFile(path: VFSPath, maxBytes: number): Uint8Array {
    const node = this.#nodes.at(path);
    if (node?.kind === 'file' && node.size > maxBytes) throw refusal('EFBIG');
    return Uint8Array.from(this.#volume.readFileSync(path) as Buffer);
  }

  chtimes(path: VFSPath, mtimeMs: number): void {
    this.#node(path).mtimeMs = mtimeMs;
    this.#announce(path);
  }

  /** Calls `found` with each entry, in the order of their names. */
  ls<T>(path: VFSPath, found: (name: string, info: TreeInfo) => T): T[] {
    const node = this.#node(path);
    if (node.kind === 'file') throw refusal('ENOTDIR');
    const all: T[] = [];
    for (const name of Array.from(node.entries.keys()).sort()) {
      const entry = node.entries.get(name);
      if (entry !== undefined) all.push(found(name, infoOf(entry)));
    }
    return all;
  }

  stat(path: VFSPath): TreeInfo {
    return infoOf(this.#node(path));
  }

  rm(path: VFSPath, { wallMs }: Stamp): void {
    this.#remove(path);
    this.#entryChanged(path, wallMs);
  }

  /** By the rules of POSIX, of which memfs checks none. */
  rename(from: VFSPath, to: VFSPath, { wallMs }: Stamp): void {
    const source = this.#node(from);
    if (from === to) return;
    const isDirectory = source.kind === 'directory';
    if (isDirectory && to.startsWith(`${from}/`)) throw refusal('EINVAL');
    const replaced = this.#nodes.at(to);
    if (replaced !== undefined) {
      if (replaced.kind === 'directory' && !isDirectory) throw refusal('EISDIR');
      if (replaced.kind === 'file' && isDirectory) throw refusal('ENOTDIR');
      this.#remove(to);
    }
    this.#volume.renameSync(from, to);
    this.#nodes.remove(from);
    this.#nodes.put(to, source);
    this.#entryChanged(from, wallMs);
    this.#entryChanged(to, wallMs);
  }

  link(from: VFSPath, to: VFSPath, { wallMs }: Stamp): void {
    const node = this.#node(from);
    if (node.kind === 'directory') throw refusal('EISDIR');
    this.#volume.linkSync(from, to);
    this.#nodes.put(to, node);
    this.#entryChanged(to, wallMs);
    this.#listeners.tell(from);
  }

  /** Calls `onChange`, in a microtask of its own, after changes of what is there. Returns what ends that. */
  watch(path: VFSPath, onChange: OnChange): () => void {
    this.#node(path);
    return this.#listeners.add(path, onChange);
  }

  #remove(path: VFSPath): void {
    if (this.#node(path).kind === 'directory') this.#volume.rmdirSync(path);
    else this.#volume.unlinkSync(path);
    this.#nodes.remove(path);
  }

  /** Throws what memfs has to say of a path at which there is nothing. */
  #node(path: VFSPath): Node {
    const node = this.#nodes.at(path);
    if (node !== undefined) return node;
    this.#volume.statSync(path);
    throw new Error(`the volume has ${path}, which is not noted`);
  }

  /** A name came, went or was replaced: that changes its directory too. */
  #entryChanged(path: VFSPath, wallMs: number): void {
    this.#nodes.parent(path).mtimeMs = wallMs;
    this.#announce(path);
  }

  #announce(path: VFSPath): void {
    if (!this.#listeners.any) return;
    this.#listeners.tell(path);
    this.#listeners.tell(parentOf(path) ?? ROOT, nameOf(path));
  }
}

function infoOf(node: Node): TreeInfo {
  return node.kind === 'directory'
    ? { type: 'directory', size: 0, mtimeMs: node.mtimeMs }
    : { type: 'file', size: node.size, mtimeMs: node.mtimeMs, etag: `v${node.version}` };
}
