import { expect, it } from 'vitest';
import { isWorthALine } from './waiting-display.js';

it.each([
  ['at first', 7, undefined, 0, true],
  ['of the same holder, within the minute', 7, { token: 7, at: 0 }, 59_999, false],
  ['of the same holder, each minute', 7, { token: 7, at: 0 }, 60_000, true],
  ['of a new holder, right after the last line', 8, { token: 7, at: 0 }, 9_999, false],
  ['of a new holder, a moment later', 8, { token: 7, at: 0 }, 10_000, true],
])('a log is told who is waited for %s', (_, token, said, now, told) => {
  expect(isWorthALine(token, said, now)).toBe(told);
});
