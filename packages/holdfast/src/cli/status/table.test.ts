import { expect, it } from 'vitest';
import { CLAIM, FREE, LOCK, RAW } from './locks.fixture.js';
import { lockTable } from './table.js';

const words = (line = ''): string[] => line.split(/ {2,}/);

it('has a line for each that holds a lock, and below it one for each that waits, in order', () => {
  const shared = {
    ...LOCK,
    id: 'b',
    holders: [
      { ...CLAIM, mode: 'shared' as const },
      { ...CLAIM, token: 6 },
    ],
  };
  const unreadable = {
    id: 'c',
    kind: 'lock' as const,
    state: 'unreadable' as const,
    error: new Error('no rights'),
  };
  const lines = lockTable([FREE, shared, unreadable], 100_000, { columns: undefined, colours: false });
  expect(lines.map((line) => words(line).slice(0, 3))).toStrictEqual([
    ['ID', 'TOKEN', 'STATE'],
    ['a', '-', 'free'],
    ['b', '7', 'shared'],
    ['b', '6', 'held'],
    ['b', '8', 'waits, 1st'],
    ['b', '9', 'waits, 2nd, suspect'],
    ['c', '-', 'unreadable'],
  ]);
  expect(words(lines[2]).slice(4, 6)).toStrictEqual(['40s ago', '1s ago']);
  expect(lines[6]).toContain('no rights');
});

it('counts those who wait as people do', () => {
  const waiters = Array.from({ length: 23 }, (_, at) => ({ ...CLAIM, token: 8 + at }));
  const lines = lockTable([{ ...LOCK, waiters }], 0, { columns: undefined, colours: false });
  const places = lines.slice(2).map((line) => words(line)[2]);
  expect([0, 1, 2, 3, 10, 11, 12, 20, 21, 22].map((at) => places[at]?.slice('waits, '.length))).toStrictEqual(
    '1st 2nd 3rd 4th 11th 12th 13th 21st 22nd 23rd'.split(' '),
  );
});

it('stays within the terminal, one line a claim, whatever the storage holds', () => {
  for (const columns of [undefined, 120, 60, 20]) {
    const lines = lockTable([LOCK, { ...LOCK, id: 'x'.repeat(200) }], 100_000, { columns, colours: false });
    expect(lines).toHaveLength(7);
    for (const line of lines) {
      expect(line).not.toMatch(RAW);
      expect(Array.from(line).length).toBeLessThanOrEqual(columns ?? Infinity);
    }
  }
});
