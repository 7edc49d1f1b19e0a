import { setMaxListeners } from 'node:events';
import {
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import type { Clock } from '@holdfast/vfs';
import { z } from 'zod';
import { attempt } from './attempt.js';
import { BY_NAME, failureOf, S3Failure } from './errors.js';
import { BATCH, type ListQuery, type ObjectInfo, type Page, type Store } from './store.js';

/** The metadata field of an object that says which call made it. */
const NONCE = 'holdfast-nonce';

export interface BucketOptions {
  readonly bucket: string;
  /** Milliseconds after which a single request is given up and its connection closed. */
  readonly attemptMs: number;
  readonly clock: Clock;
}

/** The store behind an SDK client that does not retry by itself. */
export function bucketStore(client: S3Client, { bucket: Bucket, attemptMs, clock }: BucketOptions): Store {
  const closing = new AbortController();
  // One for each request under way, of which there may be any number.
  setMaxListeners(0, closing.signal);
  const once = <T>(
    signal: AbortSignal | undefined,
    send: (options: { abortSignal: AbortSignal }) => Promise<T>,
  ): Promise<T> =>
    attempt((abortSignal) => send({ abortSignal }), {
      signal,
      closed: closing.signal,
      attemptMs,
      clock,
    });

  return {
    create: (Key, Body, nonce, signal) =>
      once(signal, async (options) => {
        const Metadata = { [NONCE]: nonce };
        await client.send(new PutObjectCommand({ Bucket, Key, Body, IfNoneMatch: '*', Metadata }), options);
      }),

    put: (Key, Body, signal) =>
      once(signal, async (options) => {
        await client.send(new PutObjectCommand({ Bucket, Key, Body }), options);
      }),

    get: (Key, signal) =>
      once(signal, async (options) => {
        const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }), options);
        return (await Body?.transformToByteArray()) ?? new Uint8Array();
      }),

    head: (Key, signal) =>
      once(signal, async (options) => {
        const answer = await client.send(new HeadObjectCommand({ Bucket, Key }), options);
        const { ContentLength, LastModified, ETag, Metadata } = parsed(headAnswer, answer);
        return { ...infoOf(ContentLength, LastModified, ETag), nonce: Metadata?.[NONCE] };
      }),

    list: ({ prefix, folded, limit = BATCH, from }: ListQuery, signal) =>
      once(signal, async (options) => {
        const answer = await client.send(
          new ListObjectsV2Command({
            Bucket,
            Prefix: prefix,
            MaxKeys: limit,
            // Keys may hold what XML cannot.
            EncodingType: 'url',
            ...(folded ? { Delimiter: '/' } : {}),
            ...(from === undefined ? {} : { ContinuationToken: from }),
          }),
          options,
        );
        return pageOf(parsed(listAnswer, answer));
      }),

    remove: (Key, signal) =>
      once(signal, async (options) => {
        await client.send(new DeleteObjectCommand({ Bucket, Key }), options);
      }),

    removeAll: (keys, signal) =>
      once(signal, async (options) => {
        const Delete = { Objects: keys.map((Key) => ({ Key })), Quiet: true };
        const { Errors: [first] = [] } = await client.send(
          new DeleteObjectsCommand({ Bucket, Delete }),
          options,
        );
        if (first === undefined) return;
        const row = BY_NAME[first.Code ?? ''];
        // One of many was refused: others are gone.
        throw row === undefined ? failureOf(first) : new S3Failure({ ...row, effect: 'maybe' });
      }),

    close() {
      closing.abort();
      client.destroy();
    },
  };
}

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
  IsTruncated: z.boolean().optional(),
  NextContinuationToken: text,
  EncodingType: text,
  Contents: z.array(z.object({ Key: z.string(), Size: size, LastModified: time, ETag: text })).default([]),
  CommonPrefixes: z.array(z.object({ Prefix: z.string() })).default([]),
});

function parsed<T>(schema: z.ZodType<T>, answer: unknown): T {
  const result = schema.safeParse(answer);
  if (result.success) return result.data;
  throw new S3Failure({ code: 'EIO', effect: 'maybe', again: false, detail: 'the answer is not one of S3' });
}

function infoOf(
  length: number | undefined,
  modified: Date | undefined,
  etag: string | undefined,
): ObjectInfo {
  const mtimeMs = modified?.getTime();
  return { size: length ?? 0, mtimeMs: mtimeMs === undefined ? undefined : wholeSeconds(mtimeMs), etag };
}

/** A HEAD tells whole seconds. A listing of some stores tells more, and would then seem to speak of another version. */
function wholeSeconds(ms: number): number {
  return Math.floor(ms / 1000) * 1000;
}

function pageOf(answer: z.infer<typeof listAnswer>): Page {
  const decode = answer.EncodingType === 'url' ? decodedKey : (key: string): string => key;
  if (answer.IsTruncated === true && answer.NextContinuationToken === undefined) {
    throw new S3Failure({
      code: 'EIO',
      effect: 'none',
      again: false,
      detail: 'the listing goes on, but the store does not say where',
    });
  }
  return {
    objects: answer.Contents.map(({ Key, Size, LastModified, ETag }) => ({
      key: decode(Key),
      ...infoOf(Size, LastModified, ETag),
    })),
    folders: answer.CommonPrefixes.map(({ Prefix }) => decode(Prefix)),
    next: answer.IsTruncated === true ? answer.NextContinuationToken : undefined,
  };
}

/** AWS writes a space as `+` and others as `%20`; a plus sign is `%2B` with all. */
function decodedKey(key: string): string {
  try {
    return decodeURIComponent(key.replaceAll('+', ' '));
  } catch {
    throw new S3Failure({
      code: 'EIO',
      effect: 'none',
      again: false,
      detail: 'the listing has a key that is not encoded right',
    });
  }
}
