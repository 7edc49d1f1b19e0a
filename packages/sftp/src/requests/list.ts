import { FailedAttempt, failure } from '@holdfast/vfs/adapter';
import type { Entry, EntryType } from '@holdfast/vfs';
import { isEndOfFile } from '../errors.js';
import type { Channel } from '../transport/channel.js';
import type { ListedName } from '../transport/replies.js';
import { ServerRefusal } from '../transport/server-refusal.js';
import { toldType, triedType } from './entry-type.js';

/** An endless listing must not use up the memory. */
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

/**
 * Lists directories in two round trips: one opens, one asks for all the names at once and closes. How often to ask is
 * known from the last listing of that directory, or guessed from its size the first time. If it was not often enough, the
 * directory is listed anew, to its end.
 */
export class Lister {
  readonly #replies = new Map<string, number>();

  async list(channel: Channel, path: string, signal?: AbortSignal): Promise<Entry[]> {
    const listing = new Listing();
    const known = this.#replies.get(path);
    const requests = known === undefined ? guess(channel, path) : known + 1;
    if (typeof requests !== 'number' || requests <= MOST_REQUESTS) {
      await atOnce(channel, path, requests, listing);
    }
    if (!listing.ended) {
      signal?.throwIfAborted();
      listing.clear();
      await toTheEnd(channel, path, listing, signal);
    }
    this.#remember(path, listing.replies);
    return typed(channel, path, listing.entries, signal);
  }

  #remember(path: string, replies: number): void {
    this.#replies.delete(path);
    this.#replies.set(path, Math.max(replies, FEWEST_REQUESTS - 1));
    const [oldest] = this.#replies.keys();
    if (this.#replies.size > MOST_REMEMBERED && oldest !== undefined) this.#replies.delete(oldest);
  }
}

/** An entry whose type the server may not have told. */
interface Listed extends Omit<Entry, 'type'> {
  readonly type: EntryType | undefined;
}

/** What has come of a listing so far, kept within bounds. */
class Listing {
  entries: Listed[] = [];
  replies = 0;
  ended = false;
  #names = 0;
  #text = 0;

  clear(): void {
    this.entries = [];
    this.replies = 0;
    this.#names = 0;
    this.#text = 0;
  }

  /** @param names of one reply, or `undefined` for the end; what comes after that means nothing */
  add(names: readonly ListedName[] | undefined): void {
    if (this.ended) return;
    if (names === undefined) {
      this.ended = true;
      return;
    }
    if (names.length === 0) throw refused('the server sent an empty part of a listing');
    this.replies++;
    for (const name of names) {
      this.#names++;
      this.#text += name.filename.length + name.longname.length;
      const entry = entryOf(name);
      if (entry !== undefined) this.entries.push(entry);
    }
    if (this.#names > MOST_ENTRIES) throw refused(`the listing has more than ${MOST_ENTRIES} entries`);
    if (this.#text > MOST_TEXT) throw refused(`the listing has more than ${MOST_TEXT} characters of names`);
  }
}

async function atOnce(
  channel: Channel,
  path: string,
  count: number | Promise<number>,
  listing: Listing,
): Promise<void> {
  const [handle, requests] = await Promise.all([channel.opendir(path), count]);
  const asking = ask(channel, handle, requests, listing);
  // A large one is closed when all is answered: some servers work on several requests at a time.
  const isSmall = requests <= FEWEST_REQUESTS;
  if (isSmall) close(channel, handle);
  try {
    await asking;
  } finally {
    if (!isSmall) close(channel, handle);
  }
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
    else if (isEndOfFile(reply.reason)) listing.add(undefined);
    else throw reply.reason;
  }
}

/** Nobody waits for the answer: the listing is complete whether or not this works. */
function close(channel: Channel, handle: Buffer): void {
  channel.close(handle).catch(() => undefined);
}

async function guess(channel: Channel, path: string): Promise<number> {
  try {
    const { size = 0 } = await channel.stat(path);
    if (size <= SMALL_DIRECTORY_BYTES) return FEWEST_REQUESTS;
    return Math.min(Math.ceil(size / BYTES_A_REPLY) + 1, MOST_REQUESTS);
  } catch (error) {
    if (error instanceof ServerRefusal) return FEWEST_REQUESTS;
    throw error;
  }
}

function entryOf({ filename, longname, attrs }: ListedName): Listed | undefined {
  if (filename === '.' || filename === '..') return undefined;
  if (filename === '' || filename.includes('/') || filename.includes('\0')) {
    throw refused('the server listed something that is not a name');
  }
  return {
    name: filename,
    type: toldType(attrs, longname),
    ...(attrs.size !== undefined && { size: attrs.size }),
    ...(attrs.mtime !== undefined && { mtimeMs: attrs.mtime * 1000 }),
  };
}

/** Servers that tell no types are asked for each entry: one more round trip for a small directory. */
async function typed(
  channel: Channel,
  path: string,
  entries: readonly Listed[],
  signal: AbortSignal | undefined,
): Promise<Entry[]> {
  const missing = entries.filter(({ type }) => type === undefined).map(({ name }) => name);
  const types = new Map<string, EntryType>();
  while (missing.length > 0) {
    signal?.throwIfAborted();
    await Promise.all(
      missing
        .splice(0, MOST_REQUESTS)
        .map(async (name) =>
          types.set(name, await triedType(channel, `${path === '/' ? '' : path}/${name}`)),
        ),
    );
  }
  return entries.map(({ type = 'other', size, ...entry }) => {
    const known = types.get(entry.name) ?? type;
    return { ...entry, type: known, ...(known === 'file' && size !== undefined && { size }) };
  });
}

function refused(detail: string): FailedAttempt {
  return new FailedAttempt(failure('EIO', { detail, advice: 'Look at what the server holds there' }));
}
