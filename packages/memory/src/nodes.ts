import { nameOf, parentOf, ROOT, type VFSPath } from '@holdfast/vfs';

/** A file, whatever its names are. */
export interface FileNode {
  readonly kind: 'file';
  size: number;
  mtimeMs: number;
  /** Never comes back, not even for a file that was removed and made again. */
  version: number;
}

export interface DirectoryNode {
  readonly kind: 'directory';
  mtimeMs: number;
  readonly entries: Map<string, Node>;
}

export type Node = FileNode | DirectoryNode;

/**
 * What is known of each entry, beside a volume that decides what may be done: so that to list and to look costs no call
 * to the volume.
 */
export class Nodes {
  readonly #directories = new Map<VFSPath, DirectoryNode>();

  constructor(rootMtimeMs: number) {
    this.#directories.set(ROOT, { kind: 'directory', mtimeMs: rootMtimeMs, entries: new Map() });
  }

  at(path: VFSPath): Node | undefined {
    return this.#directories.get(path) ?? this.#directories.get(parentPath(path))?.entries.get(nameOf(path));
  }

  /** Gives `node` the name `path`, in place of what had it. */
  put(path: VFSPath, node: Node): void {
    this.parent(path).entries.set(nameOf(path), node);
    if (node.kind === 'directory') this.#place(path, node);
  }

  remove(path: VFSPath): void {
    this.parent(path).entries.delete(nameOf(path));
    if (this.#directories.delete(path)) {
      for (const other of this.#directories.keys())
        if (other.startsWith(`${path}/`)) this.#directories.delete(other);
    }
  }

  /** The directory that holds `path`. */
  parent(path: VFSPath): DirectoryNode {
    const parent = this.#directories.get(parentPath(path));
    if (parent === undefined) throw new Error(`the volume has ${path}, which is not noted`);
    return parent;
  }

  /** Directories are found by their whole path, so what is in one that was moved has to be found anew. */
  #place(path: VFSPath, directory: DirectoryNode): void {
    this.#directories.set(path, directory);
    for (const [name, inner] of directory.entries)
      if (inner.kind === 'directory') this.#place(`${path}/${name}` as VFSPath, inner);
  }
}

function parentPath(path: VFSPath): VFSPath {
  return parentOf(path) ?? ROOT;
}
