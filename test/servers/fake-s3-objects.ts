import { createHash } from 'node:crypto';

export interface FakeObject {
  readonly body: Uint8Array;
  readonly etag: string;
  readonly modified: Date;
  readonly metadata: Readonly<Record<string, string>>;
}

export interface FakePage {
  readonly keys: readonly string[];
  readonly folders: readonly string[];
  readonly next: string | undefined;
}

/** The objects of one bucket, in the order of their keys. */
export class FakeObjects {
  readonly #now: () => number;
  readonly #objects = new Map<string, FakeObject>();
  #keys: string[] = [];

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  get size(): number {
    return this.#objects.size;
  }

  get(key: string): FakeObject | undefined {
    return this.#objects.get(key);
  }

  set(key: string, body: Uint8Array, metadata: Readonly<Record<string, string>>): FakeObject {
    const etag = `"${createHash('md5').update(body).digest('hex')}"`;
    const object = { body, etag, modified: new Date(this.#now()), metadata };
    if (!this.#objects.has(key)) this.#keys.splice(this.#from(key), 0, key);
    this.#objects.set(key, object);
    return object;
  }

  /** Many empty objects at once. */
  seed(keys: readonly string[]): void {
    for (const key of keys)
      this.#objects.set(key, { body: EMPTY, etag: '"fill"', modified: new Date(this.#now()), metadata: {} });
    this.#keys = [...this.#objects.keys()].sort();
  }

  delete(key: string): void {
    if (this.#objects.delete(key)) this.#keys.splice(this.#from(key), 1);
  }

  /** What a listing shows: folders stand for all that is below them, and are skipped over, not read. */
  list(prefix: string, delimiter: string, after: string, limit: number): FakePage {
    const keys: string[] = [];
    const folders: string[] = [];
    let at = this.#from(after > prefix ? after : prefix);
    let last = '';
    for (;;) {
      const key = this.#keys[at];
      if (key === undefined || !key.startsWith(prefix)) return { keys, folders, next: undefined };
      if (keys.length + folders.length === limit) return { keys, folders, next: last };
      const end = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
      if (end === -1) {
        keys.push(key);
        last = `${key}\0`;
        at += 1;
      } else {
        const folder = key.slice(0, end + delimiter.length);
        folders.push(folder);
        // The key that sorts behind all that begin with the folder.
        last = folder.slice(0, -1) + String.fromCharCode(folder.charCodeAt(folder.length - 1) + 1);
        at = this.#from(last);
      }
    }
  }

  /** Where `key` is, or would be. */
  #from(key: string): number {
    let low = 0;
    let high = this.#keys.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#keys[middle] ?? '') < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

const EMPTY = Buffer.alloc(0);
