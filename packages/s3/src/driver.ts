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
import { FailedAttempt, failure, retry, type VFSDriver } from '@holdfast/vfs/adapter';
import { create } from './create/create.js';
import type { Proof } from './create/proof.js';
import { failureOf, vfsErrorOf } from './errors.js';
import { entriesOf } from './store/entries.js';
import { NOT_FOUND, NOT_S3, NOT_THERE } from './store/failures.js';
import type { Keys } from './store/keys.js';
import type { ListQuery, Page, Store } from './store/store.js';

const CAPABILITIES: Capabilities = {
  // Vouched for by the adapter's own proof, see create/proof.ts.
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

const MEANING: Partial<Record<VFSErrorCode, string>> = {
  EEXIST: 'it already exists',
  EISDIR: 'it is a directory',
  ENOENT: 'it does not exist',
  ENOTDIR: 'it is not a directory',
  ENOTEMPTY: 'the directory is not empty',
};

type Signal = AbortSignal | undefined;

export interface S3DriverOptions {
  readonly store: Store;
  readonly keys: Keys;
  readonly proof: Proof;
  /** The bucket and its store, for errors. */
  readonly where: string;
  readonly maxFileBytes: number;
  readonly deadlineMs: number;
  readonly clock: Clock;
}

/** The contract on objects. */
export class S3Driver implements VFSDriver {
  readonly adapter = 's3';
  readonly capabilities: Capabilities = CAPABILITIES;
  readonly #options: S3DriverOptions;
  readonly #store: Store;
  readonly #keys: Keys;

  constructor(options: S3DriverOptions) {
    this.#options = options;
    this.#store = options.store;
    this.#keys = options.keys;
  }

  mkdir(path: VFSPath, signal: Signal): Promise<void> {
    return this.#run('mkdir', path, async () => {
      // The root is a prefix, and needs no marker.
      const made = path !== ROOT && (await this.#create(this.#keys.directory(path), NOTHING, signal));
      if (!made) throw this.#error('mkdir', path, 'EEXIST');
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
      if (!exclusive) return this.#retry(signal, () => this.#store.put(key, data, signal));
      if (!(await this.#create(key, data, signal))) throw this.#error('writeFile', path, 'EEXIST');
    });
  }

  readFile(path: VFSPath, { maxBytes }: { maxBytes: number }, signal: Signal): Promise<Uint8Array> {
    const most = Math.min(maxBytes, this.#options.maxFileBytes);
    return this.#run('readFile', path, async () => {
      const key = this.#keys.file(path);
      const { found, sure } = await this.#look(signal, () => this.#store.get(key, most, signal));
      if (found !== undefined) return found;
      if ((await this.#folder(path, signal)).found) throw this.#error('readFile', path, 'EISDIR');
      if (!sure) await this.#proveAbsent(key, signal);
      throw this.#error('readFile', path, 'ENOENT');
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
      // The listing has shown that there is no directory, so that a HEAD is enough to tell the two errors apart.
      const { found: file } = await this.#file(path, signal);
      throw this.#error('ls', path, file === undefined ? 'ENOENT' : 'ENOTDIR');
    });
  }

  stat(path: VFSPath, signal: Signal): Promise<FileInfo> {
    return this.#run('stat', path, async () => {
      if (path === ROOT) return { ...(await this.#folder(path, signal)).info };
      const { found: file, sure } = await this.#file(path, signal);
      if (file !== undefined) return file;
      const folder = await this.#folder(path, signal);
      if (folder.found) return folder.info;
      if (!sure) await this.#proveAbsent(this.#keys.file(path), signal);
      throw this.#error('stat', path, 'ENOENT');
    });
  }

  rm(path: VFSPath, signal: Signal): Promise<void> {
    return this.#run('rm', path, async () => {
      const { found: file, sure } = await this.#file(path, signal);
      if (file !== undefined) return this.#remove([this.#keys.file(path)], signal);
      const { found, filled } = await this.#folder(path, signal);
      if (!found) {
        if (!sure) await this.#proveAbsent(this.#keys.file(path), signal);
        throw this.#error('rm', path, 'ENOENT');
      }
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
      if (marked) await this.#remove([prefix], signal);
      // A file may have the same name.
      const { found: file, sure } = await this.#file(path, signal);
      if (file !== undefined) return this.#remove([this.#keys.file(path)], signal);
      if (found) return;
      if (!sure) await this.#proveAbsent(this.#keys.file(path), signal);
      throw this.#error('rm', path, 'ENOENT');
    });
  }

  close(): Promise<void> {
    this.#store.close();
    return Promise.resolve();
  }

  #create(key: string, body: Uint8Array, signal: Signal): Promise<boolean> {
    return create(key, body, { ...this.#options, signal });
  }

  async #file(path: VFSPath, signal: Signal): Promise<Looked<FileInfo>> {
    const { found, sure } = await this.#look(signal, () => this.#store.head(this.#keys.file(path), signal));
    if (found === undefined) return { found: undefined, sure };
    const { info } = found;
    return { found: { type: 'file', ...info }, sure };
  }

  /** What `ask` resolves to; `undefined` where the object does not exist. That the bucket does not is an error. */
  async #look<T>(signal: Signal, ask: () => Promise<T>): Promise<Looked<T>> {
    try {
      return { found: await this.#retry(signal, ask), sure: true };
    } catch (error) {
      const said = error instanceof FailedAttempt ? error.failure : undefined;
      if (said !== NOT_THERE && said !== NOT_FOUND) throw error;
      return { found: undefined, sure: said === NOT_THERE };
    }
  }

  /** Makes sure that a 404 without more to it was the store's: a listing, which can be told from others' answers. */
  async #proveAbsent(key: string, signal: Signal): Promise<void> {
    const { objects } = await this.#list({ prefix: key, folded: false, limit: 1 }, signal);
    if (objects[0]?.key === key) throw new FailedAttempt({ ...NOT_S3, retryable: false });
  }

  /** Looks whether there is a directory, by the first two keys in it: the marker sorts before all others. */
  async #folder(path: VFSPath, signal: Signal): Promise<{ found: boolean; filled: boolean; info: FileInfo }> {
    const prefix = this.#keys.directory(path);
    const { objects } = await this.#list({ prefix, folded: false, limit: 2 }, signal);
    const mtimeMs = objects.find(({ key }) => key === prefix)?.mtimeMs;
    return {
      found: objects.length > 0,
      filled: objects.some(({ key }) => key !== prefix),
      info: { type: 'directory', size: 0, ...(mtimeMs === undefined ? {} : { mtimeMs }) },
    };
  }

  async *#pages(query: ListQuery, signal: Signal): AsyncGenerator<Page> {
    let from: string | undefined;
    do {
      const at = from;
      const page = await this.#list({ ...query, from: at }, signal);
      yield page;
      if (page.next !== undefined && page.next === at) {
        throw new FailedAttempt(
          failure('EIO', { detail: 'the listing does not get on: a page names itself as the next' }),
        );
      }
      from = page.next;
    } while (from !== undefined);
  }

  #list(query: ListQuery, signal: Signal): Promise<Page> {
    return this.#retry(signal, () => this.#store.list(query, signal));
  }

  async #remove(keys: readonly string[], signal: Signal): Promise<void> {
    const [first] = keys;
    if (first === undefined) return;
    if (keys.length === 1) return this.#retry(signal, () => this.#store.remove(first, signal));
    try {
      await this.#retry(signal, () => this.#store.removeAll(keys, signal));
    } catch (error) {
      // Some stores take no batches, or want a checksum of them that is not sent any more.
      if (!(error instanceof FailedAttempt) || !['ENOTSUP', 'EINVAL'].includes(error.failure.code))
        throw error;
      for (const key of keys) await this.#retry(signal, () => this.#store.remove(key, signal));
    }
  }

  /**
   * Repeats a request that comes to the same whether it is made once or twice. The SDK's own retries are off, so that
   * this and `create` are the only places where requests are repeated.
   */
  #retry<T>(signal: Signal, send: () => Promise<T>): Promise<T> {
    const { clock, deadlineMs } = this.#options;
    return retry(send, { idempotent: true, failureOf, clock, signal, deadlineMs });
  }

  async #run<T>(op: Operation, path: VFSPath, run: () => Promise<T>): Promise<T> {
    try {
      return await run();
    } catch (error) {
      throw error instanceof VFSError ? error : vfsErrorOf(failureOf(error), op, path, this.#options.where);
    }
  }

  #error(op: Operation, path: VFSPath, code: VFSErrorCode): VFSError {
    const detail = `${MEANING[code] ?? code} (${this.#options.where})`;
    return new VFSError({ code, op, path, adapter: this.adapter, detail });
  }
}

/** What was found, and if nothing was, whether it was the store for certain that said so. */
interface Looked<T> {
  readonly found: T | undefined;
  readonly sure: boolean;
}
