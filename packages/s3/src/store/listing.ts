import { z } from 'zod';
import { FailedAttempt } from '@holdfast/vfs/adapter';
import { NOT_S3, NOT_UNDERSTOOD } from './failures.js';
import type { ListQuery, ObjectInfo, Page } from './store.js';

const text = z.string().optional();
const size = z.number().int().nonnegative().optional();
const time = z.date().optional().catch(undefined);

const headAnswer = z.object({
  ContentLength: size,
  LastModified: time,
  ETag: text,
  Metadata: z.record(z.string(), z.string()).optional(),
});

const listAnswer = z.object({
  // Not optional: what does not say whether it is all is not all.
  IsTruncated: z.boolean(),
  Prefix: text,
  NextContinuationToken: text,
  EncodingType: text,
  Contents: z.array(z.object({ Key: z.string(), Size: size, LastModified: time, ETag: text })).default([]),
  CommonPrefixes: z.array(z.object({ Prefix: z.string() })).default([]),
});

/** What the SDK made of the answer to a HEAD. */
export function headOf(answer: unknown): { info: ObjectInfo; metadata: Readonly<Record<string, string>> } {
  const { ContentLength, LastModified, ETag, Metadata = {} } = parsed(headAnswer, answer);
  return { info: infoOf(ContentLength, LastModified, ETag), metadata: Metadata };
}

/** What the SDK made of a listing, held against what was asked for. */
export function pageOf(answer: unknown, { prefix, folded }: ListQuery): Page {
  const told = parsed(listAnswer, answer);
  const decode = told.EncodingType === 'url' ? decodedKey : (key: string): string => key;
  const { Prefix: asked = '' } = told;
  const isAsked = asked === prefix || decode(asked) === prefix;
  if (!isAsked) throw damaged('the listing is not that of the folder that was asked for');
  if (told.IsTruncated && told.NextContinuationToken === undefined) {
    throw damaged('the listing goes on, but the store does not say where');
  }
  const objects = told.Contents.map(({ Key, Size, LastModified, ETag }) => ({
    key: decode(Key),
    ...infoOf(Size, LastModified, ETag),
  }));
  const folders = told.CommonPrefixes.map(({ Prefix }) => decode(Prefix));
  if (![...objects.map(({ key }) => key), ...folders].every((key) => key.startsWith(prefix))) {
    throw damaged('the listing has a key that is not in the folder that was asked for');
  }
  if (!folders.every((folder) => folded && folder.endsWith('/'))) {
    throw damaged('the listing has a folder that does not end with a slash');
  }
  return { objects, folders, next: told.IsTruncated ? told.NextContinuationToken : undefined };
}

function parsed<T>(schema: z.ZodType<T>, answer: unknown): T {
  const result = schema.safeParse(answer);
  if (result.success) return result.data;
  throw new FailedAttempt(NOT_S3);
}

function damaged(detail: string): FailedAttempt {
  return new FailedAttempt({ ...NOT_UNDERSTOOD, detail });
}

/** What is not told is left out. */
function infoOf(
  length: number | undefined,
  modified: Date | undefined,
  etag: string | undefined,
): ObjectInfo {
  return {
    ...(length === undefined ? {} : { size: length }),
    ...(modified === undefined ? {} : { mtimeMs: wholeSeconds(modified.getTime()) }),
    ...(etag === undefined || etag === '' ? {} : { etag }),
  };
}

/** A HEAD tells whole seconds. A listing of some stores tells more, and would then seem to speak of another version. */
function wholeSeconds(ms: number): number {
  return Math.floor(ms / 1000) * 1000;
}

/** AWS writes a space as `+` and others as `%20`; a plus sign is `%2B` with all. */
function decodedKey(key: string): string {
  try {
    return decodeURIComponent(key.replaceAll('+', ' '));
  } catch {
    throw damaged('the listing has a key that is not encoded right');
  }
}
