import type { Outcome, VFSErrorCode } from '@holdfast/vfs';
import { describe, expect, it } from 'vitest';
import { isTransient, LOSS, lossError, LostExchange } from './lost.js';

/** What each loss means, what becomes of a change that was on its way, and whether another try is worth it. */
const ROWS: readonly (readonly [code: string, means: VFSErrorCode, ofChange: Outcome, transient: boolean])[] =
  [
    ['ECONNREFUSED', 'ECONN', 'failed', true],
    ['EHOSTUNREACH', 'ECONN', 'unknown', true],
    ['ENETUNREACH', 'ECONN', 'unknown', true],
    ['EAI_AGAIN', 'ECONN', 'failed', true],
    ['ENOTFOUND', 'ECONN', 'failed', false],
    ['ECONNRESET', 'ECONN', 'unknown', true],
    ['EPIPE', 'ECONN', 'unknown', true],
    ['ERR_STREAM_PREMATURE_CLOSE', 'ECONN', 'unknown', true],
    ['ETIMEDOUT', 'ETIMEDOUT', 'unknown', true],
    ['TOO_LONG', 'EIO', 'unknown', false],
    ['GIVEN_UP', 'ECONN', 'unknown', false],
    ['CROSS_ORIGIN', 'ECONN', 'unknown', false],
    ['ASTRAY', 'ECONN', 'unknown', false],
    ['CERT_HAS_EXPIRED', 'ECONN', 'failed', false],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'ECONN', 'failed', false],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'ECONN', 'failed', false],
    ['UNABLE_TO_GET_ISSUER_CERT', 'ECONN', 'failed', false],
    ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'ECONN', 'failed', false],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'ECONN', 'failed', false],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'ECONN', 'failed', false],
    ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'EAUTH', 'failed', false],
    ['ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE', 'EAUTH', 'failed', false],
    ['ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', 'EAUTH', 'failed', false],
  ];

describe('a lost exchange', () => {
  it.each(ROWS)('by %s is %s, and a change has %s', (code, means, ofChange, transient) => {
    const lost = new LostExchange(code, true);
    expect(lossError(lost, { op: 'mkdir', path: '/d' }, false)).toMatchObject({
      code: means,
      outcome: ofChange,
    });
    expect(lossError(lost, { op: 'stat', path: '/d' }, false)).toMatchObject({
      code: means,
      outcome: 'failed',
    });
    expect(isTransient(lost)).toBe(transient);
  });

  it('has a row here if it has one in the table', () => {
    expect(Object.keys(LOSS)).toEqual(ROWS.map(([code]) => code));
  });

  it('that was never sent has failed, unless a try before it was', () => {
    const lost = new LostExchange('ECONNRESET', false);
    expect(lossError(lost, { op: 'mkdir', path: '/d' }, false).outcome).toBe('failed');
    expect(lossError(lost, { op: 'mkdir', path: '/d' }, true).outcome).toBe('unknown');
  });

  it('for a reason that the table does not know is ECONN', () => {
    expect(lossError(new LostExchange('EWHAT', true), { op: 'rm', path: '/d' }, false)).toMatchObject({
      code: 'ECONN',
      outcome: 'unknown',
    });
  });
});
