import { describeIssues, parsePath } from '@holdfast/vfs';
import { z } from 'zod';
import { refused } from './refused.js';

/** The key pair of an account, and the token that goes with it if it is temporary. */
export interface S3Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  /** When they cease to be valid. A provider is asked again before that. */
  readonly expiration?: Date;
}

/** What `s3VFS` takes. Anything else is refused. */
export interface S3Options {
  readonly bucket: string;
  /** The folder in the bucket that is the root, for instance `locks/prod`. Default: the whole bucket. */
  readonly prefix?: string | undefined;
  /** Default: `AWS_REGION` or the profile's; `us-east-1` with an `endpoint`. */
  readonly region?: string | undefined;
  /** The address of a store other than AWS, for instance `https://minio.example:9000`. */
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
  /** Longest wait for one call, retries included, in milliseconds. Default 15,000. */
  readonly deadlineMs?: number | undefined;
}

export type CreateHeader = 'if-none-match' | 'x-goog-if-generation-match';

/** The options as the rest of the adapter sees them: checked, and with their defaults. */
export interface S3Settings {
  readonly bucket: string;
  /** Empty, or ends with `/`. */
  readonly keyPrefix: string;
  readonly region: string | undefined;
  readonly endpoint: string | undefined;
  readonly credentials: S3Options['credentials'];
  readonly profile: string | undefined;
  readonly forcePathStyle: boolean;
  readonly createHeader: CreateHeader;
  readonly deadlineMs: number;
}

const text = z.string().min(1);

/** Not strict: what the SDK's own providers resolve to has more in it. */
const keyPair = z.object({
  accessKeyId: text,
  secretAccessKey: text,
  sessionToken: text.optional(),
  expiration: z.date().optional(),
});

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
      (value) => typeof value === 'function' || keyPair.safeParse(value).success,
      'must be { accessKeyId, secretAccessKey, sessionToken?, expiration? }, or a function that resolves to it',
    )
    .optional(),
  profile: text.optional(),
  forcePathStyle: z.boolean().optional(),
  createHeader: z.enum(['if-none-match', 'x-goog-if-generation-match']).default('if-none-match'),
  deadlineMs: z.number().min(100).max(3_600_000).default(15_000),
});

/** Checks the options and fills in the defaults, or throws a `VFSError` with code `EINVAL` that says what is allowed. */
export function parseOptions(options: S3Options): S3Settings {
  const result = schema.safeParse(options);
  if (!result.success) {
    throw refused(
      describeIssues(result.error),
      `The options are ${Object.keys(schema.shape).join(', ')}; see S3Options`,
    );
  }
  const { prefix, region, endpoint, credentials, profile, forcePathStyle, ...rest } = result.data;
  return {
    ...rest,
    keyPrefix: prefix,
    // Stores other than AWS rarely have regions, but a signature needs one.
    region: region ?? (endpoint === undefined ? undefined : 'us-east-1'),
    endpoint,
    // A copy, since the SDK writes into what it is given.
    credentials: typeof credentials === 'object' ? { ...credentials } : credentials,
    profile,
    forcePathStyle: forcePathStyle ?? endpoint !== undefined,
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

function isEndpoint(value: string): boolean {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  return (
    url !== undefined &&
    (url.protocol === 'https:' || url.protocol === 'http:') &&
    url.username === '' &&
    url.password === '' &&
    url.search === ''
  );
}
