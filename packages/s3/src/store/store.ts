/** An object as a listing or a HEAD shows it. What the store does not tell is absent. */
export interface ObjectInfo {
  readonly size?: number;
  readonly mtimeMs?: number;
  readonly etag?: string;
}

export interface Page {
  readonly objects: readonly (ObjectInfo & { readonly key: string })[];
  /** Common prefixes, each with the delimiter at its end. */
  readonly folders: readonly string[];
  /** Where the next page begins; `undefined` at the last one. */
  readonly next: string | undefined;
}

export interface ListQuery {
  readonly prefix: string;
  /** Whether to fold what lies below a further `/` into folders. */
  readonly folded: boolean;
  readonly limit?: number;
  readonly from?: string | undefined;
}

type Signal = AbortSignal | undefined;

/**
 * A bucket, one method for one request that is sent once. Each rejects with an `S3Failure`; none waits longer than one
 * attempt may take.
 */
export interface Store {
  /** A conditional put: the key must not exist. `nonce` is kept with it, so that its maker can be told later. */
  create(key: string, body: Uint8Array, nonce: string, signal: Signal): Promise<void>;
  put(key: string, body: Uint8Array, signal: Signal): Promise<void>;
  /** Rejects with `EFBIG` if the object is larger than `maxBytes`, of which one byte more is fetched at most. */
  get(key: string, maxBytes: number, signal: Signal): Promise<Uint8Array>;
  head(
    key: string,
    signal: Signal,
  ): Promise<{ readonly info: ObjectInfo; readonly nonce: string | undefined }>;
  list(query: ListQuery, signal: Signal): Promise<Page>;
  /** What does not exist counts as removed. */
  remove(key: string, signal: Signal): Promise<void>;
  /** Up to {@link BATCH} keys, in one request. */
  removeAll(keys: readonly string[], signal: Signal): Promise<void>;
  close(): void;
}

/** Most keys that one request can remove, or list. */
export const BATCH = 1000;
