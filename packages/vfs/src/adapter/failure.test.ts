import { describe, expect, test } from 'vitest';
import { FailedAttempt, failure, rowOf, toVFSError, type FailureTable } from './failure.js';

const TABLE: FailureTable = {
  404: failure('ENOENT'),
  500: failure('EIO', { outcome: 'unknown', retryable: true, detail: 'the server failed', advice: 'Look' }),
};

describe('a table of failures', () => {
  test.each([['constructor'], ['__proto__'], ['toString'], ['405'], [undefined]])(
    'has no row for %s',
    (key) => {
      expect(rowOf(TABLE, key)).toBeUndefined();
    },
  );

  test('tells the caller what a row says', () => {
    const error = toVFSError(rowOf(TABLE, 500) ?? failure('EIO'), {
      op: 'mkdir',
      path: '/d',
      adapter: 'some',
    });
    expect(error).toMatchObject({
      code: 'EIO',
      op: 'mkdir',
      path: '/d',
      adapter: 'some',
      outcome: 'unknown',
      detail: 'the server failed',
      advice: 'Look',
    });
  });

  test('knows that a call which changes nothing had no effect', () => {
    const failed = new FailedAttempt(failure('ECONN', { outcome: 'unknown' }));
    expect(toVFSError(failed, { op: 'ls', path: '/', adapter: 'some' }).outcome).toBe('failed');
  });

  test('keeps an attempt in doubt, whatever the last one says', () => {
    const cause = new Error('cut');
    const failed = new FailedAttempt(failure('ENOENT'), { cause, retryAfterMs: 5 }).inDoubt();
    expect(failed).toMatchObject({ failure: { code: 'ENOENT', outcome: 'unknown' }, cause, retryAfterMs: 5 });
    expect(failed.inDoubt()).toBe(failed);
  });
});
