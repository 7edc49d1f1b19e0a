import type { Entry, EntryType } from '@holdfast/vfs';
import type { Attributes, Channel, ListedName } from './channel.js';
import { Breakdown, Refusal } from './fault.js';
import { END_OF_FILE } from './status.js';

/** A server that goes on for ever must not use up the memory. */
const MOST_ENTRIES = 200_000;
/** Characters of names, in all. */
const MOST_TEXT = 32 * 1024 * 1024;
/** Most requests for names that are under way at a time. */
const MOST_REQUESTS = 64;
/** One that brings the names of a small directory, one that says that there are no more. */
const FEWEST_REQUESTS = 2;
/** What a directory grows by a reply's worth of names (OpenSSH sends 100): roughly, and enough to guess from. */
const BYTES_A_REPLY = 2_000;
/** What an empty directory may take up already. */
const SMALL_DIRECTORY_BYTES = 4_096;
/** Directories whose length is remembered. */
const MOST_REMEMBERED = 256;

const FILE_TYPE = 0o170000;
const TYPES: ReadonlyMap<number | string | undefined, EntryType> = new Map<number | string, EntryType>([
  [0o040000, 'directory'],
  [0o100000, 'file'],
  ['d', 'directory'],
  ['-', 'file'],
]);

/**
 * Lists directories in two round trips: one opens, one asks for all the names at once and closes. How often to ask is
 * known from the last listing of that directory, or guessed from its size at the first. Should it not have sufficed, the
 * directory is listed anew, to its end.
 */
export class Lister {
  readonly #replies = new Map<string, number>();

  async list(channel: Channel, path: string, signal?: AbortSignal): Promise<Entry[]> {
    const listing = new Listing();
    const known = this.#replies.get(path);
    const asked = known === undefined ? guess(channel, path) : known + 1;
    if (typeof asked !== 'number' || asked <= MOST_REQUESTS) await atOnce(channel, path, asked, listing);
    if (!listing.ended) {
      signal?.throwIfAborted();
      listing.clear();
      await toTheEnd(channel, path, listing, signal);
    }
    this.#remember(path, listing.replies);
    return listing.entries;
  }

  #remember(path: string, replies: number): void {
    this.#replies.delete(path);
    this.#replies.set(path, Math.max(replies, FEWEST_REQUESTS - 1));
    const [oldest] = this.#replies.keys();
    if (this.#replies.size > MOST_REMEMBERED && oldest !== undefined) this.#replies.delete(oldest);
  }
}

/** What has come of a listing so far, kept within bounds. */
class Listing {
  entries: Entry[] = [];
  replies = 0;
  ended = false;
  #text = 0;

  clear(): void {
    this.entries = [];
    this.replies = 0;
    this.#text = 0;
  }

  /** @param names of one reply, or `undefined` for the end; what follows that means nothing */
  add(names: readonly ListedName[] | undefined): void {
    if (this.ended) return;
    if (names === undefined) {
      this.ended = true;
      return;
    }
    if (names.length === 0) throw senseless('the server sent an empty part of a listing');
    this.replies++;
    for (const name of names) {
      this.#text += name.filename.length + name.longname.length;
      const entry = entryOf(name);
      if (entry !== undefined) this.entries.push(entry);
    }
    if (this.entries.length > MOST_ENTRIES || this.#text > MOST_TEXT) {
      throw senseless(`the listing does not end: ${this.entries.length} entries so far`);
    }
  }
}

async function atOnce(
  channel: Channel,
  path: string,
  asked: number | Promise<number>,
  listing: Listing,
): Promise<void> {
  const [handle, requests] = await Promise.all([channel.opendir(path), asked]);
  const asking = ask(channel, handle, requests, listing);
  close(channel, handle);
  await asking;
}

async function toTheEnd(
  channel: Channel,
  path: string,
  listing: Listing,
  signal: AbortSignal | undefined,
): Promise<void> {
  const handle = await channel.opendir(path);
  try {
    while (!listing.ended) {
      signal?.throwIfAborted();
      await ask(channel, handle, MOST_REQUESTS, listing);
    }
  } finally {
    close(channel, handle);
  }
}

async function ask(channel: Channel, handle: Buffer, requests: number, listing: Listing): Promise<void> {
  const replies = await Promise.allSettled(Array.from({ length: requests }, () => channel.readdir(handle)));
  for (const reply of replies) {
    if (listing.ended) return;
    if (reply.status === 'fulfilled') listing.add(reply.value);
    else if (isEnd(reply.reason)) listing.add(undefined);
    else throw reply.reason;
  }
}

/** Nobody waits for the answer: should it fail, the listing is none the worse. */
function close(channel: Channel, handle: Buffer): void {
  channel.close(handle).catch(() => undefined);
}

export function typeOf({ mode }: Attributes, longname = ''): EntryType {
  return TYPES.get(mode === undefined ? longname[0] : mode & FILE_TYPE) ?? 'other';
}

async function guess(channel: Channel, path: string): Promise<number> {
  try {
    const { size = 0 } = await channel.stat(path);
    if (size <= SMALL_DIRECTORY_BYTES) return FEWEST_REQUESTS;
    return Math.min(Math.ceil(size / BYTES_A_REPLY) + 1, MOST_REQUESTS);
  } catch (error) {
    if (error instanceof Refusal) return FEWEST_REQUESTS;
    throw error;
  }
}

function entryOf({ filename, longname, attrs }: ListedName): Entry | undefined {
  if (filename === '.' || filename === '..') return undefined;
  if (filename === '' || filename.includes('/') || filename.includes('\0')) {
    throw senseless('the server listed something that is not a name');
  }
  const type = typeOf(attrs, longname);
  return {
    name: filename,
    type,
    ...(type === 'file' && attrs.size !== undefined && { size: attrs.size }),
    ...(attrs.mtime !== undefined && { mtimeMs: attrs.mtime * 1000 }),
  };
}

function isEnd(error: unknown): boolean {
  return error instanceof Refusal && error.status === END_OF_FILE;
}

function senseless(detail: string): Breakdown {
  return new Breakdown({ code: 'EIO', sent: true, detail, advice: 'Look at what the server holds there' });
}
