import { printable, VFSError, type Operation, type VFSErrorCode } from '@holdfast/vfs';
import { outcomeOfSilence } from '@holdfast/vfs/adapter';

/**
 * What a failed request is known to have done.
 * - `none`: nothing, and it never will: it was refused, or never sent.
 * - `maybe`: it may have been carried out, or still may.
 */
export type Effect = 'none' | 'maybe';

export interface Row {
  readonly code: VFSErrorCode;
  readonly effect: Effect;
  /** Whether the same request may well succeed a moment later. */
  readonly again: boolean;
  readonly detail?: string;
  readonly advice?: string;
}

const auth = (detail: string, advice?: string): Row => ({
  code: 'EAUTH',
  effect: 'none',
  again: false,
  detail,
  ...(advice === undefined ? {} : { advice }),
});
const badRequest: Row = {
  code: 'EINVAL',
  effect: 'none',
  again: false,
  detail: 'the store finds the request invalid',
};
// Not ENOENT: a bucket is part of the address, and a lock would take "not there" for "free".
const noBucket: Row = {
  code: 'EINVAL',
  effect: 'none',
  again: false,
  detail: 'there is no such bucket',
  advice: 'Create the bucket, or check its name and the endpoint',
};
const denied: Row = {
  code: 'EACCES',
  effect: 'none',
  again: false,
  detail: 'the store denied it',
  advice:
    'Allow s3:ListBucket on the bucket and s3:GetObject, s3:PutObject and s3:DeleteObject on its objects',
};
const tooFast: Row = {
  code: 'EBUSY',
  effect: 'maybe',
  again: true,
  detail: 'the store asks to slow down',
  advice: 'Retry later, or use longer beats',
};
const full: Row = { code: 'ENOSPC', effect: 'none', again: false };
const wrongRegion: Row = {
  code: 'EINVAL',
  effect: 'none',
  again: false,
  detail: 'the bucket is in another region, or at another endpoint',
  advice: 'Set region (and endpoint) to where the bucket is',
};
const broken: Row = {
  code: 'EIO',
  effect: 'maybe',
  again: true,
  detail: 'the store reported an internal error',
};
export const NOT_THERE: Row = { code: 'ENOENT', effect: 'none', again: false };
export const CONFLICT: Row = {
  code: 'ECONFLICT',
  effect: 'none',
  again: true,
  detail: 'another request for the same key was under way',
};
/** The store knows the request, and says that it will not do it. */
export const NOT_IMPLEMENTED: Row = {
  code: 'ENOTSUP',
  effect: 'none',
  again: false,
  detail: 'the store answered that it does not implement this',
};

/** By the code in the store's answer. Goes before the HTTP status, which says less. */
export const BY_NAME: Readonly<Record<string, Row>> = {
  NoSuchBucket: noBucket,
  NoSuchKey: NOT_THERE,
  NotFound: NOT_THERE,
  AccessDenied: denied,
  AllAccessDisabled: denied,
  AccountProblem: denied,
  InvalidAccessKeyId: auth('the store does not know this access key'),
  SignatureDoesNotMatch: auth('the secret key does not fit the access key, or a proxy changed the request'),
  ExpiredToken: auth('the session token has expired', 'Get fresh credentials, or pass a provider that does'),
  InvalidToken: auth('the session token is not valid'),
  TokenRefreshRequired: auth(
    'the session token has expired',
    'Get fresh credentials, or pass a provider that does',
  ),
  InvalidSecurity: auth('the credentials are not valid'),
  AuthorizationHeaderMalformed: auth('the signature is not for this store', 'Check region and endpoint'),
  RequestTimeTooSkewed: auth(
    'the clock of this machine differs too much from that of the store',
    'Set the clock',
  ),
  RequestExpired: auth('the clock of this machine differs too much from that of the store', 'Set the clock'),
  PreconditionFailed: { code: 'EEXIST', effect: 'none', again: false },
  ConditionalRequestConflict: CONFLICT,
  OperationAborted: CONFLICT,
  NotImplemented: NOT_IMPLEMENTED,
  SlowDown: tooFast,
  ServiceUnavailable: tooFast,
  RequestLimitExceeded: tooFast,
  TooManyRequests: tooFast,
  InternalError: broken,
  RequestTimeout: {
    code: 'ETIMEDOUT',
    effect: 'maybe',
    again: true,
    detail: 'the store waited too long for the request',
  },
  PermanentRedirect: wrongRegion,
  TemporaryRedirect: wrongRegion,
  IllegalLocationConstraintException: wrongRegion,
  KeyTooLongError: { ...badRequest, detail: 'the path is too long: a key has at most 1,024 bytes' },
  InvalidBucketName: { ...badRequest, detail: 'the store does not take this name for a bucket' },
  EntityTooLarge: { ...badRequest, detail: 'the store does not take so large a file' },
  ExcessHeaderValues: {
    ...badRequest,
    advice: "For Google Cloud Storage set createHeader to 'x-goog-if-generation-match'",
  },
  QuotaExceeded: full,
  InsufficientCapacity: full,
  XMinioStorageFull: full,
};

/** By the HTTP status, where the answer has no code: to HEAD there is never one. */
export const BY_STATUS: Readonly<Record<number, Row>> = {
  301: wrongRegion,
  307: wrongRegion,
  308: wrongRegion,
  400: badRequest,
  401: auth('the credentials were not accepted'),
  403: denied,
  404: NOT_THERE,
  405: { ...NOT_IMPLEMENTED, detail: 'there is no S3 at this address: it does not allow the method' },
  409: CONFLICT,
  412: { code: 'EEXIST', effect: 'none', again: false },
  413: { ...badRequest, detail: 'the store does not take so large a file' },
  414: { ...badRequest, detail: 'the path is too long' },
  429: { ...tooFast, effect: 'none' },
  500: broken,
  501: NOT_IMPLEMENTED,
  502: broken,
  503: tooFast,
  504: { code: 'ETIMEDOUT', effect: 'maybe', again: true, detail: 'a gateway gave up waiting for the store' },
  507: full,
};

const unreachable: Row = { code: 'ECONN', effect: 'none', again: true };
const cut: Row = {
  code: 'ECONN',
  effect: 'maybe',
  again: true,
  detail: 'the connection was cut before the answer came',
};
const untrusted: Row = {
  code: 'ECONN',
  effect: 'none',
  again: false,
  detail: "the server's certificate is not trusted",
  advice: 'Check the endpoint, or name your authority in NODE_EXTRA_CA_CERTS',
};

/** By the system's error number, where there was no answer at all. */
export const BY_ERRNO: Readonly<Record<string, Row>> = {
  ECONNREFUSED: { ...unreachable, detail: 'the connection was refused' },
  ENOTFOUND: { ...unreachable, detail: 'the host name is not known' },
  EAI_AGAIN: { ...unreachable, detail: 'the host name cannot be looked up now' },
  EHOSTUNREACH: unreachable,
  ENETUNREACH: unreachable,
  EADDRNOTAVAIL: unreachable,
  ECONNRESET: cut,
  EPIPE: cut,
  ETIMEDOUT: { ...cut, code: 'ETIMEDOUT', detail: 'the connection timed out' },
  DEPTH_ZERO_SELF_SIGNED_CERT: untrusted,
  SELF_SIGNED_CERT_IN_CHAIN: untrusted,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: untrusted,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: untrusted,
  CERT_HAS_EXPIRED: untrusted,
  ERR_TLS_CERT_ALTNAME_INVALID: untrusted,
};

/** By the name of what the SDK throws by itself, and of what this adapter does. */
export const BY_KIND: Readonly<Record<string, Row>> = {
  CredentialsProviderError: auth(
    'no credentials were found',
    'Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, choose a profile, or pass credentials',
  ),
  TokenProviderError: auth('the sign-in has expired', 'Run aws sso login again'),
  AttemptTimeout: {
    code: 'ETIMEDOUT',
    effect: 'maybe',
    again: true,
    detail: 'the store did not answer in time',
  },
  AbortError: {
    code: 'ETIMEDOUT',
    effect: 'maybe',
    again: false,
    detail: 'it was given up before the answer came',
  },
  TimeoutError: {
    code: 'ETIMEDOUT',
    effect: 'maybe',
    again: true,
    detail: 'the store did not answer in time',
  },
};

const noRegion: Row = {
  code: 'EINVAL',
  effect: 'none',
  again: false,
  detail: 'no region is set',
  advice: 'Pass region, or set AWS_REGION',
};
const unheardOf: Row = { code: 'EIO', effect: 'maybe', again: false, detail: 'the answer is not one of S3' };

/** One request that failed, in the adapter's own terms. It holds nothing of what the SDK threw. */
export class S3Failure extends Error {
  override readonly name = 'S3Failure';
  readonly row: Row;

  constructor(row: Row, cause?: Error) {
    super(row.detail ?? row.code, cause === undefined ? {} : { cause });
    this.row = row;
  }

  /** The same failure where an earlier attempt may have had an effect. */
  inDoubt(): S3Failure {
    if (this.row.effect === 'maybe') return this;
    return new S3Failure(
      { ...this.row, effect: 'maybe' },
      this.cause instanceof Error ? this.cause : undefined,
    );
  }
}

/** Tells what became of a request that failed with `error`. */
export function failureOf(error: unknown): S3Failure {
  if (error instanceof S3Failure) return error;
  const { name, code, message, status, requestId, skewCorrected } = traitsOf(error);
  const row =
    (status === undefined ? undefined : (own(BY_NAME, name) ?? BY_STATUS[status] ?? byClass(status))) ??
    own(BY_ERRNO, code) ??
    own(BY_KIND, name) ??
    (/region is missing/i.test(message) ? noRegion : unheardOf);
  // The SDK has learnt the store's time from this very refusal, and signs by it from now on.
  const retried =
    skewCorrected && ['EAUTH', 'EACCES', 'EINVAL'].includes(row.code) ? { ...row, again: true } : row;
  return new S3Failure(
    retried,
    summaryOf({ name, code, message, status, requestId, secretive: row.code === 'EAUTH' }),
  );
}

/** The failure as the caller of `op` gets it. */
export function vfsErrorOf(failure: S3Failure, op: Operation, path: string): VFSError {
  const { code, effect, detail, advice } = failure.row;
  const outcome = effect === 'maybe' ? outcomeOfSilence(op) : 'failed';
  return new VFSError({ code, op, path, adapter: 's3', outcome, detail, advice, cause: failure.cause });
}

function byClass(status: number): Row | undefined {
  if (status >= 500) return broken;
  return status >= 400 ? badRequest : undefined;
}

function own(rows: Readonly<Record<string, Row>>, key: string): Row | undefined {
  return Object.hasOwn(rows, key) ? rows[key] : undefined;
}

interface Traits {
  readonly name: string;
  readonly code: string;
  readonly message: string;
  readonly status: number | undefined;
  readonly requestId: string | undefined;
  readonly skewCorrected: boolean;
}

function traitsOf(error: unknown): Traits {
  const thrown = record(error);
  const metadata = record(thrown['$metadata']);
  const response = record(thrown['$response']);
  const status = metadata['httpStatusCode'] ?? response['statusCode'];
  const text = (value: unknown): string => (typeof value === 'string' ? value : '');
  return {
    name: text(thrown['name']),
    code: text(thrown['code']) || text(record(thrown['cause'])['code']),
    message: text(thrown['message']),
    status: typeof status === 'number' ? status : undefined,
    requestId: text(metadata['requestId']) || undefined,
    skewCorrected: metadata['clockSkewCorrected'] === true,
  };
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

/**
 * What may be shown of an error of the SDK. The error itself may not: it carries the response, and a refused signature
 * comes back with the access key and what was signed.
 */
function summaryOf(traits: Omit<Traits, 'skewCorrected'> & { readonly secretive: boolean }): Error {
  const { name, code, message, status, requestId, secretive } = traits;
  const parts = [
    [name, code].filter((part) => part !== '').join(' '),
    status === undefined ? '' : `HTTP ${status}`,
    requestId === undefined ? '' : `request ${requestId}`,
    secretive ? '' : message.slice(0, 300),
  ];
  const summary = new Error(printable(parts.filter((part) => part !== '').join(', ')));
  summary.name = 'S3Answer';
  return summary;
}
