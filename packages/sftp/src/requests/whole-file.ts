import { FailedAttempt, failure } from '@holdfast/vfs/adapter';
import { IS_A_DIRECTORY } from '../errors.js';
import type { Channel } from '../transport/channel.js';
import { ServerRefusal } from '../transport/server-refusal.js';
import { createFile } from './create.js';
import { toldType } from './entry-type.js';

/**
 * Every server takes and sends so many bytes in one request, and ssh2 does too: it cuts what is longer than 31 952 bytes
 * in two, and sends the second part only after the answer to the first, behind the CLOSE.
 */
const CHUNK_BYTES = 30 * 1024;
/** Chunks under way at a time: so few that a heartbeat on the same connection does not wait long behind them. */
const MOST_CHUNKS = 8;
/** A file is read into memory as a whole, and an endless one must not use that up. */
const LARGEST_FILE_BYTES: number = 64 * 1024 * 1024;

export interface WriteOptions {
  readonly exclusive: boolean;
  /** Called once the file has been made or emptied: a failure after that leaves something behind. */
  readonly opened: () => void;
}

/**
 * OPEN, then WRITE and CLOSE at once: two round trips. What takes several WRITEs is closed when they are answered, since
 * some servers work on several requests at a time.
 */
export async function writeWhole(
  channel: Channel,
  path: string,
  data: Uint8Array,
  { exclusive, opened }: WriteOptions,
): Promise<void> {
  const handle = await (exclusive ? createFile(channel, path) : channel.open(path, 'w'));
  opened();
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  const write = (at: number): Promise<void> =>
    channel.write(handle, bytes.subarray(at, at + CHUNK_BYTES), at);
  // A CLOSE may be what fails: some storage finds out no sooner that it is full.
  if (bytes.length <= CHUNK_BYTES) {
    await together([...(bytes.length === 0 ? [] : [write(0)]), channel.close(handle)]);
    return;
  }
  try {
    for (let from = 0; from < bytes.length; from += MOST_CHUNKS * CHUNK_BYTES) {
      const to = Math.min(from + MOST_CHUNKS * CHUNK_BYTES, bytes.length);
      const chunks = Array.from({ length: Math.ceil((to - from) / CHUNK_BYTES) }, (_, index) => index);
      await together(chunks.map((chunk) => write(from + chunk * CHUNK_BYTES)));
    }
  } catch (error) {
    closeUnawaited(channel, handle);
    throw error;
  }
  await channel.close(handle);
}

export interface ReadOptions {
  /** A file with more bytes is refused, and no more than one above it is asked for. */
  readonly maxBytes: number;
  readonly signal: AbortSignal | undefined;
}

/** OPEN, then FSTAT and the first READ at once, which bring all of a small file. */
export async function readWhole(
  channel: Channel,
  path: string,
  { maxBytes, signal }: ReadOptions,
): Promise<Uint8Array> {
  const limit = Math.min(maxBytes, LARGEST_FILE_BYTES);
  const handle = await channel.open(path, 'r');
  try {
    const [info, first] = await Promise.allSettled([
      channel.fstat(handle),
      channel.read(handle, 0, Math.min(CHUNK_BYTES, limit + 1)),
    ]);
    const { mode, size } = info.status === 'fulfilled' ? info.value : {};
    // Some servers open a directory as if it were a file, and fail only when it is read.
    if (toldType({ mode }) === 'directory') throw new ServerRefusal(IS_A_DIRECTORY, 'it is a directory');
    if (first.status === 'rejected') throw first.reason;
    const parts = await readOn(channel, handle, { first: first.value, size, limit, signal });
    return new Uint8Array(Buffer.concat(parts));
  } finally {
    closeUnawaited(channel, handle);
  }
}

interface Begun {
  readonly first: Uint8Array;
  /** What the server says of the file's size. */
  readonly size: number | undefined;
  readonly limit: number;
  readonly signal: AbortSignal | undefined;
}

/** Reads on to where the file ends: at its size, or where a read brings nothing. */
async function readOn(
  channel: Channel,
  handle: Buffer,
  { first, size, limit, signal }: Begun,
): Promise<Uint8Array[]> {
  const parts = [first];
  let length = first.length;
  let ended = first.length === 0;
  while (!ended && length !== size) {
    signal?.throwIfAborted();
    if (Math.max(length, size ?? 0) > limit) throw tooLarge(limit);
    const missing = Math.ceil(((size ?? 0) - length) / CHUNK_BYTES);
    const reads = Array.from({ length: Math.min(Math.max(missing, 1), MOST_CHUNKS) }, (_, index) => {
      const from = length + index * CHUNK_BYTES;
      return channel.read(handle, from, Math.min(CHUNK_BYTES, limit + 1 - from));
    });
    for (const part of await together(reads)) {
      parts.push(part);
      length += part.length;
      ended = part.length === 0;
      if (part.length < CHUNK_BYTES) break; // What comes behind a short part does not join up with it.
    }
  }
  if (length > limit) throw tooLarge(limit);
  return parts;
}

/** Waits for all of them before it fails, so that no rejection is left unhandled. */
async function together<T>(calls: readonly Promise<T>[]): Promise<T[]> {
  const results = await Promise.allSettled(calls);
  return results.map((result) => {
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  });
}

/** Nothing depends on the answer any more. */
function closeUnawaited(channel: Channel, handle: Buffer): void {
  channel.close(handle).catch(() => undefined);
}

function tooLarge(limit: number): FailedAttempt {
  return new FailedAttempt(
    failure('EFBIG', {
      detail: `the file has more than ${limit} bytes`,
      advice:
        limit < LARGEST_FILE_BYTES
          ? 'Raise maxBytes, or read another file'
          : 'That is the most that is read into memory: read it with another tool',
    }),
  );
}
