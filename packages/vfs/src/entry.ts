export type EntryType = 'file' | 'directory' | 'other';

/** One name in a listing. */
export interface Entry {
  readonly name: string;
  readonly type: EntryType;
  /** Bytes, where the listing tells. */
  readonly size?: number;
  /** Milliseconds since the epoch by the storage's clock, where the listing tells. */
  readonly mtimeMs?: number;
  /** Changes with every write, where the storage has such a thing and the listing tells. */
  readonly etag?: string;
}

/** What {@link VFS.stat} tells. */
export interface FileInfo {
  readonly type: EntryType;
  /** Bytes; 0 for a directory. */
  readonly size: number;
  /** Milliseconds since the epoch by the storage's clock; `undefined` where a directory has none (S3). */
  readonly mtimeMs: number | undefined;
  /** Changes with every write, where the storage has such a thing. */
  readonly etag?: string;
}
