import type { Outcome, VFSErrorCode } from '@holdfast/vfs';
import { describe, expect, it } from 'vitest';
import { STATUS, statusError } from './status.js';

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
    expect(statusError(status, { op: 'mkdir', path: '/d' })).toMatchObject({ code, outcome: ofChange });
    expect(statusError(status, { op: 'ls', path: '/d' })).toMatchObject({ code, outcome: 'failed' });
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
    expect(statusError(status, { op: 'rm', path: '/d' })).toMatchObject({ code: 'EIO', outcome });
  });

  it('after a try that may have been carried out leaves the outcome unknown', () => {
    expect(statusError(403, { op: 'writeFile', path: '/f' }, true)).toMatchObject({
      code: 'EACCES',
      outcome: 'unknown',
    });
  });

  it('names operation, path and adapter', () => {
    expect(statusError(404, { op: 'stat', path: '/no' })).toMatchObject({
      op: 'stat',
      path: '/no',
      adapter: 'webdav',
    });
  });
});
