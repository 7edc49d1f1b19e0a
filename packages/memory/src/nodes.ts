import { nameOf, parentOf, ROOT, segmentsOf, type VFSPath } from '@holdfast/vfs';

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
  readonly entries: Map<string, FileNode | DirectoryNode>;
}

export type Node = FileNode | DirectoryNode;

/**
 * What is known of each entry, beside a volume that decides what may be done: so that to list and to look costs no call
 * to the volume.
 */
export class Nodes {
  readonly #root: DirectoryNode;

  constructor(rootMtimeMs: number) {
    this.#root = { kind: 'directory', mtimeMs: rootMtimeMs, entries: new Map() };
  }

  at(path: VFSPath): Node | undefined {
    let node: Node | undefined = this.#root;
    for (const name of segmentsOf(path)) {
      if (node?.kind !== 'directory') return undefined;
      node = node.entries.get(name);
    }
    return node;
  }

  /** Gives `node` the name `path`, in place of what had it. */
  put(path: VFSPath, node: Node): void {
    this.#parent(path).entries.set(nameOf(path), node);
  }

  remove(path: VFSPath): void {
    this.#parent(path).entries.delete(nameOf(path));
  }

  /** Notes that a name came to, or went from, the directory that holds `path`. */
  touchParent(path: VFSPath, mtimeMs: number): void {
    this.#parent(path).mtimeMs = mtimeMs;
  }

  #parent(path: VFSPath): DirectoryNode {
    const parent = this.at(parentOf(path) ?? ROOT);
    if (parent?.kind !== 'directory') throw new Error(`the volume has ${path}, which is not noted`);
    return parent;
  }
}
