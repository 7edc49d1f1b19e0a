/** What the server knows of a file. What it did not send is `undefined`. */
export interface Attributes {
  readonly mode?: number | undefined;
  readonly size?: number | undefined;
  /** Seconds since the epoch. */
  readonly mtime?: number | undefined;
}

export interface ListedName {
  readonly filename: string;
  readonly longname: string;
  readonly attrs: Attributes;
}

/** What is in a file system's way of taking one more entry. */
export type Obstacle = 'full' | 'read-only' | 'none';

/** The value of a reply, or `undefined` if it is not the kind of reply that belongs to the request. */
export type Accept<T> = (value: unknown) => readonly [T] | undefined;

export const nothing: Accept<void> = (value) => (value === undefined ? [undefined] : undefined);

export const handle: Accept<Buffer> = (value) => (Buffer.isBuffer(value) ? [value] : undefined);

export const attributes: Accept<Attributes> = (value) => {
  const found = attributesOf(value);
  return found === undefined ? undefined : [found];
};

/** A number of bytes that is at most `longest`. */
export function byteCount(longest: number): Accept<number> {
  return (value) => (typeof value === 'number' && value >= 0 && value <= longest ? [value] : undefined);
}

/** ssh2 tells where in the file the written data ended, which is no part of the server's reply. */
export const position: Accept<unknown> = (value) => (typeof value === 'number' ? [value] : undefined);

export const names: Accept<readonly ListedName[]> = (value) => {
  if (!Array.isArray(value)) return undefined;
  const listed: ListedName[] = [];
  for (const item of value as readonly Record<string, unknown>[]) {
    const { filename, longname } = item;
    const attrs = attributesOf(item['attrs']);
    if (typeof filename !== 'string' || typeof longname !== 'string' || attrs === undefined) return undefined;
    listed.push({ filename, longname, attrs });
  }
  return [listed];
};

/** `statvfs` has bit 0 for "mounted read-only". */
const READ_ONLY = 1;

export const obstacle: Accept<Obstacle> = (value) => {
  if (typeof value !== 'object' || value === null) return undefined;
  const {
    f_bavail: blocks,
    f_favail: files,
    f_files: total,
    f_flag: flags,
  } = value as Record<string, unknown>;
  if (typeof flags === 'number' && (flags & READ_ONLY) !== 0) return ['read-only'];
  // A file system that does not count its files says that it has none.
  return [blocks === 0 || (files === 0 && total !== 0) ? 'full' : 'none'];
};

function attributesOf(value: unknown): Attributes | undefined {
  if (typeof value !== 'object' || value === null || Buffer.isBuffer(value) || Array.isArray(value))
    return undefined;
  const given = value as Record<string, unknown>;
  return { mode: count(given['mode']), size: count(given['size']), mtime: count(given['mtime']) };
}

function count(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}
