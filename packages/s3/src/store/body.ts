import { Readable } from 'node:stream';
import { FailedAttempt } from '@holdfast/vfs/adapter';

const CHUNK_BYTES = 64 * 1024;

/**
 * Reads a body to the end, but no further than `maxBytes`.
 *
 * @param progress - called with each part that arrives
 * @throws what `tooLarge` makes of the limit
 */
export async function readBody(
  stream: AsyncIterable<Uint8Array>,
  maxBytes: number,
  tooLarge: (maxBytes: number) => FailedAttempt,
  progress: () => void,
): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of stream) {
    progress();
    length += part.length;
    // To leave the loop closes the connection.
    if (length > maxBytes) throw tooLarge(maxBytes);
    parts.push(part);
  }
  return Buffer.concat(parts, length);
}

/** A body in parts, so that one that is sent slowly can be told from one that is not sent at all. */
export function inParts(body: Uint8Array, progress: () => void): Uint8Array | Readable {
  if (body.length <= CHUNK_BYTES) return body;
  function* parts(): Generator<Uint8Array> {
    for (let at = 0; at < body.length; at += CHUNK_BYTES) {
      progress();
      yield body.subarray(at, at + CHUNK_BYTES);
    }
  }
  return Readable.from(parts(), { objectMode: false, highWaterMark: CHUNK_BYTES });
}
