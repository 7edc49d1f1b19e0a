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
import { FailedAttempt, rowOf } from '@holdfast/vfs/adapter';
import { answerSummary } from '../errors.js';
import { attempt } from './attempt.js';
import { readBody } from './body.js';
import type { Connections } from './connections.js';
import { Renewal } from '../client/credentials.js';
import { exchange, type ExchangeOptions } from './exchange.js';
import { BY_CODE, NOT_THERE, NOT_UNDERSTOOD } from './failures.js';
import { headOf, pageOf } from './listing.js';
import { BATCH, type Store } from './store.js';

/** The metadata field of an object that says which call made it. */
const NONCE = 'holdfast-nonce';

export interface BucketOptions {
  readonly bucket: string;
  /** The client's own. */
  readonly connections: Connections;
  /** Milliseconds of silence after which a single request is given up and its connection closed. */
  readonly silenceMs: number;
  /** Longest time for a single request. */
  readonly longestMs: number;
  readonly clock: Clock;
}

/** What one request is sent with. */
interface Wire {
  readonly options: { readonly abortSignal: AbortSignal };
  readonly progress: () => void;
}

/** The store behind an SDK client that does not retry by itself. */
export function bucketStore(
  client: S3Client,
  { bucket: Bucket, connections, silenceMs, longestMs, clock }: BucketOptions,
): Store {
  const closing = new AbortController();
  const closed = closing.signal;
  // One for each request under way, of which there may be any number.
  setMaxListeners(0, closed);
  const renewal = new Renewal(client);

  const once = <T>(signal: AbortSignal | undefined, send: (wire: Wire) => Promise<T>): Promise<T> =>
    connections.use({ signal, closed }, (giveBack) =>
      attempt((abortSignal, progress) => send({ options: { abortSignal }, progress }), {
        signal,
        closed,
        silenceMs,
        longestMs,
        clock,
        onSilence: () => {
          giveBack();
          connections.agents.dropIdle();
        },
      }),
    );
  const request = <T>(signal: AbortSignal | undefined, send: (wire: Wire) => Promise<T>): Promise<T> =>
    renewal.sending(() => once(signal, send));
  const as = (expected: ExchangeOptions['expected'], { progress }: Wire): ExchangeOptions => ({
    expected,
    progress,
  });

  return {
    create: (Key, Body, nonce, signal) =>
      request(signal, async (wire) => {
        const Metadata = { [NONCE]: nonce };
        await exchange(
          new PutObjectCommand({ Bucket, Key, Body, IfNoneMatch: '*', Metadata }),
          (command) => client.send(command, wire.options),
          as('written', wire),
        );
      }),

    put: (Key, Body, signal) =>
      request(signal, async (wire) => {
        await exchange(
          new PutObjectCommand({ Bucket, Key, Body }),
          (command) => client.send(command, wire.options),
          as('written', wire),
        );
      }),

    get: (Key, maxBytes, signal) =>
      request(signal, async (wire) => {
        // One byte more shows that there is more.
        const Range = Number.isSafeInteger(maxBytes) ? `bytes=0-${maxBytes}` : undefined;
        try {
          const { Body } = await exchange(
            new GetObjectCommand({ Bucket, Key, ...(Range === undefined ? {} : { Range }) }),
            (command) => client.send(command, wire.options),
            as('object', wire),
          );
          if (Body === undefined) return new Uint8Array();
          return await readBody(
            Body as unknown as AsyncIterable<Uint8Array>,
            maxBytes,
            tooLarge,
            wire.progress,
          );
        } catch (error) {
          // The range begins at the first byte, and there is none.
          if (error instanceof FailedAttempt && error.failure === BY_CODE['InvalidRange'])
            return new Uint8Array();
          throw error;
        }
      }),

    head: (Key, signal) =>
      request(signal, async (wire) => {
        const answer = await exchange(
          new HeadObjectCommand({ Bucket, Key }),
          (command) => client.send(command, wire.options),
          as('object', wire),
        );
        const { info, metadata } = headOf(answer);
        return { info, nonce: Object.hasOwn(metadata, NONCE) ? metadata[NONCE] : undefined };
      }),

    list: (query, signal) =>
      request(signal, async (wire) => {
        const answer = await exchange(
          new ListObjectsV2Command({
            Bucket,
            Prefix: query.prefix,
            MaxKeys: query.limit ?? BATCH,
            // Keys may hold what XML cannot.
            EncodingType: 'url',
            ...(query.folded ? { Delimiter: '/' } : {}),
            ...(query.from === undefined ? {} : { ContinuationToken: query.from }),
          }),
          (command) => client.send(command, wire.options),
          as('ListBucketResult', wire),
        );
        return pageOf(answer, query);
      }),

    remove: (Key, signal) =>
      request(signal, async (wire) => {
        try {
          await exchange(
            new DeleteObjectCommand({ Bucket, Key }),
            (command) => client.send(command, wire.options),
            as('removed', wire),
          );
        } catch (error) {
          // Google's answer where others say 204.
          if (!(error instanceof FailedAttempt && error.failure === NOT_THERE)) throw error;
        }
      }),

    removeAll: (keys, signal) =>
      request(signal, async (wire) => {
        const Delete = { Objects: keys.map((Key) => ({ Key })), Quiet: true };
        const { Errors: [first] = [] } = await exchange(
          new DeleteObjectsCommand({ Bucket, Delete }),
          (command) => client.send(command, wire.options),
          as('DeleteResult', wire),
        );
        if (first === undefined) return;
        const code = first.Code ?? '';
        // One of many was refused: others are gone.
        throw new FailedAttempt(
          { ...(rowOf(BY_CODE, code) ?? NOT_UNDERSTOOD), outcome: 'unknown' },
          {
            cause: answerSummary(`${code.slice(0, 300)} for one of several keys`),
          },
        );
      }),

    close() {
      closing.abort();
      client.destroy();
    },
  };
}

function tooLarge(maxBytes: number): FailedAttempt {
  return new FailedAttempt({
    code: 'EFBIG',
    outcome: 'failed',
    retryable: false,
    detail: `the file has more than ${maxBytes} bytes, the most that was to be read`,
  });
}
