import type { Outcome, VFSErrorCode } from '@holdfast/vfs';
import { describe, expect, it } from 'vitest';
import {
  aboutOf,
  davError,
  NETWORK,
  networkFailure,
  STATUS,
  statusFailure,
  type About,
} from '../src/errors.js';

const BASE = new URL('https://dav.example/locks/');
const about = (op: About['op'], path: string): About => aboutOf(BASE, op, path);

/** What each status means, and what becomes of a change that is answered so. */
const ROWS: readonly (readonly [status: number, code: VFSErrorCode, ofChange: Outcome])[] = [
  [202, 'EIO', 'unknown'],
  [400, 'EINVAL', 'failed'],
  [401, 'EAUTH', 'failed'],
  [402, 'EACCES', 'failed'],
  [403, 'EACCES', 'failed'],
  [404, 'ENOENT', 'failed'],
  [405, 'ENOTSUP', 'failed'],
  [406, 'ENOTSUP', 'failed'],
  [407, 'EAUTH', 'failed'],
  [408, 'ETIMEDOUT', 'unknown'],
  [409, 'ECONFLICT', 'failed'],
  [410, 'ENOENT', 'failed'],
  [411, 'ENOTSUP', 'failed'],
  [412, 'ECONFLICT', 'failed'],
  [413, 'ENOSPC', 'failed'],
  [414, 'EINVAL', 'failed'],
  [415, 'ENOTSUP', 'failed'],
  [421, 'ECONN', 'failed'],
  [422, 'EINVAL', 'failed'],
  [423, 'EBUSY', 'failed'],
  [424, 'EIO', 'failed'],
  [425, 'EBUSY', 'failed'],
  [428, 'ENOTSUP', 'failed'],
  [429, 'EBUSY', 'failed'],
  [431, 'EINVAL', 'failed'],
  [500, 'EIO', 'unknown'],
  [501, 'ENOTSUP', 'failed'],
  [502, 'ECONN', 'unknown'],
  [503, 'EBUSY', 'unknown'],
  [504, 'ETIMEDOUT', 'unknown'],
  [505, 'ENOTSUP', 'failed'],
  [507, 'ENOSPC', 'failed'],
  [508, 'EIO', 'failed'],
  [511, 'EAUTH', 'failed'],
];

describe('a status', () => {
  it.each(ROWS)('%i is %s, and a change so answered has %s', (status, code, ofChange) => {
    expect(davError(about('mkdir', '/d'), statusFailure(status))).toMatchObject({ code, outcome: ofChange });
    expect(davError(about('ls', '/d'), statusFailure(status))).toMatchObject({ code, outcome: 'failed' });
  });

  it('has a row here if it has one in the table', () => {
    expect(Object.keys(STATUS).map(Number)).toEqual(ROWS.map(([status]) => status));
  });

  it.each<[number, Outcome]>([
    [200, 'unknown'],
    [302, 'unknown'],
    [418, 'failed'],
    [499, 'failed'],
    [599, 'unknown'],
  ])('%i, which the table does not know, is EIO, and a change so answered has %s', (status, outcome) => {
    expect(davError(about('rm', '/d'), statusFailure(status))).toMatchObject({ code: 'EIO', outcome });
  });

  it('after a try that may have been carried out leaves the outcome unknown', () => {
    expect(davError(about('writeFile', '/f'), statusFailure(403), { isDoubtful: true })).toMatchObject({
      code: 'EACCES',
      outcome: 'unknown',
    });
  });

  it('names operation, path, adapter, host and port', () => {
    const error = davError(about('stat', '/no'), statusFailure(404));
    expect(error).toMatchObject({ op: 'stat', path: '/no', adapter: 'webdav' });
    expect(error.message).toContain('dav.example:443');
  });
});

/** What each loss means, what becomes of a change that was on its way, and whether another try is worth it. */
const LOSSES: readonly (readonly [
  code: string,
  means: VFSErrorCode,
  ofChange: Outcome,
  transient: boolean,
])[] = [
  ['ECONNREFUSED', 'ECONN', 'failed', true],
  ['EHOSTUNREACH', 'ECONN', 'unknown', true],
  ['ENETUNREACH', 'ECONN', 'unknown', true],
  ['EAI_AGAIN', 'ECONN', 'failed', true],
  ['ENOTFOUND', 'ECONN', 'failed', false],
  ['ECONNRESET', 'ECONN', 'unknown', true],
  ['EPIPE', 'ECONN', 'unknown', true],
  ['ERR_STREAM_PREMATURE_CLOSE', 'ECONN', 'unknown', true],
  ['ETIMEDOUT', 'ETIMEDOUT', 'unknown', true],
  ['CERT_HAS_EXPIRED', 'ECONN', 'failed', false],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'ECONN', 'failed', false],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'ECONN', 'failed', false],
  ['UNABLE_TO_GET_ISSUER_CERT', 'ECONN', 'failed', false],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'ECONN', 'failed', false],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'ECONN', 'failed', false],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'ECONN', 'failed', false],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'ECONN', 'failed', false],
  ['EPROTO', 'ECONN', 'failed', false],
  ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'EAUTH', 'failed', false],
  ['ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE', 'EAUTH', 'failed', false],
  ['ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', 'EAUTH', 'failed', false],
];

describe('a request without an answer', () => {
  it.each(LOSSES)('by %s is %s, and a change has %s', (code, means, ofChange, retryable) => {
    const lost = networkFailure(code, true);
    expect(davError(about('mkdir', '/d'), lost)).toMatchObject({ code: means, outcome: ofChange });
    expect(davError(about('stat', '/d'), lost)).toMatchObject({ code: means, outcome: 'failed' });
    expect(lost.failure.retryable).toBe(retryable);
  });

  it('has a row here if it has one in the table', () => {
    expect(Object.keys(NETWORK)).toEqual(LOSSES.map(([code]) => code));
  });

  it('that was never sent has failed, unless a try before it was', () => {
    const lost = networkFailure('ECONNRESET', false);
    expect(davError(about('mkdir', '/d'), lost).outcome).toBe('failed');
    expect(davError(about('mkdir', '/d'), lost, { isDoubtful: true }).outcome).toBe('unknown');
  });

  it.each([['EWHAT'], ['constructor'], ['__proto__'], [undefined]])(
    'for a reason that the table does not know is ECONN: %s',
    (code) => {
      expect(davError(about('rm', '/d'), networkFailure(code, true))).toMatchObject({
        code: 'ECONN',
        outcome: 'unknown',
      });
    },
  );
});
