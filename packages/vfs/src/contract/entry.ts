export type EntryType = 'file' | 'directory' | 'other';

/**
 * One name in a listing. What the storage does not tell of it is absent, and never means that nothing changed.
 */
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
  /** Bytes; 0 for a directory. Absent where the storage does not tell. */
  readonly size?: number;
  /** Milliseconds since the epoch by the storage's clock. Absent where the storage does not tell. */
  readonly mtimeMs?: number;
  /** Changes with every write. Absent where the storage has no such thing, or does not tell. */
  readonly etag?: string;
}
