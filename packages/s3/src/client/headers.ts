import { createHash } from 'node:crypto';
import type { S3Client } from '@aws-sdk/client-s3';
import { FailedAttempt, optionError } from '@holdfast/vfs/adapter';
import type { CreateHeader, Encryption, S3Settings } from '../options.js';
import { isLoopback } from './endpoint.js';

interface Request {
  readonly method: string;
  readonly protocol: string;
  readonly hostname: string;
  readonly query?: Readonly<Record<string, unknown>>;
  readonly headers: Record<string, string>;
  readonly body?: unknown;
}

/** Headers that go with each request; the others go with writes alone, where stores look for them. */
const WITH_EVERY =
  /^x-(amz|goog)-(request-payer|expected-bucket-owner|user-project|server-side-encryption-customer-.*|encryption-(algorithm|key|key-sha256))$/;

/** Adds to each request what the bucket demands, and lets none leave that goes unencrypted unless that was allowed. */
export function addHeaders(client: S3Client, { headers, allowInsecureHttp }: S3Settings): void {
  const given = Object.entries(headers);
  client.middlewareStack.add(
    (next) => (args) => {
      const request = args.request as Request;
      // The address may come from a profile, which only the SDK reads.
      if (request.protocol === 'http:' && !allowInsecureHttp && !isLoopback(request.hostname))
        throw insecure();
      const writes = request.method === 'PUT';
      for (const [name, value] of given) {
        if (writes || WITH_EVERY.test(name)) request.headers[name] = value;
      }
      const digest = digestOf(request.body);
      // Buckets with a default retention demand one, and every store knows this oldest kind.
      if (digest !== undefined) request.headers['content-md5'] = digest;
      return next(args);
    },
    { step: 'build', name: 'holdfastHeaders', priority: 'low' },
  );
}

function digestOf(body: unknown): string | undefined {
  if (!(typeof body === 'string' || body instanceof Uint8Array)) return undefined;
  try {
    return createHash('md5').update(body).digest('base64');
  } catch {
    // Where only approved algorithms are allowed (FIPS) there is none.
    return undefined;
  }
}

function insecure(): FailedAttempt {
  return new FailedAttempt({
    code: 'EINVAL',
    outcome: 'failed',
    retryable: false,
    detail: 'the store would be reached by plain http: anyone on the way could read and change everything',
    advice: 'Use https, or set allowInsecureHttp',
  });
}

/** What a bucket may demand of each write, as options. */
export interface Demands {
  readonly encryption?: Encryption | undefined;
  readonly kmsKeyId?: string | undefined;
  readonly acl?: string | undefined;
  readonly storageClass?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly createHeader: CreateHeader;
}

/**
 * The headers that go with requests, in lower case.
 *
 * @throws `VFSError` `EINVAL` for one that the store would not know, or that is given twice
 */
export function headersOf({
  encryption,
  kmsKeyId,
  acl,
  storageClass,
  headers = {},
  createHeader,
}: Demands): Record<string, string> {
  const google = createHeader === 'x-goog-if-generation-match';
  if (google && encryption !== undefined) {
    throw optionError(
      's3',
      'encryption: Google Cloud Storage has no such choice',
      'Set kmsKeyId alone, or headers',
    );
  }
  const named: Record<string, string | undefined> = google
    ? { 'x-goog-encryption-kms-key-name': kmsKeyId, 'x-goog-acl': acl, 'x-goog-storage-class': storageClass }
    : {
        'x-amz-server-side-encryption': encryption ?? (kmsKeyId === undefined ? undefined : 'aws:kms'),
        'x-amz-server-side-encryption-aws-kms-key-id': kmsKeyId,
        'x-amz-acl': acl,
        'x-amz-storage-class': storageClass,
      };
  const result: Record<string, string> = {};
  for (const [name, value] of [...Object.entries(named), ...Object.entries(headers)]) {
    const lower = name.toLowerCase();
    if (value === undefined) continue;
    if (lower in result)
      throw optionError(
        's3',
        `headers: ${lower} is given twice`,
        'Give it once, as a header or as its own option',
      );
    if (google !== lower.startsWith('x-goog-')) {
      throw optionError(
        's3',
        `headers: ${lower} is not for this store`,
        google ? 'Use x-goog- headers' : 'Use x-amz- headers',
      );
    }
    result[lower] = value;
  }
  return result;
}
