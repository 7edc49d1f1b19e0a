import { describe, expect, test } from 'vitest';
import {
  BY_ERRNO,
  BY_KIND,
  BY_NAME,
  BY_STATUS,
  failureOf,
  S3Failure,
  vfsErrorOf,
  type Row,
} from './errors.js';

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

type Expected = [code: string, effect: Row['effect'], again: boolean];

const NAMES: Record<string, Expected> = {
  NoSuchBucket: ['EINVAL', 'none', false],
  NoSuchKey: ['ENOENT', 'none', false],
  NotFound: ['ENOENT', 'none', false],
  AccessDenied: ['EACCES', 'none', false],
  AllAccessDisabled: ['EACCES', 'none', false],
  AccountProblem: ['EACCES', 'none', false],
  InvalidAccessKeyId: ['EAUTH', 'none', false],
  SignatureDoesNotMatch: ['EAUTH', 'none', false],
  ExpiredToken: ['EAUTH', 'none', false],
  InvalidToken: ['EAUTH', 'none', false],
  TokenRefreshRequired: ['EAUTH', 'none', false],
  InvalidSecurity: ['EAUTH', 'none', false],
  AuthorizationHeaderMalformed: ['EAUTH', 'none', false],
  RequestTimeTooSkewed: ['EAUTH', 'none', false],
  RequestExpired: ['EAUTH', 'none', false],
  PreconditionFailed: ['EEXIST', 'none', false],
  ConditionalRequestConflict: ['ECONFLICT', 'none', true],
  OperationAborted: ['ECONFLICT', 'none', true],
  NotImplemented: ['ENOTSUP', 'none', false],
  SlowDown: ['EBUSY', 'maybe', true],
  ServiceUnavailable: ['EBUSY', 'maybe', true],
  RequestLimitExceeded: ['EBUSY', 'maybe', true],
  TooManyRequests: ['EBUSY', 'maybe', true],
  InternalError: ['EIO', 'maybe', true],
  RequestTimeout: ['ETIMEDOUT', 'maybe', true],
  PermanentRedirect: ['EINVAL', 'none', false],
  TemporaryRedirect: ['EINVAL', 'none', false],
  IllegalLocationConstraintException: ['EINVAL', 'none', false],
  KeyTooLongError: ['EINVAL', 'none', false],
  InvalidBucketName: ['EINVAL', 'none', false],
  EntityTooLarge: ['EINVAL', 'none', false],
  ExcessHeaderValues: ['EINVAL', 'none', false],
  QuotaExceeded: ['ENOSPC', 'none', false],
  InsufficientCapacity: ['ENOSPC', 'none', false],
  XMinioStorageFull: ['ENOSPC', 'none', false],
};

const STATUSES: Record<number, Expected> = {
  301: ['EINVAL', 'none', false],
  307: ['EINVAL', 'none', false],
  308: ['EINVAL', 'none', false],
  400: ['EINVAL', 'none', false],
  401: ['EAUTH', 'none', false],
  403: ['EACCES', 'none', false],
  404: ['ENOENT', 'none', false],
  405: ['ENOTSUP', 'none', false],
  409: ['ECONFLICT', 'none', true],
  412: ['EEXIST', 'none', false],
  413: ['EINVAL', 'none', false],
  414: ['EINVAL', 'none', false],
  429: ['EBUSY', 'none', true],
  500: ['EIO', 'maybe', true],
  501: ['ENOTSUP', 'none', false],
  502: ['EIO', 'maybe', true],
  503: ['EBUSY', 'maybe', true],
  504: ['ETIMEDOUT', 'maybe', true],
  507: ['ENOSPC', 'none', false],
};

const ERRNOS: Record<string, Expected> = {
  ECONNREFUSED: ['ECONN', 'none', true],
  ENOTFOUND: ['ECONN', 'none', true],
  EAI_AGAIN: ['ECONN', 'none', true],
  EHOSTUNREACH: ['ECONN', 'none', true],
  ENETUNREACH: ['ECONN', 'none', true],
  EADDRNOTAVAIL: ['ECONN', 'none', true],
  ECONNRESET: ['ECONN', 'maybe', true],
  EPIPE: ['ECONN', 'maybe', true],
  ETIMEDOUT: ['ETIMEDOUT', 'maybe', true],
  DEPTH_ZERO_SELF_SIGNED_CERT: ['ECONN', 'none', false],
  SELF_SIGNED_CERT_IN_CHAIN: ['ECONN', 'none', false],
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: ['ECONN', 'none', false],
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: ['ECONN', 'none', false],
  CERT_HAS_EXPIRED: ['ECONN', 'none', false],
  ERR_TLS_CERT_ALTNAME_INVALID: ['ECONN', 'none', false],
};

const KINDS: Record<string, Expected> = {
  CredentialsProviderError: ['EAUTH', 'none', false],
  TokenProviderError: ['EAUTH', 'none', false],
  AttemptTimeout: ['ETIMEDOUT', 'maybe', true],
  AbortError: ['ETIMEDOUT', 'maybe', false],
  TimeoutError: ['ETIMEDOUT', 'maybe', true],
};

function triple({ row }: S3Failure): Expected {
  return [row.code, row.effect, row.again];
}

describe('every row of the table', () => {
  test.each(Object.entries(NAMES))('by code: %s', (name, expected) => {
    // A code goes before the status it came with.
    expect(triple(failureOf(answered(418, name)))).toEqual(expected);
  });

  test.each(Object.entries(STATUSES))('by status: %s', (status, expected) => {
    expect(triple(failureOf(answered(Number(status))))).toEqual(expected);
  });

  test.each(Object.entries(ERRNOS))('by error number: %s', (code, expected) => {
    expect(triple(failureOf(broken(code)))).toEqual(expected);
  });

  test.each(Object.entries(KINDS))('by kind: %s', (name, expected) => {
    const error = new Error('as it was');
    error.name = name;
    expect(triple(failureOf(error))).toEqual(expected);
  });

  test('is tested', () => {
    expect(Object.keys(NAMES).sort()).toEqual(Object.keys(BY_NAME).sort());
    expect(Object.keys(STATUSES).sort()).toEqual(Object.keys(BY_STATUS).sort());
    expect(Object.keys(ERRNOS).sort()).toEqual(Object.keys(BY_ERRNO).sort());
    expect(Object.keys(KINDS).sort()).toEqual(Object.keys(BY_KIND).sort());
  });
});

describe('what is in no row', () => {
  test.each<[name: string, error: unknown, expected: Expected]>([
    ['another 4xx is a request that is not valid', answered(418), ['EINVAL', 'none', false]],
    ['another 5xx may have taken effect', answered(599), ['EIO', 'maybe', true]],
    ['an answer that cannot be read is in doubt', answered(200, 'SyntaxError'), ['EIO', 'maybe', false]],
    ['a defect is in doubt', new TypeError('x is not a function'), ['EIO', 'maybe', false]],
    ['nor is something that is no error', 'boom', ['EIO', 'maybe', false]],
    ['a name that every object has is no code', answered(418, 'constructor'), ['EINVAL', 'none', false]],
    [
      'an error number may be in the cause',
      new Error('x', { cause: broken('ECONNREFUSED') }),
      ['ECONN', 'none', true],
    ],
    ['a status may be on the response alone', { $response: { statusCode: 503 } }, ['EBUSY', 'maybe', true]],
    ['a missing region is an option to set', new Error('Region is missing'), ['EINVAL', 'none', false]],
  ])('%s', (_, error, expected) => {
    expect(triple(failureOf(error))).toEqual(expected);
  });
});

test('a refusal from which the SDK learnt the right time is worth another try', () => {
  const error = answered(403, 'RequestTimeTooSkewed', {
    $metadata: { httpStatusCode: 403, clockSkewCorrected: true },
  });
  expect(failureOf(error).row).toMatchObject({ code: 'EAUTH', again: true });
});

test('a failure keeps that an earlier attempt may have had an effect', () => {
  expect(failureOf(answered(403)).inDoubt().row.effect).toBe('maybe');
});

test('what a change may have done is unknown, what a read may have done is nothing', () => {
  const failure = failureOf(answered(500));
  expect(vfsErrorOf(failure, 'mkdir', '/d')).toMatchObject({
    code: 'EIO',
    outcome: 'unknown',
    adapter: 's3',
  });
  expect(vfsErrorOf(failure, 'ls', '/d')).toMatchObject({ code: 'EIO', outcome: 'failed' });
  expect(vfsErrorOf(failureOf(answered(403)), 'mkdir', '/d')).toMatchObject({ outcome: 'failed' });
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
    const error = vfsErrorOf(failureOf(thrown), 'ls', '/');
    const shown = [error.message, error.stack, JSON.stringify(error), deep(error)].join('\n');
    expect(shown).not.toContain('SECRET');
    expect(error.cause).toMatchObject({ message: `${name}, HTTP 403, request R1` });
  }
});

test('what a store writes into an error cannot drive a terminal', () => {
  const thrown = answered(400, 'InvalidArgument');
  thrown.message = '\u001b[2Jgone';
  expect(failureOf(thrown).cause).toMatchObject({ message: expect.not.stringContaining('\u001b') });
});

/** Everything that can be reached from `value`, as text. */
function deep(value: unknown, seen = new Set<unknown>()): string {
  if (typeof value !== 'object' || value === null || seen.has(value)) return String(value);
  seen.add(value);
  return Reflect.ownKeys(value)
    .map((key) => deep((value as Record<PropertyKey, unknown>)[key], seen))
    .join('\n');
}
