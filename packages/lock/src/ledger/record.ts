import { z } from 'zod';
import type { Holder, ProcessIdentity } from '../identity/index.js';

/** Longest record that is read. Ours are below 4 KiB; anything longer is not ours. */
export const LONGEST_RECORD_BYTES = 16_384;

/** Longest label, in UTF-16 units. */
export const LONGEST_LABEL = 512;

/** So many beats in a row differ in length. Rule 6. */
const LENGTHS = 256;

/** Who has a claim: the content of a claim that is a file, and of a heartbeat. For people; no verdict rests on it. */
export interface ClaimRecord {
  readonly token: number;
  /** Of this claim, and of those that are further names of its file. */
  readonly nonce: string;
  readonly staleAfterMs: number;
  /** Milliseconds since the epoch by the holder's clock, when it asked. */
  readonly since: number;
  readonly label?: string | undefined;
  /** Of all claims that one lock manager makes: see `lockManager`. */
  readonly client?: string | undefined;
  readonly process?: ProcessIdentity | undefined;
}

const text = z.string().max(1024);
const recordSchema = z.object({
  token: z.int().positive(),
  nonce: text,
  staleAfterMs: z.int().positive(),
  since: z.number().min(-8.64e15).max(8.64e15),
  label: text.optional(),
  client: text.optional(),
  process: z
    .object({
      host: text,
      boot: text.optional(),
      pidNamespace: text.optional(),
      timeNamespace: text.optional(),
      pid: z.int().positive(),
      start: text.optional(),
    })
    .optional(),
});

/** The larger part of a record is the same in all of a process. */
const encodedProcesses = new WeakMap<ProcessIdentity, string>();

/** The bytes of the record of a claim. */
export function encodeRecord({
  token,
  nonce,
  staleAfterMs,
  since,
  label,
  client,
  process,
}: ClaimRecord): string {
  const fields = [
    `{"token":${token}`,
    `"nonce":${JSON.stringify(nonce)}`,
    `"staleAfterMs":${staleAfterMs}`,
    `"since":${since}`,
  ];
  if (label !== undefined) fields.push(`"label":${JSON.stringify(label)}`);
  if (client !== undefined) fields.push(`"client":${JSON.stringify(client)}`);
  if (process !== undefined) fields.push(`"process":${encodeProcess(process)}`);
  // One string, where adding to one would keep all its pieces: each of ten thousand leases keeps its record.
  return `${fields.join(',')}}`;
}

function encodeProcess(process: ProcessIdentity): string {
  let encoded = encodedProcesses.get(process);
  if (encoded === undefined) encodedProcesses.set(process, (encoded = JSON.stringify(process)));
  return encoded;
}

/**
 * The bytes of a heartbeat: the record with trailing spaces, so that no two of the last {@link LENGTHS} beats are of one
 * length. So its size alone shows life where an mtime is coarse or does not move.
 *
 * @param encoded of `encodeRecord`
 */
export function encodeBeat(encoded: string, beat: number): string {
  return encoded + ' '.repeat(beat % LENGTHS);
}

/** Reads what the storage holds; `undefined` for a torn, foreign or hostile record. */
export function decodeRecord(bytes: Uint8Array): ClaimRecord | undefined {
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

export function holderOf(record: ClaimRecord): Holder {
  return { host: record.process?.host, pid: record.process?.pid, label: record.label };
}
