import {
  ROOT,
  VFSError,
  type Capabilities,
  type Clock,
  type Entry,
  type FileInfo,
  type Operation,
  type VFSErrorCode,
  type VFSPath,
} from '@holdfast/vfs';
import { type VFSDriver } from '@holdfast/vfs/adapter';
import { again } from './again.js';
import { create } from './create.js';
import { failureOf, NOT_THERE, S3Failure, vfsErrorOf } from './errors.js';
import type { Keys } from './keys.js';
import { entriesOf } from './listing.js';
import type { Proof } from './prove.js';
import type { ListQuery, Page, Store } from './store.js';

const CAPABILITIES: Capabilities = {
  // Vouched for by the adapter's own proof, see prove.ts.
  exclusiveMkdir: 'known',
  exclusiveWrite: true,
  claimAs: 'file',
  link: false,
  chtimes: false,
  rename: false,
  watch: false,
  directories: 'virtual',
  listing: 'versions',
  mtimeGranularityMs: 1000,
  abort: 'wire',
  cost: 'metered',
};

const NOTHING = new Uint8Array();

type Signal = AbortSignal | undefined;

/** The contract on objects. */
export class S3Driver implements VFSDriver {
  readonly adapter = 's3';
  readonly capabilities: Capabilities = CAPABILITIES;
  readonly #store: Store;
  readonly #keys: Keys;
  readonly #proof: Proof;
  readonly #clock: Clock;

  constructor(store: Store, keys: Keys, proof: Proof, clock: Clock) {
    this.#store = store;
    this.#keys = keys;
    this.#proof = proof;
    this.#clock = clock;
  }

  mkdir(path: VFSPath, signal: Signal): Promise<void> {
    return this.#run('mkdir', path, async () => {
      // The root is a prefix, and needs no marker.
      if (path === ROOT) throw this.#error('mkdir', path, 'EEXIST');
      const marker = this.#keys.directory(path);
      // A file of that name has another key, so the store does not see it in the way. The look costs no wait.
      const inTheWay = this.#isObject(this.#keys.file(path), signal);
      if (!(await this.#create(marker, NOTHING, signal))) throw this.#error('mkdir', path, 'EEXIST');
      if (!(await inTheWay)) return;
      await this.#again(signal, () => this.#store.remove(marker, signal));
      throw this.#error('mkdir', path, 'EEXIST');
    });
  }

  writeFile(
    path: VFSPath,
    data: Uint8Array,
    { exclusive }: { exclusive: boolean },
    signal: Signal,
  ): Promise<void> {
    const key = this.#keys.file(path);
    return this.#run('writeFile', path, async () => {
      if (await this.#isObject(this.#keys.directory(path), signal))
        throw this.#error('writeFile', path, 'EISDIR');
      if (!exclusive) return this.#again(signal, () => this.#store.put(key, data, signal));
      if (!(await this.#create(key, data, signal))) throw this.#error('writeFile', path, 'EEXIST');
    });
  }

  readFile(path: VFSPath, _options: { readonly maxBytes: number }, signal: Signal): Promise<Uint8Array> {
    return this.#run('readFile', path, async () => {
      const data = await missing(this.#again(signal, () => this.#store.get(this.#keys.file(path), signal)));
      if (data !== undefined) return data;
      const { found } = await this.#folder(path, signal);
      throw this.#error('readFile', path, found ? 'EISDIR' : 'ENOENT');
    });
  }

  ls(path: VFSPath, signal: Signal): Promise<Entry[]> {
    const prefix = this.#keys.directory(path);
    return this.#run('ls', path, async () => {
      const entries = new Map<string, Entry>();
      let found = path === ROOT;
      for await (const page of this.#pages({ prefix, folded: true }, signal)) {
        found ||= page.objects.length > 0 || page.folders.length > 0;
        for (const entry of entriesOf(prefix, page)) {
          if (entries.get(entry.name)?.type !== 'file') entries.set(entry.name, entry);
        }
      }
      if (found) return [...entries.values()];
      const file = await this.#head(path, signal);
      throw this.#error('ls', path, file === undefined ? 'ENOENT' : 'ENOTDIR');
    });
  }

  stat(path: VFSPath, signal: Signal): Promise<FileInfo> {
    return this.#run('stat', path, async () => {
      const file = path === ROOT ? undefined : await this.#head(path, signal);
      if (file !== undefined) return file;
      const { found, mtimeMs } = await this.#folder(path, signal);
      if (!found && path !== ROOT) throw this.#error('stat', path, 'ENOENT');
      return { type: 'directory', size: 0, ...(mtimeMs !== undefined && { mtimeMs }) };
    });
  }

  rm(path: VFSPath, signal: Signal): Promise<void> {
    return this.#run('rm', path, async () => {
      if ((await this.#head(path, signal)) !== undefined)
        return this.#remove([this.#keys.file(path)], signal);
      const { found, filled } = await this.#folder(path, signal);
      if (!found) throw this.#error('rm', path, 'ENOENT');
      if (filled) throw this.#error('rm', path, 'ENOTEMPTY');
      await this.#remove([this.#keys.directory(path)], signal);
    });
  }

  rmTree(path: VFSPath, signal: Signal): Promise<void> {
    const prefix = this.#keys.directory(path);
    return this.#run('rm', path, async () => {
      let found = false;
      let marked = false;
      for await (const { objects } of this.#pages({ prefix, folded: false }, signal)) {
        found ||= objects.length > 0;
        marked ||= objects.some(({ key }) => key === prefix);
        await this.#remove(
          objects.map(({ key }) => key).filter((key) => key !== prefix),
          signal,
        );
      }
      // The marker goes last: should this be cut short, the directory is still there to be removed.
      if (marked) return this.#remove([prefix], signal);
      if (found) return;
      if ((await this.#head(path, signal)) === undefined) throw this.#error('rm', path, 'ENOENT');
      await this.#remove([this.#keys.file(path)], signal);
    });
  }

  close(): Promise<void> {
    this.#store.close();
    return Promise.resolve();
  }

  #create(key: string, body: Uint8Array, signal: Signal): Promise<boolean> {
    return create(key, body, { store: this.#store, proof: this.#proof, clock: this.#clock, signal });
  }

  /**
   * Whether there is an object, where that only guards against a file and a directory of one name. If the store does
   * not say, the call goes on: what keeps two callers apart is the create, not this.
   */
  #isObject(key: string, signal: Signal): Promise<boolean> {
    return this.#store.head(key, signal).then(
      () => true,
      () => false,
    );
  }

  async #head(path: VFSPath, signal: Signal): Promise<FileInfo | undefined> {
    const head = await missing(this.#again(signal, () => this.#store.head(this.#keys.file(path), signal)));
    if (head === undefined) return undefined;
    const { size, mtimeMs, etag } = head;
    return {
      type: 'file',
      size,
      ...(mtimeMs !== undefined && { mtimeMs }),
      ...(etag !== undefined && { etag }),
    };
  }

  /** Looks whether there is a directory, by the first two keys in it: the marker sorts before all others. */
  async #folder(
    path: VFSPath,
    signal: Signal,
  ): Promise<{ found: boolean; filled: boolean; mtimeMs: number | undefined }> {
    const prefix = this.#keys.directory(path);
    const { objects } = await this.#again(signal, () =>
      this.#store.list({ prefix, folded: false, limit: 2 }, signal),
    );
    const marker = objects.find(({ key }) => key === prefix);
    return {
      found: objects.length > 0,
      filled: objects.some(({ key }) => key !== prefix),
      mtimeMs: marker?.mtimeMs,
    };
  }

  async *#pages(query: ListQuery, signal: Signal): AsyncGenerator<Page> {
    let from: string | undefined;
    do {
      const at = from;
      const page = await this.#again(signal, () => this.#store.list({ ...query, from: at }, signal));
      yield page;
      if (page.next !== undefined && page.next === at) {
        const detail = 'the listing does not get on: a page names itself as the next';
        throw new S3Failure({ code: 'EIO', effect: 'none', again: false, detail });
      }
      from = page.next;
    } while (from !== undefined);
  }

  async #remove(keys: readonly string[], signal: Signal): Promise<void> {
    const [first] = keys;
    if (first === undefined) return;
    if (keys.length === 1) return this.#again(signal, () => this.#store.remove(first, signal));
    try {
      await this.#again(signal, () => this.#store.removeAll(keys, signal));
    } catch (error) {
      // Some stores take no batches, or want a checksum of them that is not sent any more.
      if (!(error instanceof S3Failure) || !['ENOTSUP', 'EINVAL'].includes(error.row.code)) throw error;
      for (const key of keys) await this.#again(signal, () => this.#store.remove(key, signal));
    }
  }

  #again<T>(signal: Signal, send: () => Promise<T>): Promise<T> {
    return again(send, { signal, clock: this.#clock });
  }

  async #run<T>(op: Operation, path: VFSPath, run: () => Promise<T>): Promise<T> {
    try {
      return await run();
    } catch (error) {
      throw error instanceof VFSError ? error : vfsErrorOf(failureOf(error), op, path);
    }
  }

  #error(op: Operation, path: VFSPath, code: VFSErrorCode): VFSError {
    return new VFSError({ code, op, path, adapter: this.adapter });
  }
}

/** `undefined` where the object does not exist. That the bucket does not is an error all the same. */
async function missing<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof S3Failure && error.row === NOT_THERE) return undefined;
    throw error;
  }
}
