import { describe, expect, test } from 'vitest';
import { backoffMs } from './backoff.js';

const latest = (): number => 1 - Number.EPSILON;
const soonest = (): number => 0;

describe('the wait before the next attempt', () => {
  test('is none after no failure', () => {
    expect(backoffMs(0, false, latest)).toBe(0);
  });

  test('doubles with each failure, up to five seconds', () => {
    expect([1, 2, 3, 6, 7, 1000].map((failures) => Math.round(backoffMs(failures, false, latest)))).toEqual([
      100, 200, 400, 3200, 5000, 5000,
    ]);
  });

  test('is longer after a refusal that will be the same again, so that nobody is locked out', () => {
    expect([1, 2, 20].map((failures) => Math.round(backoffMs(failures, true, latest)))).toEqual([
      1000, 2000, 30_000,
    ]);
  });

  test('is spread over its second half', () => {
    expect(backoffMs(3, false, soonest)).toBe(200);
  });
});
