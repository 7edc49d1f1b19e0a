import { z } from 'zod';
import type { Holder } from './holder.js';
import type { ProcessIdentity } from './identity.js';

/** Longest record that is read. Ours are below 4 KiB; anything longer is not ours. */
export const LONGEST_RECORD_BYTES = 65_536;

/** Longest label, in UTF-16 units. */
export const LONGEST_LABEL = 512;

/** By how many bytes records of one holder may differ. See {@link encodeRecord}. */
const PADDING_CYCLE = 509;

/** The content of a heartbeat file. */
export interface BeatRecord {
  readonly token: number;
  /** Of this claim alone. */
  readonly nonce: string;
  /** How many beats came before. */
  readonly beats: number;
  readonly staleAfterMs: number;
  /** Milliseconds since the epoch by the holder's clock. For people; no verdict rests on it. */
  readonly acquiredAt: number;
  readonly label?: string | undefined;
  readonly process?: ProcessIdentity | undefined;
}

const text = z.string().max(1024);
const recordSchema = z.object({
  token: z.int().positive(),
  nonce: text,
  beats: z.int().nonnegative(),
  staleAfterMs: z.int().positive(),
  acquiredAt: z.number().min(-8.64e15).max(8.64e15),
  label: text.optional(),
  process: z
    .object({
      host: text,
      boot: text.optional(),
      namespace: text.optional(),
      pid: z.int().positive(),
      start: text.optional(),
    })
    .optional(),
});

/**
 * The bytes of a record. Blanks behind it make each beat as long as no other of the last five hundred, so that the
 * size alone shows life where an mtime is coarse or does not move.
 */
export function encodeRecord(record: BeatRecord): string {
  return JSON.stringify(record) + ' '.repeat(record.beats % PADDING_CYCLE);
}

/** Reads what the storage holds; `undefined` for a torn, foreign or hostile record. */
export function decodeRecord(bytes: Uint8Array): BeatRecord | undefined {
  if (bytes.length > LONGEST_RECORD_BYTES) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined; // Torn: it was read while it was being written.
  }
  const parsed = recordSchema.safeParse(value);
  return parsed.success ? parsed.data : undefined;
}

export function holderOf(record: BeatRecord): Holder {
  return { host: record.process?.host, pid: record.process?.pid, label: record.label };
}
