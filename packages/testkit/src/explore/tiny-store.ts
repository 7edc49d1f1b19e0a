import {
  nameOf,
  parentOf,
  ROOT,
  type Call,
  type Capabilities,
  type FileInfo,
  type VFSErrorCode,
  type VFSPath,
} from '@holdfast/vfs';
import { digest, digestNumber, NOTHING, together, type Digest } from './digest.js';
import { firstPartOf, wholeOf, type FirstPart, type ListedEntry } from './listing.js';
import type { ListingOrder } from './scenario.js';

/** What a call came to. */
export type Answer =
  | { readonly ok: true; readonly value: unknown; readonly digest: Digest }
  | { readonly ok: false; readonly code: VFSErrorCode; readonly digest: Digest };

interface TreeNode {
  readonly type: 'file' | 'directory';
  readonly text: string;
  readonly size: number;
  readonly mtimeMs: number;
  /** The same for all names of one file: the path at which it was made, which may be the name of another file now. */
  readonly inode: string;
  /** Of the node with its path and everything that can be seen of it. */
  readonly digest: Digest;
}

/** What the stored tree lets a caller see. */
export interface TinyStoreOptions {
  readonly capabilities: Capabilities;
}

const ENCODER = new TextEncoder();
const DECODER = new TextDecoder();
const DONE: Answer = { ok: true, value: undefined, digest: 1 };
const refusals = new Map<VFSErrorCode, Answer>();

function refused(code: VFSErrorCode): Answer {
  const known = refusals.get(code) ?? { ok: false, code, digest: digest(NOTHING, code) };
  refusals.set(code, known);
  return known;
}

/**
 * Files in memory, made for a search that goes back and forth: each call is one atomic step that can be undone, and
 * the whole has a digest. Keeps the contract of a VFS; recursive forms are atomic here, which real storages are not.
 */
export class TinyStore {
  readonly #nodes = new Map<string, TreeNode>();
  readonly #capabilities: Capabilities;
  #undo: (() => void)[] = [];

  constructor({ capabilities }: TinyStoreOptions) {
    this.#capabilities = capabilities;
    this.#nodes.set(ROOT, node(ROOT, 'directory', '', 0, ROOT));
  }

  get digest(): Digest {
    let all = NOTHING;
    for (const { digest: one } of this.#nodes.values()) all = together(all, one);
    return all;
  }

  /** All paths, for those who judge the state from outside. */
  paths(): Iterable<string> {
    return this.#nodes.keys();
  }

  has(path: string): boolean {
    return this.#nodes.has(path);
  }

  /** Forgets how to go back, so that {@link rollback} ends here. */
  commit(): void {
    if (this.#undo.length > 0) this.#undo = [];
  }

  /** Undoes what was done since the last {@link commit}. */
  rollback(): void {
    for (let undo = this.#undo.pop(); undo !== undefined; undo = this.#undo.pop()) undo();
  }

  /** Reads the first part of a directory; `undefined` if there is none. */
  readFirstPart(path: string, order: Exclude<ListingOrder, 'whole'>): FirstPart | undefined {
    return this.#nodes.get(path)?.type === 'directory' ? firstPartOf(order, this.#listed(path)) : undefined;
  }

  /** @param first what a listing has read of the directory before */
  perform(call: Call, wallMs: number, first?: FirstPart): Answer {
    const { path } = call;
    const found = this.#nodes.get(path);
    const granularity = this.#capabilities.mtimeGranularityMs;
    const now = Math.floor(wallMs / granularity) * granularity;
    switch (call.op) {
      case 'mkdir':
        if (found !== undefined && !(call.options.recursive === true && found.type === 'directory'))
          return refused('EEXIST');
        if (call.options.recursive === true) return this.#mkdirTree(path, now);
        return this.#parentFault(path) ?? this.#put(path, node(path, 'directory', '', now, path));
      case 'writeFile': {
        if (found !== undefined && call.options.exclusive === true) return refused('EEXIST');
        if (found?.type === 'directory') return refused('EISDIR');
        const text = typeof call.data === 'string' ? call.data : DECODER.decode(call.data);
        return this.#parentFault(path) ?? this.#write(path, text, now);
      }
      case 'readFile':
        if (found === undefined) return refused('ENOENT');
        if (found.type === 'directory') return refused('EISDIR');
        if (found.size > (call.options.maxBytes ?? Infinity)) return refused('EFBIG');
        return { ok: true, value: ENCODER.encode(found.text), digest: digest(NOTHING, found.text) };
      case 'ls':
        if (found === undefined) return refused('ENOENT');
        return found.type === 'file' ? refused('ENOTDIR') : this.#list(path, first);
      case 'stat':
        return found === undefined ? refused('ENOENT') : seen(found);
      case 'chtimes': {
        if (found === undefined) return refused('ENOENT');
        const mtime = Math.floor(call.mtime.getTime() / granularity) * granularity;
        return this.#putAll(found.inode, path, { ...found, mtimeMs: mtime });
      }
      case 'rm':
        return this.#remove(path, call.options.recursive === true);
      case 'rename':
        return this.#rename(path, call.to);
      case 'link':
        return this.#link(path, call.to);
      case 'watch':
        return refused('ENOTSUP');
    }
  }

  #mkdirTree(path: string, now: number): Answer {
    const parent = parentOf(path as VFSPath);
    if (parent !== undefined && !this.#nodes.has(parent)) this.#mkdirTree(parent, now);
    return this.#nodes.has(path) ? DONE : this.#put(path, node(path, 'directory', '', now, path));
  }

  #write(path: string, text: string, now: number): Answer {
    const { inode } = this.#nodes.get(path) ?? { inode: this.#freshInode(path) };
    return this.#putAll(inode, path, node(path, 'file', text, now, inode));
  }

  #freshInode(path: string): string {
    const taken = new Set([...this.#nodes.values()].map(({ inode }) => inode));
    let inode = path;
    while (taken.has(inode)) inode += "'";
    return inode;
  }

  /** Changes a file under all its names, and under `path`. */
  #putAll(inode: string, path: string, { type, text, mtimeMs }: TreeNode): Answer {
    const names = [...this.#nodes].filter(([, other]) => other.inode === inode).map(([name]) => name);
    for (const name of new Set([...names, path])) this.#put(name, node(name, type, text, mtimeMs, inode));
    return DONE;
  }

  #link(from: string, to: string): Answer {
    const source = this.#nodes.get(from);
    if (source === undefined) return refused('ENOENT');
    if (source.type === 'directory') return refused('EISDIR');
    if (this.#nodes.has(to)) return refused('EEXIST');
    const { text, mtimeMs, inode } = source;
    return this.#parentFault(to) ?? this.#put(to, node(to, 'file', text, mtimeMs, inode));
  }

  #parentFault(path: string): Answer | undefined {
    const parent = this.#nodes.get(parentOf(path as VFSPath) ?? ROOT);
    if (parent === undefined) return refused('ENOENT');
    return parent.type === 'file' ? refused('ENOTDIR') : undefined;
  }

  #put(path: string, next: TreeNode): Answer {
    const before = this.#nodes.get(path);
    this.#undo.push(() => {
      if (before === undefined) this.#nodes.delete(path);
      else this.#nodes.set(path, before);
    });
    this.#nodes.set(path, next);
    return DONE;
  }

  #drop(path: string): void {
    const before = this.#nodes.get(path);
    if (before === undefined) return;
    this.#undo.push(() => this.#nodes.set(path, before));
    this.#nodes.delete(path);
  }

  #below(path: string): string[] {
    const start = path === ROOT ? ROOT : `${path}/`;
    return [...this.#nodes.keys()].filter((other) => other !== path && other.startsWith(start));
  }

  #remove(path: string, recursive: boolean): Answer {
    if (!this.#nodes.has(path)) return refused('ENOENT');
    const below = this.#below(path);
    if (below.length > 0 && !recursive) return refused('ENOTEMPTY');
    for (const inner of below) this.#drop(inner);
    this.#drop(path);
    return DONE;
  }

  #rename(from: string, to: string): Answer {
    const source = this.#nodes.get(from);
    if (source === undefined) return refused('ENOENT');
    if (from === to) return DONE;
    const fault = this.#parentFault(to);
    if (fault !== undefined) return fault;
    const target = this.#nodes.get(to);
    if (target !== undefined && target.type !== source.type)
      return refused(target.type === 'file' ? 'ENOTDIR' : 'EISDIR');
    if (this.#below(to).length > 0) return refused('ENOTEMPTY');
    for (const path of [from, ...this.#below(from)]) {
      const moved = this.#nodes.get(path);
      if (moved === undefined) continue;
      const next = to + path.slice(from.length);
      this.#drop(path);
      this.#put(next, node(next, moved.type, moved.text, moved.mtimeMs, moved.inode));
    }
    return DONE;
  }

  #list(path: string, first: FirstPart | undefined): Answer {
    const listed = wholeOf(first, this.#listed(path));
    const all = listed.reduce((sum, one) => together(sum, one.digest), 2);
    return { ok: true, value: listed.map(({ entry }) => entry), digest: all };
  }

  #listed(path: string): ListedEntry[] {
    const listed: ListedEntry[] = [];
    const versions = this.#capabilities.listing === 'versions';
    const prefix = path === ROOT ? ROOT : `${path}/`;
    for (const [inner, { type, size, mtimeMs, digest: one }] of this.#nodes) {
      if (inner === ROOT || !inner.startsWith(prefix) || inner.includes('/', prefix.length)) continue;
      const name = nameOf(inner as VFSPath);
      const entry = versions && type === 'file' ? { name, type, size, mtimeMs } : { name, type };
      listed.push({ entry, digest: versions ? one : digestNumber(digest(NOTHING, name), type.length) });
    }
    return listed;
  }
}

function node(
  path: string,
  type: 'file' | 'directory',
  text: string,
  mtimeMs: number,
  inode: string,
): TreeNode {
  const content = digest(digest(digest(NOTHING, path), inode), text);
  const all = digestNumber(content, type === 'file' ? mtimeMs : -1 - mtimeMs);
  return { type, text, size: type === 'file' ? ENCODER.encode(text).length : 0, mtimeMs, inode, digest: all };
}

function seen({ type, size, mtimeMs, digest: all }: TreeNode): Answer {
  const value: FileInfo = { type, size, mtimeMs };
  return { ok: true, value, digest: all };
}
