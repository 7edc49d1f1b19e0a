import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import type { FailedAttempt, Failure } from '@holdfast/vfs/adapter';
import { failureOf, vfsErrorOf } from '../src/errors.js';
import { BY_CODE, BY_ERRNO, BY_NAME, BY_STATUS } from '../src/store/failures.js';

/** An error as the SDK throws it for an answer of the store. */
function answered(status: number, name = 'UnknownError', more: object = {}): Error {
  const error = Object.assign(new Error('as it was'), {
    $metadata: { httpStatusCode: status, requestId: 'R1' },
    ...more,
  });
  error.name = name;
  return error;
}

function broken(code: string): Error {
  const error = Object.assign(new Error(`connect ${code}`), { code });
  // So the SDK names what was cut.
  error.name = 'TimeoutError';
  return error;
}

type Expected = [code: string, outcome: Failure['outcome'], retryable: boolean];

const CODES: Record<string, Expected> = {
  NoSuchBucket: ['EINVAL', 'failed', false],
  NoSuchKey: ['ENOENT', 'failed', false],
  NotFound: ['ENOENT', 'failed', false],
  AccessDenied: ['EACCES', 'failed', false],
  AllAccessDisabled: ['EACCES', 'failed', false],
  AccountProblem: ['EACCES', 'failed', false],
  InvalidObjectState: ['EACCES', 'failed', false],
  ObjectLocked: ['EACCES', 'failed', false],
  RetentionPolicyNotMet: ['EACCES', 'failed', false],
  'KMS.DisabledException': ['EACCES', 'failed', false],
  'KMS.InvalidStateException': ['EACCES', 'failed', false],
  'KMS.NotFoundException': ['EACCES', 'failed', false],
  InvalidAccessKeyId: ['EAUTH', 'failed', false],
  SignatureDoesNotMatch: ['EAUTH', 'failed', false],
  ExpiredToken: ['EAUTH', 'failed', false],
  ExpiredTokenException: ['EAUTH', 'failed', false],
  InvalidToken: ['EAUTH', 'failed', false],
  TokenRefreshRequired: ['EAUTH', 'failed', false],
  InvalidSecurity: ['EAUTH', 'failed', false],
  AuthorizationHeaderMalformed: ['EAUTH', 'failed', false],
  RequestTimeTooSkewed: ['EAUTH', 'failed', false],
  RequestExpired: ['EAUTH', 'failed', false],
  PreconditionFailed: ['EEXIST', 'failed', false],
  ConditionalRequestConflict: ['ECONFLICT', 'failed', true],
  OperationAborted: ['ECONFLICT', 'failed', true],
  NotImplemented: ['ENOTSUP', 'failed', false],
  SlowDown: ['EBUSY', 'unknown', true],
  ServiceUnavailable: ['EBUSY', 'unknown', true],
  SlowDownRead: ['EBUSY', 'unknown', true],
  SlowDownWrite: ['EBUSY', 'unknown', true],
  RequestLimitExceeded: ['EBUSY', 'unknown', true],
  RequestThrottled: ['EBUSY', 'unknown', true],
  RequestThrottledException: ['EBUSY', 'unknown', true],
  Throttling: ['EBUSY', 'unknown', true],
  ThrottlingException: ['EBUSY', 'unknown', true],
  ThrottledException: ['EBUSY', 'unknown', true],
  'KMS.ThrottlingException': ['EBUSY', 'unknown', true],
  TooManyRequests: ['EBUSY', 'unknown', true],
  TooManyRequestsException: ['EBUSY', 'unknown', true],
  LimitExceededException: ['EBUSY', 'unknown', true],
  ProvisionedThroughputExceededException: ['EBUSY', 'unknown', true],
  PriorRequestNotComplete: ['EBUSY', 'unknown', true],
  BandwidthLimitExceeded: ['EBUSY', 'unknown', true],
  Busy: ['EBUSY', 'unknown', true],
  XMinioServerNotInitialized: ['EBUSY', 'unknown', true],
  InternalError: ['EIO', 'unknown', true],
  XMinioBackendDown: ['EIO', 'unknown', true],
  RequestTimeout: ['ETIMEDOUT', 'unknown', true],
  IncompleteBody: ['ECONN', 'unknown', true],
  BadDigest: ['EIO', 'unknown', true],
  PermanentRedirect: ['EINVAL', 'failed', false],
  TemporaryRedirect: ['EINVAL', 'failed', false],
  IllegalLocationConstraintException: ['EINVAL', 'failed', false],
  InvalidRange: ['EINVAL', 'failed', false],
  InvalidBucketState: ['EINVAL', 'failed', false],
  KeyTooLongError: ['EINVAL', 'failed', false],
  InvalidBucketName: ['EINVAL', 'failed', false],
  EntityTooLarge: ['EINVAL', 'failed', false],
  ExcessHeaderValues: ['EINVAL', 'failed', false],
  QuotaExceeded: ['ENOSPC', 'failed', false],
  StorageLimitExceeded: ['ENOSPC', 'failed', false],
  InsufficientCapacity: ['ENOSPC', 'failed', false],
  InsufficientStorage: ['ENOSPC', 'failed', false],
  XMinioStorageFull: ['ENOSPC', 'failed', false],
  XMinioAdminBucketQuotaExceeded: ['ENOSPC', 'failed', false],
};

const STATUSES: Record<number, Expected> = {
  301: ['EINVAL', 'failed', false],
  302: ['EIO', 'failed', true],
  303: ['EIO', 'failed', true],
  307: ['EINVAL', 'failed', false],
  308: ['EINVAL', 'failed', false],
  400: ['EINVAL', 'failed', false],
  401: ['EAUTH', 'failed', false],
  403: ['EACCES', 'failed', false],
  404: ['ENOENT', 'failed', false],
  405: ['ENOTSUP', 'failed', false],
  407: ['EAUTH', 'failed', false],
  408: ['ETIMEDOUT', 'unknown', true],
  409: ['ECONFLICT', 'failed', true],
  412: ['EEXIST', 'failed', false],
  413: ['EINVAL', 'failed', false],
  414: ['EINVAL', 'failed', false],
  416: ['EINVAL', 'failed', false],
  425: ['EBUSY', 'failed', true],
  429: ['EBUSY', 'failed', true],
  500: ['EIO', 'unknown', true],
  501: ['ENOTSUP', 'failed', false],
  502: ['EIO', 'unknown', true],
  503: ['EBUSY', 'unknown', true],
  504: ['ETIMEDOUT', 'unknown', true],
  507: ['ENOSPC', 'failed', false],
  509: ['EBUSY', 'unknown', true],
  511: ['EIO', 'unknown', true],
};

const ERRNOS: Record<string, Expected> = {
  ECONNREFUSED: ['ECONN', 'failed', true],
  ENOTFOUND: ['ECONN', 'failed', true],
  EAI_AGAIN: ['ECONN', 'failed', true],
  EHOSTUNREACH: ['ECONN', 'failed', true],
  ENETUNREACH: ['ECONN', 'failed', true],
  EADDRNOTAVAIL: ['ECONN', 'failed', true],
  EMFILE: ['ECONN', 'failed', true],
  ECONNRESET: ['ECONN', 'unknown', true],
  EPIPE: ['ECONN', 'unknown', true],
  ETIMEDOUT: ['ETIMEDOUT', 'unknown', true],
  DEPTH_ZERO_SELF_SIGNED_CERT: ['ECONN', 'failed', false],
  SELF_SIGNED_CERT_IN_CHAIN: ['ECONN', 'failed', false],
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: ['ECONN', 'failed', false],
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: ['ECONN', 'failed', false],
  CERT_HAS_EXPIRED: ['ECONN', 'failed', false],
  CERT_NOT_YET_VALID: ['ECONN', 'failed', false],
  ERR_TLS_CERT_ALTNAME_INVALID: ['ECONN', 'failed', false],
  EPROTO: ['ECONN', 'failed', false],
};

const NAMES: Record<string, Expected> = {
  CredentialsProviderError: ['EAUTH', 'failed', false],
  TokenProviderError: ['EAUTH', 'failed', false],
  AbortError: ['ETIMEDOUT', 'unknown', false],
  TimeoutError: ['ETIMEDOUT', 'unknown', true],
};

function triple({ failure }: FailedAttempt): Expected {
  return [failure.code, failure.outcome, failure.retryable];
}

describe('every row of the table', () => {
  test.each(Object.entries(CODES))('by code: %s', (name, expected) => {
    // A code goes before the status it came with.
    expect(triple(failureOf(answered(599, name)))).toEqual(expected);
  });

  test.each(Object.entries(STATUSES))('by status: %s', (status, expected) => {
    expect(triple(failureOf(answered(Number(status))))).toEqual(expected);
  });

  test.each(Object.entries(ERRNOS))('by error number: %s', (code, expected) => {
    expect(triple(failureOf(broken(code)))).toEqual(expected);
  });

  test.each(Object.entries(NAMES))('by name: %s', (name, expected) => {
    const error = new Error('as it was');
    error.name = name;
    expect(triple(failureOf(error))).toEqual(expected);
  });

  test('is tested', () => {
    expect(Object.keys(CODES).sort()).toEqual(Object.keys(BY_CODE).sort());
    expect(Object.keys(STATUSES).sort()).toEqual(Object.keys(BY_STATUS).sort());
    expect(Object.keys(ERRNOS).sort()).toEqual(Object.keys(BY_ERRNO).sort());
    expect(Object.keys(NAMES).sort()).toEqual(Object.keys(BY_NAME).sort());
  });
});

describe('what is in no row', () => {
  test.each<[name: string, error: unknown, expected: Expected]>([
    ['another 4xx is a request that is not valid', answered(418), ['EINVAL', 'failed', false]],
    ['another 5xx may have taken effect', answered(599), ['EIO', 'unknown', true]],
    ['an answer that cannot be read is in doubt', answered(200, 'SyntaxError'), ['EIO', 'unknown', false]],
    ['a defect is in doubt', new TypeError('x is not a function'), ['EIO', 'unknown', false]],
    ['nor is something that is no error', 'boom', ['EIO', 'unknown', false]],
    ['a name that every object has is no code', answered(418, 'constructor'), ['EINVAL', 'failed', false]],
    [
      'an error number may be in the cause',
      new Error('x', { cause: broken('ECONNREFUSED') }),
      ['ECONN', 'failed', true],
    ],
    ['a status may be on the response alone', { $response: { statusCode: 503 } }, ['EBUSY', 'unknown', true]],
    ['a missing region is an option to set', new Error('Region is missing'), ['EINVAL', 'failed', false]],
  ])('%s', (_, error, expected) => {
    expect(triple(failureOf(error))).toEqual(expected);
  });
});

test('a refusal from which the SDK learnt the right time is worth another try', () => {
  const error = answered(403, 'RequestTimeTooSkewed', {
    $metadata: { httpStatusCode: 403, clockSkewCorrected: true },
  });
  expect(failureOf(error).failure).toMatchObject({ code: 'EAUTH', retryable: true });
});

describe('a store that asks to slow down', () => {
  test.each([
    [400, 'ThrottlingException'],
    [403, 'RequestThrottled'],
    [429, 'SlowDown'],
    [429, 'ServiceUnavailable'],
  ])('with status %i and code %s has surely done nothing', (status, name) => {
    expect(failureOf(answered(status, name)).failure).toMatchObject({ code: 'EBUSY', outcome: 'failed' });
  });

  test('is asked again after a second and more, or when it says', () => {
    const { retryAfterMs } = failureOf(answered(503, 'SlowDown'));
    expect(retryAfterMs).toBeGreaterThanOrEqual(1_000);
    expect(retryAfterMs).toBeLessThanOrEqual(1_500);
    expect(failureOf(answered(503, 'SlowDown'), { retryAfterMs: 7_000 }).retryAfterMs).toBe(7_000);
    expect(failureOf(answered(500)).retryAfterMs).toBeUndefined();
  });
});

test.each([
  [301, 'PermanentRedirect'],
  [307, 'TemporaryRedirect'],
  [301, 'UnknownError'],
  [400, 'AuthorizationHeaderMalformed'],
])('a bucket that is elsewhere is named with its region: %i %s', (status, name) => {
  const { failure } = failureOf(answered(status, name), { region: 'eu-west-1' });
  expect(failure).toMatchObject({
    code: 'EINVAL',
    outcome: 'failed',
    retryable: false,
    advice: 'Set region to eu-west-1',
  });
});

test('a bucket that is elsewhere is named with its host, if that is all that is told', () => {
  const answer = answered(307, 'TemporaryRedirect', { Endpoint: 'b-1.s3-eu-west-1.amazonaws.com' });
  expect(failureOf(answer).failure.advice).toContain('https://b-1.s3-eu-west-1.amazonaws.com');
  const forged = answered(307, 'TemporaryRedirect', { Endpoint: 'evil\u001b[2J.example' });
  expect(failureOf(forged).failure).toEqual(failureOf(answered(307, 'TemporaryRedirect')).failure);
});

const WHERE = 'bucket b-1 at https://s3.example';

test('what a change may have done is unknown, what a read may have done is nothing', () => {
  const failed = failureOf(answered(500));
  expect(vfsErrorOf(failed, 'mkdir', '/d', WHERE)).toMatchObject({
    code: 'EIO',
    outcome: 'unknown',
    adapter: 's3',
  });
  expect(vfsErrorOf(failed, 'ls', '/d', WHERE)).toMatchObject({ code: 'EIO', outcome: 'failed' });
  expect(vfsErrorOf(failureOf(answered(403)), 'mkdir', '/d', WHERE)).toMatchObject({ outcome: 'failed' });
});

test('an error names the bucket and its store', () => {
  expect(vfsErrorOf(failureOf(answered(403)), 'ls', '/d', WHERE).message).toContain(WHERE);
});

test('nothing of what a refused signature brings back gets out', () => {
  const secrets = {
    AWSAccessKeyId: 'AKIASECRET',
    StringToSign: 'AWS4-HMAC-SHA256 SECRET',
    $response: { statusCode: 403, headers: { authorization: 'SECRET' } },
    $fault: 'client',
  };
  for (const name of ['SignatureDoesNotMatch', 'InvalidAccessKeyId']) {
    const thrown = answered(403, name, secrets);
    thrown.message = 'The key AKIASECRET is wrong';
    const error = vfsErrorOf(failureOf(thrown), 'ls', '/', WHERE);
    const shown = [error.message, error.stack, JSON.stringify(error), deep(error)].join('\n');
    expect(shown).not.toContain('SECRET');
    expect(error.cause).toMatchObject({ message: `${name}, HTTP 403, request R1` });
  }
});

test('what a store writes into an error cannot drive a terminal, and has a limit', () => {
  const thrown = answered(400, 'Inva\u001b[2JlidArgument');
  thrown.message = `\u001b[2Jgone${'x'.repeat(10_000)}`;
  const error = vfsErrorOf(failureOf(thrown), 'ls', '/', WHERE);
  expect(inspect(error)).not.toContain('\u001b[2J');
  expect((error.cause as Error).message.length).toBeLessThan(1_000);
});

/** Everything that can be reached from `value`, as text. */
function deep(value: unknown, seen = new Set<unknown>()): string {
  if (typeof value !== 'object' || value === null || seen.has(value)) return String(value);
  seen.add(value);
  return Reflect.ownKeys(value)
    .map((key) => deep((value as Record<PropertyKey, unknown>)[key], seen))
    .join('\n');
}
