import {
  nameOf,
  parentOf,
  ROOT,
  type Call,
  type Capabilities,
  type Entry,
  type FileInfo,
  type VFSErrorCode,
  type VFSPath,
} from '@holdfast/vfs';
import { digest, digestNumber, NOTHING, together, type Digest } from './digest.js';

/** What a call came to. */
export type Answer =
  | { readonly ok: true; readonly value: unknown; readonly digest: Digest }
  | { readonly ok: false; readonly code: VFSErrorCode; readonly digest: Digest };

interface TreeNode {
  readonly type: 'file' | 'directory';
  readonly text: string;
  readonly size: number;
  readonly mtimeMs: number;
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
    this.#nodes.set(ROOT, node(ROOT, 'directory', '', 0));
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

  perform(call: Call, wallMs: number): Answer {
    const { path } = call;
    const found = this.#nodes.get(path);
    const granularity = this.#capabilities.mtimeGranularityMs;
    const now = Math.floor(wallMs / granularity) * granularity;
    switch (call.op) {
      case 'mkdir':
        if (found !== undefined && !(call.options.recursive === true && found.type === 'directory'))
          return refused('EEXIST');
        if (call.options.recursive === true) return this.#mkdirTree(path, now);
        return this.#parentFault(path) ?? this.#put(path, node(path, 'directory', '', now));
      case 'writeFile': {
        if (found?.type === 'directory') return refused('EISDIR');
        if (found !== undefined && call.options.exclusive === true) return refused('EEXIST');
        const text = typeof call.data === 'string' ? call.data : DECODER.decode(call.data);
        return this.#parentFault(path) ?? this.#put(path, node(path, 'file', text, now));
      }
      case 'readFile':
        if (found === undefined) return refused('ENOENT');
        if (found.type === 'directory') return refused('EISDIR');
        return { ok: true, value: ENCODER.encode(found.text), digest: digest(NOTHING, found.text) };
      case 'ls':
        if (found === undefined) return refused('ENOENT');
        return found.type === 'file' ? refused('ENOTDIR') : this.#list(path);
      case 'stat':
        return found === undefined ? refused('ENOENT') : seen(found);
      case 'chtimes': {
        if (found === undefined) return refused('ENOENT');
        const mtime = Math.floor(call.mtime.getTime() / granularity) * granularity;
        return this.#put(path, node(path, found.type, found.text, mtime));
      }
      case 'rm':
        return this.#remove(path, call.options.recursive === true);
      case 'rename':
        return this.#rename(path, call.to);
      case 'link':
      case 'watch':
        return refused('ENOTSUP');
    }
  }

  #mkdirTree(path: string, now: number): Answer {
    const parent = parentOf(path as VFSPath);
    if (parent !== undefined && !this.#nodes.has(parent)) this.#mkdirTree(parent, now);
    return this.#nodes.has(path) ? DONE : this.#put(path, node(path, 'directory', '', now));
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
      this.#put(next, node(next, moved.type, moved.text, moved.mtimeMs));
    }
    return DONE;
  }

  #list(path: string): Answer {
    const value: Entry[] = [];
    const versions = this.#capabilities.listing === 'versions';
    const prefix = path === ROOT ? ROOT : `${path}/`;
    let all: Digest = 2;
    for (const [inner, { type, size, mtimeMs, digest: one }] of this.#nodes) {
      if (inner === ROOT || !inner.startsWith(prefix) || inner.includes('/', prefix.length)) continue;
      const name = nameOf(inner as VFSPath);
      value.push(versions && type === 'file' ? { name, type, size, mtimeMs } : { name, type });
      all = together(all, versions ? one : digest(NOTHING, name));
    }
    return { ok: true, value, digest: all };
  }
}

function node(path: string, type: 'file' | 'directory', text: string, mtimeMs: number): TreeNode {
  const all = digestNumber(digest(digest(NOTHING, path), text), type === 'file' ? mtimeMs : -1 - mtimeMs);
  return { type, text, size: type === 'file' ? ENCODER.encode(text).length : 0, mtimeMs, digest: all };
}

function seen({ type, size, mtimeMs, digest: all }: TreeNode): Answer {
  const value: FileInfo = { type, size, mtimeMs };
  return { ok: true, value, digest: all };
}
