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
 * Lists directories in two round trips: one opens, one asks for all the names at once. How often to ask is known from
 * the last listing of that directory, or guessed from its size at the first; should it not suffice, it goes on.
 */
export class Lister {
  readonly #requests = new Map<string, number>();

  async list(channel: Channel, path: string, signal?: AbortSignal): Promise<Entry[]> {
    const known = this.#requests.get(path);
    const [handle, guessed] = await Promise.all([channel.opendir(path), known ?? guess(channel, path)]);
    try {
      const entries: Entry[] = [];
      let replies = 0;
      let text = 0;
      for (let requests = guessed; ; requests = MOST_REQUESTS) {
        signal?.throwIfAborted();
        for (const names of await batch(channel, handle, requests)) {
          if (names === undefined) {
            this.#remember(path, replies);
            return entries;
          }
          replies++;
          if (names.length === 0) throw senseless('the server sent an empty part of a listing');
          for (const name of names) {
            text += name.filename.length + name.longname.length;
            const entry = entryOf(name);
            if (entry !== undefined) entries.push(entry);
          }
          if (entries.length > MOST_ENTRIES || text > MOST_TEXT) {
            throw senseless(`the listing does not end: ${entries.length} entries so far`);
          }
        }
      }
    } finally {
      // Nobody waits for this reply: should it fail, the listing is none the worse.
      channel.close(handle).catch(() => undefined);
    }
  }

  #remember(path: string, replies: number): void {
    this.#requests.delete(path);
    this.#requests.set(path, Math.min(Math.max(replies + 1, FEWEST_REQUESTS), MOST_REQUESTS));
    const [oldest] = this.#requests.keys();
    if (this.#requests.size > MOST_REMEMBERED && oldest !== undefined) this.#requests.delete(oldest);
  }
}

export function typeOf({ mode }: Attributes, longname = ''): EntryType {
  return TYPES.get(mode === undefined ? longname[0] : mode & FILE_TYPE) ?? 'other';
}

/** What the reply to each of `requests` requests brought; `undefined` is the end, and what follows it means nothing. */
async function batch(
  channel: Channel,
  handle: Buffer,
  requests: number,
): Promise<(readonly ListedName[] | undefined)[]> {
  const replies = await Promise.allSettled(Array.from({ length: requests }, () => channel.readdir(handle)));
  const parts: (readonly ListedName[] | undefined)[] = [];
  for (const reply of replies) {
    if (reply.status === 'fulfilled') parts.push(reply.value);
    else if (isEnd(reply.reason)) return [...parts, undefined];
    else throw reply.reason;
  }
  return parts;
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
