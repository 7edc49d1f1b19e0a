import type { VFSErrorCode } from '@holdfast/vfs';
import { failure, type Failure, type FailureTable } from '@holdfast/vfs/adapter';

/*
 * What each failure of a request means. Three tables, by what tells most: the code in the store's answer, its HTTP
 * status, and where there was no answer, the system's error number or the name of what the SDK threw.
 */

const failed = (code: VFSErrorCode, detail?: string, advice?: string): Failure =>
  failure(code, { detail, advice });
/** It had no effect, and the same request may well succeed a moment later. */
const refusedNow = (code: VFSErrorCode, detail?: string): Failure =>
  failure(code, { retryable: true, detail });
/** It may have been carried out, or still may; sending it again is worth while. */
const unknown = (code: VFSErrorCode, detail: string, advice?: string): Failure =>
  failure(code, { outcome: 'unknown', retryable: true, detail, advice });

const invalid = (detail: string, advice?: string): Failure => failed('EINVAL', detail, advice);
const auth = (detail: string, advice?: string): Failure => failed('EAUTH', detail, advice);

// Not ENOENT: a bucket is part of the address, and a lock would take "not there" for "free".
const noBucket = invalid('there is no such bucket', 'Create the bucket, or check its name and the endpoint');
const denied = failed(
  'EACCES',
  'the store denied it',
  'Allow s3:ListBucket on the bucket and s3:GetObject, s3:PutObject and s3:DeleteObject on its objects. If a policy demands encryption, an ACL or other headers, set the options encryption, acl or headers',
);
const expired = auth('the credentials have expired', 'Get fresh credentials, or pass a function that does');
const clockSkewed = auth(
  'the clock of this machine differs too much from that of the store',
  'Set the clock',
);
const throttled = unknown('EBUSY', 'the store asks to slow down', 'Retry later, or use longer beats');
const full = failed('ENOSPC', 'no space or quota left');
const noKMSKey = failed(
  'EACCES',
  'the KMS key cannot be used',
  'Check the key, and that this user may use it to encrypt and decrypt',
);
const internal = unknown('EIO', 'the store reported an internal error');
const cutShort = unknown('ECONN', 'the store did not get the whole request');

export const NOT_THERE: Failure = failed('ENOENT');
/** A 404 without a code. Anything on the way can answer that, so by itself it does not prove that nothing is there. */
export const NOT_FOUND: Failure = failed('ENOENT');
export const EXISTS: Failure = failed('EEXIST');
export const CONFLICT: Failure = refusedNow('ECONFLICT', 'another request for the same key was under way');
export const WRONG_REGION: Failure = invalid(
  'the bucket is in another region, or at another endpoint',
  'Set region (and endpoint) to where the bucket is',
);
/** The store knows the request, and says that it will not do it. */
export const NOT_IMPLEMENTED: Failure = failed(
  'ENOTSUP',
  'the store answered that it does not implement this',
);
/** Somebody else answered: a portal, a proxy, a web server. What became of the request is anybody's guess. */
export const NOT_S3: Failure = unknown(
  'EIO',
  'the answer is not one of S3',
  'Check the endpoint, and whether a proxy or a sign-in page answers in place of the store',
);
/** A redirect to somewhere else. It is never followed: what is there is not this bucket. */
export const REDIRECTED: Failure = { ...NOT_S3, outcome: 'failed' };
export const TIMED_OUT: Failure = unknown('ETIMEDOUT', 'the store did not answer in time');
export const ABORTED: Failure = {
  ...unknown('ETIMEDOUT', 'it was given up before the answer came'),
  retryable: false,
};
export const NOT_UNDERSTOOD: Failure = { ...NOT_S3, retryable: false };
export const NO_REGION: Failure = invalid('no region is set', 'Pass region, or set AWS_REGION');
export const NO_CREDENTIALS: Failure = auth(
  'no credentials were found',
  'Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, choose a profile, or pass credentials',
);

/** By the code in the store's answer. Goes before the HTTP status, which says less. */
export const BY_CODE: FailureTable = {
  NoSuchBucket: noBucket,
  NoSuchKey: NOT_THERE,
  // So the SDK calls a 404 without a code.
  NotFound: NOT_FOUND,
  AccessDenied: denied,
  AllAccessDisabled: denied,
  AccountProblem: denied,
  InvalidObjectState: failed('EACCES', 'the object is archived', 'Restore it, or use another storage class'),
  ObjectLocked: failed('EACCES', 'the object is locked until its retention ends'),
  RetentionPolicyNotMet: failed('EACCES', 'the object is locked until its retention ends'),
  'KMS.DisabledException': noKMSKey,
  'KMS.InvalidStateException': noKMSKey,
  'KMS.NotFoundException': noKMSKey,

  InvalidAccessKeyId: auth('the store does not know this access key'),
  SignatureDoesNotMatch: auth('the secret key does not fit the access key, or a proxy changed the request'),
  ExpiredToken: expired,
  ExpiredTokenException: expired,
  TokenRefreshRequired: expired,
  InvalidToken: auth('the session token is not valid'),
  InvalidSecurity: auth('the credentials are not valid'),
  AuthorizationHeaderMalformed: auth('the signature is not for this store', 'Check region and endpoint'),
  RequestTimeTooSkewed: clockSkewed,
  RequestExpired: clockSkewed,

  PreconditionFailed: EXISTS,
  ConditionalRequestConflict: CONFLICT,
  OperationAborted: CONFLICT,
  NotImplemented: NOT_IMPLEMENTED,

  SlowDown: throttled,
  SlowDownRead: throttled,
  SlowDownWrite: throttled,
  ServiceUnavailable: throttled,
  RequestLimitExceeded: throttled,
  RequestThrottled: throttled,
  RequestThrottledException: throttled,
  Throttling: throttled,
  ThrottlingException: throttled,
  ThrottledException: throttled,
  'KMS.ThrottlingException': throttled,
  TooManyRequests: throttled,
  TooManyRequestsException: throttled,
  LimitExceededException: throttled,
  ProvisionedThroughputExceededException: throttled,
  PriorRequestNotComplete: throttled,
  BandwidthLimitExceeded: throttled,
  Busy: throttled,
  XMinioServerNotInitialized: throttled,

  InternalError: internal,
  XMinioBackendDown: internal,
  RequestTimeout: unknown('ETIMEDOUT', 'the store waited too long for the request'),
  IncompleteBody: cutShort,
  BadDigest: unknown('EIO', 'the bytes that arrived are not those that were sent'),

  PermanentRedirect: WRONG_REGION,
  TemporaryRedirect: WRONG_REGION,
  IllegalLocationConstraintException: WRONG_REGION,
  InvalidRange: invalid('the range is not in the file'),
  InvalidBucketState: invalid('the bucket is not in a state to take this'),
  KeyTooLongError: invalid('the path is too long: a key has at most 1,024 bytes'),
  InvalidBucketName: invalid('the store does not take this name for a bucket'),
  EntityTooLarge: invalid('the store does not take so large a file'),
  ExcessHeaderValues: invalid(
    'the store finds the request invalid',
    "For Google Cloud Storage set createHeader to 'x-goog-if-generation-match'",
  ),
  QuotaExceeded: full,
  StorageLimitExceeded: full,
  InsufficientCapacity: full,
  InsufficientStorage: full,
  XMinioStorageFull: full,
  XMinioAdminBucketQuotaExceeded: full,
};

/** By the HTTP status, where the answer has no code: to HEAD there is never one. */
export const BY_STATUS: FailureTable = {
  301: WRONG_REGION,
  302: REDIRECTED,
  303: REDIRECTED,
  307: WRONG_REGION,
  308: WRONG_REGION,
  400: invalid('the store finds the request invalid'),
  401: auth('the credentials were not accepted'),
  403: { ...denied },
  404: NOT_FOUND,
  405: failed('ENOTSUP', 'there is no S3 at this address: it does not allow the method'),
  407: failed('EAUTH', 'a proxy on the way wants credentials of its own'),
  408: unknown('ETIMEDOUT', 'the store waited too long for the request'),
  409: CONFLICT,
  412: EXISTS,
  413: invalid('the store does not take so large a file'),
  414: invalid('the path is too long'),
  416: invalid('the range is not in the file'),
  425: refusedNow('EBUSY', 'the store asks to send it again'),
  429: throttled,
  500: internal,
  501: { ...NOT_IMPLEMENTED },
  502: internal,
  503: throttled,
  504: unknown('ETIMEDOUT', 'a gateway gave up waiting for the store'),
  507: full,
  509: throttled,
  511: { ...NOT_S3, detail: 'a network on the way wants a sign-in' },
};

const unreachable = (detail?: string): Failure => refusedNow('ECONN', detail);
const cut = unknown('ECONN', 'the connection was cut before the answer came');
const untrusted = failed(
  'ECONN',
  "the server's certificate is not trusted",
  'Check the endpoint, or name your authority in NODE_EXTRA_CA_CERTS',
);

/** By the system's error number, where there was no answer at all. */
export const BY_ERRNO: FailureTable = {
  ECONNREFUSED: unreachable('the connection was refused'),
  ENOTFOUND: unreachable('the host name is not known'),
  EAI_AGAIN: unreachable('the host name cannot be looked up now'),
  EHOSTUNREACH: unreachable(),
  ENETUNREACH: unreachable(),
  EADDRNOTAVAIL: unreachable(),
  EMFILE: unreachable('this process has too many open files'),
  ECONNRESET: cut,
  EPIPE: cut,
  ETIMEDOUT: { ...cut, code: 'ETIMEDOUT', detail: 'the connection timed out' },
  DEPTH_ZERO_SELF_SIGNED_CERT: untrusted,
  SELF_SIGNED_CERT_IN_CHAIN: untrusted,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: untrusted,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: untrusted,
  CERT_HAS_EXPIRED: untrusted,
  CERT_NOT_YET_VALID: untrusted,
  ERR_TLS_CERT_ALTNAME_INVALID: untrusted,
  EPROTO: failed(
    'ECONN',
    'the server does not speak TLS as it should',
    'Check the scheme and port of the endpoint',
  ),
};

/** By the name of what the SDK throws by itself. */
export const BY_NAME: FailureTable = {
  CredentialsProviderError: NO_CREDENTIALS,
  TokenProviderError: auth('the sign-in has expired', 'Run aws sso login again'),
  AbortError: ABORTED,
  TimeoutError: TIMED_OUT,
};

/** By the class of the HTTP status, where neither code nor status is in a table. */
export function byClass(status: number): Failure | undefined {
  if (status >= 500) return internal;
  if (status >= 400) return BY_STATUS[400];
  return status >= 300 ? REDIRECTED : undefined;
}
