import { parsePath, systemClock, type Clock } from '@holdfast/vfs';
import { isClock, parseOptions as parseBy } from '@holdfast/vfs/adapter';
import { z } from 'zod';
import { environmentEndpoint, isEndpoint, refuseInsecure, type Environment } from './client/endpoint.js';
import { headersOf } from './client/headers.js';

/** The key pair of an account, and the token that goes with it if it is temporary. */
export interface S3Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  /** When they cease to be valid. A provider is asked again before that. */
  readonly expiration?: Date;
}

/** What `s3VFS` takes. Anything else is refused. */
export interface S3VFSOptions {
  readonly bucket: string;
  /** The folder in the bucket that is the root, for instance `locks/prod`. Default: the whole bucket. */
  readonly prefix?: string | undefined;
  /** Default: `AWS_REGION` or the profile's; with an `endpoint` `AWS_REGION` or `us-east-1`. */
  readonly region?: string | undefined;
  /**
   * The address of a store other than AWS, for instance `https://minio.example:9000`.
   * Default: `AWS_ENDPOINT_URL_S3` or `AWS_ENDPOINT_URL`, else AWS.
   */
  readonly endpoint?: string | undefined;
  /** Default: the standard AWS chain (environment, profile, SSO, container, instance). */
  readonly credentials?: S3Credentials | (() => Promise<S3Credentials>) | undefined;
  /** The profile of `~/.aws/config` to use. Default: `AWS_PROFILE`, else `default`. */
  readonly profile?: string | undefined;
  /** Bucket in the path instead of in the host name. Default: `true` with an `endpoint`, else `false`. */
  readonly forcePathStyle?: boolean | undefined;
  /**
   * How to ask for "only if it does not exist". Default `if-none-match`. Google Cloud Storage needs
   * `x-goog-if-generation-match`, which also signs requests Google's way (with HMAC keys).
   */
  readonly createHeader?: CreateHeader | undefined;
  /** How the store is to encrypt what is written. `aws:kms` takes the bucket's key, or `kmsKeyId`. Default: its own choice. */
  readonly encryption?: Encryption | undefined;
  /** The key to encrypt with, where the store's key management has it. */
  readonly kmsKeyId?: string | undefined;
  /** A canned ACL for what is written, for instance `bucket-owner-full-control`. Default: none. */
  readonly acl?: string | undefined;
  /** The storage class of what is written, for instance `STANDARD`. Default: the bucket's. */
  readonly storageClass?: string | undefined;
  /**
   * More headers that the bucket demands, `x-amz-…` or `x-goog-…`. They go with every write; those that name a
   * customer's key, the payer or the expected owner with every request.
   */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Allows plain http to a host that is not this machine: anyone on the way can read and change all. Default `false`. */
  readonly allowInsecureHttp?: boolean | undefined;
  /** Largest file that is read, in bytes. Default 64 MiB. */
  readonly maxFileBytes?: number | undefined;
  /** Longest wait for one call, retries included, in milliseconds. Default 15,000. */
  readonly deadlineMs?: number | undefined;
  /** Default: the machine's clock. */
  readonly clock?: Clock | undefined;
}

export type Encryption = 'AES256' | 'aws:kms' | 'aws:kms:dsse';

export type CreateHeader = 'if-none-match' | 'x-goog-if-generation-match';

/** The options as the rest of the adapter sees them: checked, and with their defaults. */
export interface S3Settings {
  readonly bucket: string;
  /** Empty, or ends with `/`. */
  readonly keyPrefix: string;
  readonly region: string | undefined;
  readonly endpoint: string | undefined;
  readonly credentials: S3VFSOptions['credentials'];
  readonly profile: string | undefined;
  readonly forcePathStyle: boolean;
  readonly createHeader: CreateHeader;
  /** In lower case, those of encryption, ACL and storage class among them. */
  readonly headers: Readonly<Record<string, string>>;
  readonly allowInsecureHttp: boolean;
  readonly maxFileBytes: number;
  readonly deadlineMs: number;
  readonly clock: Clock;
}

const text = z.string().min(1);

/** Not strict: what the SDK's own providers resolve to has more in it. */
const keyPair = z.object({
  accessKeyId: text,
  secretAccessKey: text,
  sessionToken: text.optional(),
  expiration: z.date().optional(),
});

/** Whether a value can serve as credentials. */
export function isKeyPair(value: unknown): value is S3Credentials {
  return keyPair.safeParse(value).success;
}

const headerValue = z
  .string()
  .regex(/^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/, 'must be printable ASCII without blanks at its ends');
/** Not those that the adapter or the signature makes itself. */
const headerName = z
  .string()
  .regex(
    /^x-(amz|goog)-(?!date$|security-token$|content-sha256$|meta-|sdk-|user-agent$|copy-source|checksum-|if-|api-version$)[a-z0-9-]+$/i,
    'must be a header such as x-amz-tagging that is not one of the signature or the condition',
  );

const schema = z.strictObject({
  bucket: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{1,254}$/, 'must be the name of a bucket, such as my-locks')
    .refine((name) => !name.includes('..'), 'must not have ".." in it'),
  prefix: z.string().optional().transform(keyPrefixOf),
  region: z
    .string()
    .regex(/^[A-Za-z0-9-]+$/, 'must be the name of a region, such as eu-central-1')
    .optional(),
  endpoint: z.string().refine(isEndpoint, 'must be a URL such as https://minio.example:9000').optional(),
  credentials: z
    .custom<S3Credentials | (() => Promise<S3Credentials>)>(
      (value) => typeof value === 'function' || isKeyPair(value),
      'must be { accessKeyId, secretAccessKey, sessionToken?, expiration? }, or a function that resolves to it',
    )
    .optional(),
  profile: text.optional(),
  forcePathStyle: z.boolean().optional(),
  createHeader: z.enum(['if-none-match', 'x-goog-if-generation-match']).default('if-none-match'),
  encryption: z.enum(['AES256', 'aws:kms', 'aws:kms:dsse']).optional(),
  kmsKeyId: headerValue.optional(),
  acl: headerValue.optional(),
  storageClass: headerValue.optional(),
  headers: z.record(headerName, headerValue).optional(),
  allowInsecureHttp: z.boolean().default(false),
  maxFileBytes: z
    .number()
    .int()
    .min(1)
    .default(64 * 2 ** 20),
  deadlineMs: z.number().min(100).max(3_600_000).default(15_000),
  clock: z.custom<Clock>(isClock, 'must be a Clock').optional(),
});

/** Checks the options and fills in the defaults, or throws a `VFSError` with code `EINVAL` that says what is allowed. */
export function parseOptions(options: S3VFSOptions, env: Environment = process.env): S3Settings {
  const given = parseBy(schema, options, 's3', 'S3VFSOptions');
  const endpoint = given.endpoint ?? environmentEndpoint(env);
  if (endpoint !== undefined && !given.allowInsecureHttp) refuseInsecure(new URL(endpoint));
  return {
    bucket: given.bucket,
    keyPrefix: given.prefix,
    // Stores other than AWS rarely have regions, but a signature needs one.
    region: given.region ?? (endpoint === undefined ? undefined : env['AWS_REGION'] || 'us-east-1'),
    endpoint,
    // A copy, since the SDK writes into what it is given.
    credentials: typeof given.credentials === 'object' ? { ...given.credentials } : given.credentials,
    profile: given.profile,
    forcePathStyle: given.forcePathStyle ?? endpoint !== undefined,
    createHeader: given.createHeader,
    headers: headersOf(given),
    allowInsecureHttp: given.allowInsecureHttp,
    maxFileBytes: given.maxFileBytes,
    deadlineMs: given.deadlineMs,
    clock: given.clock ?? systemClock,
  };
}

function keyPrefixOf(prefix: string | undefined, context: z.core.$RefinementCtx): string {
  if (prefix === undefined || prefix === '') return '';
  try {
    parsePath(`/${prefix}`, { op: 'open', adapter: 's3' });
  } catch {
    context.addIssue('must be a folder such as locks/prod, without ".", "..", "//" or a "/" at either end');
  }
  return `${prefix}/`;
}
