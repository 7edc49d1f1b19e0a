import type { Channel } from './channel.js';
import { Breakdown, Refusal } from './fault.js';
import { typeOf } from './list.js';
import { A_DIRECTORY } from './status.js';

/**
 * Every server takes and sends so many bytes in one request, and ssh2 does too: it cuts what is longer than 31 952 bytes
 * in two, and sends the second part only after the answer to the first, behind the CLOSE.
 */
const CHUNK_BYTES = 30 * 1024;
/** Chunks under way at a time. */
const MOST_CHUNKS = 32;
/** A file is read into memory as a whole; a server that goes on for ever must not use that up. */
export const LARGEST_FILE_BYTES: number = 64 * 1024 * 1024;

export interface WriteOptions {
  readonly exclusive: boolean;
  /** Called once the file has been made or emptied: a failure after that leaves something behind. */
  readonly opened: () => void;
}

/** OPEN, then every WRITE and the CLOSE at once: two round trips for up to a megabyte. */
export async function writeWhole(
  channel: Channel,
  path: string,
  data: Uint8Array,
  { exclusive, opened }: WriteOptions,
): Promise<void> {
  const handle = await channel.open(path, exclusive ? 'wx' : 'w');
  opened();
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  const write = (at: number): Promise<void> =>
    channel.write(handle, bytes.subarray(at, at + CHUNK_BYTES), at);
  const positions = Array.from(
    { length: Math.ceil(bytes.length / CHUNK_BYTES) },
    (_, index) => index * CHUNK_BYTES,
  );
  while (positions.length > MOST_CHUNKS) {
    try {
      await together(positions.splice(0, MOST_CHUNKS).map(write));
    } catch (error) {
      leave(channel, handle);
      throw error;
    }
  }
  // A CLOSE may be what fails: some storage finds out no sooner that it is full.
  await together([...positions.map(write), channel.close(handle)]);
}

/** OPEN, then FSTAT and the first READ at once, which bring all of a small file. */
export async function readWhole(channel: Channel, path: string, signal?: AbortSignal): Promise<Uint8Array> {
  const handle = await channel.open(path, 'r');
  try {
    const [info, first] = await Promise.allSettled([
      channel.fstat(handle),
      channel.read(handle, 0, CHUNK_BYTES),
    ]);
    const { mode, size } = info.status === 'fulfilled' ? info.value : {};
    // Some servers open a directory as if it were a file, and fail only when it is read.
    if (typeOf({ mode }) === 'directory') throw new Refusal(A_DIRECTORY, 'it is a directory');
    if (first.status === 'rejected') throw first.reason;
    return new Uint8Array(Buffer.concat(await rest(channel, handle, { first: first.value, size, signal })));
  } finally {
    leave(channel, handle);
  }
}

/** Reads on to where the file ends: at its size, or where a read brings nothing. */
async function rest(
  channel: Channel,
  handle: Buffer,
  { first, size, signal }: { first: Uint8Array; size: number | undefined; signal: AbortSignal | undefined },
): Promise<Uint8Array[]> {
  const parts = [first];
  let length = first.length;
  let ended = first.length === 0;
  while (!ended && length !== size) {
    signal?.throwIfAborted();
    if (Math.max(length, size ?? 0) > LARGEST_FILE_BYTES) throw tooLarge();
    const missing = Math.ceil(((size ?? 0) - length) / CHUNK_BYTES);
    const reads = Array.from({ length: Math.min(Math.max(missing, 1), MOST_CHUNKS) }, (_, index) =>
      channel.read(handle, length + index * CHUNK_BYTES, CHUNK_BYTES),
    );
    for (const part of await together(reads)) {
      parts.push(part);
      length += part.length;
      ended = part.length === 0;
      if (part.length < CHUNK_BYTES) break; // What comes behind a short part does not join up with it.
    }
  }
  return parts;
}

/** Waits for all of them, so that none goes on unseen, and then fails if one did. */
async function together<T>(calls: readonly Promise<T>[]): Promise<T[]> {
  const results = await Promise.allSettled(calls);
  return results.map((result) => {
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  });
}

/** Closes a file without waiting: nothing depends on it any more. */
function leave(channel: Channel, handle: Buffer): void {
  channel.close(handle).catch(() => undefined);
}

function tooLarge(): Breakdown {
  return new Breakdown({
    code: 'EIO',
    sent: true,
    detail: `the file is longer than ${LARGEST_FILE_BYTES / 1024 / 1024} MiB, or does not end`,
    advice: 'Read it with a tool that does not keep it in memory',
  });
}
