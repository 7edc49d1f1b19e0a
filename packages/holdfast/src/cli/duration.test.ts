import { describe, expect, it } from 'vitest';
import { durationSchema, formatDuration } from './duration.js';

describe('a duration on the command line', () => {
  it.each([
    ['500ms', 500],
    ['10s', 10_000],
    ['1.5s', 1_500],
    ['2m', 120_000],
    ['1h', 3_600_000],
    ['0s', 0],
    ['90', 90_000],
    ['0.5', 500],
    ['1d', 86_400_000],
    ['1h30m', 5_400_000],
    ['1d2h3m4s5ms', 93_784_005],
  ])('reads %s', (text, ms) => {
    expect(durationSchema.parse(text)).toBe(ms);
  });

  it.each([
    '',
    's',
    '-1s',
    '1 s',
    '1e3s',
    '10S',
    '30m1h',
    '1h1h',
    'NaNs',
    '1.s',
    '__proto__',
    '1constructor',
  ])('refuses %j', (text) => {
    expect(durationSchema.safeParse(text).success).toBe(false);
  });

  it.each([
    [0, '0ms'],
    [850, '850ms'],
    [3_400, '3s'],
    [59_999, '59s'],
    [133_000, '2m 13s'],
    [3_840_000, '1h 4m'],
    [273_600_000, '3d 4h'],
    [-5_000, '0s'],
    [Number.NaN, '0s'],
  ])('shows %d ms as %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });
});
