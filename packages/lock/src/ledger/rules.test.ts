import { describe, expect, it } from 'vitest';
import { lookAt } from './look.fixture.js';
import { HIGHEST_NUMBER } from './names.js';
import {
  confirm,
  FIRST_WINDOW_MS,
  holdersAndWaiters,
  inTheWay,
  isLive,
  liveBelow,
  lossIn,
  newOrigin,
  remaining,
  windowOf,
  type TurnRule,
  type Wish,
} from './rules.js';

const readersWriter: TurnRule = { kind: 'readers-writer' };
const permits = (count: number): TurnRule => ({ kind: 'permits', permits: count });
const exclusive: Wish = { mode: 'exclusive', permits: 1 };
const shared: Wish = { mode: 'shared', permits: 1 };

describe('the origin of a new ledger', () => {
  it('is the time in microseconds, nearly, with a random end', () => {
    expect(newOrigin({ highest: 0 }, 1_767_225_600_123, 0)).toBe(1_767_225_600_123_000);
    expect(newOrigin({ highest: 0 }, 1_767_225_600_123, 0.999_999)).toBe(1_767_225_600_123_999);
  });

  it('is above every number that is listed, though the clock was set back', () => {
    expect(newOrigin({ highest: 1_767_225_600_123_999 }, 0, 0.5)).toBe(1_767_225_600_124_000);
  });

  it('is a number whatever the clock says', () => {
    expect(newOrigin({ highest: 0 }, -5, 0)).toBe(1);
    expect(newOrigin({ highest: 0 }, 1e15, 0)).toBe(HIGHEST_NUMBER);
    expect(newOrigin({ highest: HIGHEST_NUMBER }, 0, 0)).toBe(HIGHEST_NUMBER);
  });
});

describe('a claim', () => {
  const claim = { number: 8, origin: 5 };

  it('is confirmed if it stands and every number from the floor up to it is a claim', () => {
    expect(confirm(lookAt('5.origin', '6', '6.free', '7', '8'), claim)).toEqual({ kind: 'confirmed' });
    expect(confirm(lookAt('5.origin', '7.floor', '8'), claim)).toEqual({ kind: 'confirmed' });
    expect(confirm(lookAt('5.origin', '6.floor', '7', '8', '9'), claim)).toEqual({ kind: 'confirmed' });
  });

  it('has a gap where a number below is no claim: the highest is told', () => {
    expect(confirm(lookAt('5.origin', '8'), claim)).toEqual({ kind: 'gap', missing: 7 });
    expect(confirm(lookAt('5.origin', '7', '8'), claim)).toEqual({ kind: 'gap', missing: 6 });
  });

  it('has a gap where but marks are left of a number', () => {
    const look = lookAt('5.origin', '6', '7.free', '7.beat.10000', '8');
    expect(confirm(look, claim)).toEqual({ kind: 'gap', missing: 7 });
  });

  it('never counts in another ledger', () => {
    expect(confirm(lookAt('7.origin', '8'), claim)).toEqual({ kind: 'refused', why: 'removed' });
    expect(confirm(lookAt(), claim)).toEqual({ kind: 'refused', why: 'removed' });
  });

  it('counts beside a higher origin only if that is below it', () => {
    expect(confirm(lookAt('5.origin', '7.origin', '8'), claim)).toEqual({ kind: 'confirmed' });
    expect(confirm(lookAt('5.origin', '8.origin', '8'), claim)).toEqual({ kind: 'refused', why: 'closed' });
  });

  it('never counts at or below a floor', () => {
    for (const floor of ['8.floor', '9.floor'])
      expect(confirm(lookAt('5.origin', '6', '7', '8', floor), claim)).toEqual({
        kind: 'refused',
        why: 'closed',
      });
  });

  it('never counts if it is not listed, or is over', () => {
    expect(confirm(lookAt('5.origin', '6', '7', '8.shared'), claim)).toEqual({
      kind: 'refused',
      why: 'unlisted',
    });
    expect(confirm(lookAt('5.origin', '6', '7', '8', '8.free'), claim)).toEqual({
      kind: 'refused',
      why: 'free',
    });
  });

  it('is lost if it or its origin is gone, or somebody marked it as over', () => {
    expect(lossIn(lookAt('5.origin', '8', '9'), claim)).toBeUndefined();
    expect(lossIn(lookAt('5.origin', '8', '20.floor'), claim)).toBeUndefined();
    expect(lossIn(lookAt('5.origin', '8.beat.10000'), claim)).toBe('removed');
    expect(lossIn(lookAt('4.origin', '6.origin', '8'), claim)).toBe('removed');
    expect(lossIn(lookAt('5.origin', '8', '8.free'), claim)).toBe('broken');
  });

  it('is live if it stands and is not over', () => {
    const look = lookAt('1', '2', '2.free', '3.beat.10000');
    expect([1, 2, 3, 4].map((number) => isLive(look.numbers.get(number)))).toEqual([
      true,
      false,
      false,
      false,
    ]);
  });

  it('has below it those claims that are live', () => {
    const look = lookAt('1', '2', '2.free', '3', '4.free', '5', '6');
    expect(new Set(liveBelow(look, 5))).toEqual(new Set([1, 3]));
    expect(new Set(liveBelow(look, Infinity))).toEqual(new Set([1, 3, 5, 6]));
  });
});

describe('what is in the way', () => {
  it('leaves when it is over, or gone with a floor at or above it, and never for another reason', () => {
    expect(remaining([1, 2, 3], lookAt('1', '2', '3'))).toEqual([1, 2, 3]);
    expect(remaining([1, 2, 3], lookAt('1', '2', '2.free', '3'))).toEqual([1, 3]);
    expect(remaining([1, 2, 3], lookAt('1', '3'))).toEqual([1, 2, 3]);
    expect(remaining([1, 2, 3], lookAt('1', '2.floor', '3'))).toEqual([1, 3]);
    expect(remaining([1, 2, 3], lookAt('5.floor', '1', '3'))).toEqual([1, 3]);
    expect(remaining([1, 2, 3], lookAt('2.free', '3.beat.10000'))).toEqual([1, 3]);
  });

  it('never grows: what appears below later cannot count', () => {
    expect(remaining([2], lookAt('1', '2', '3'))).toEqual([2]);
  });

  it('is everything for an exclusive claim, in order', () => {
    expect(inTheWay([3, 1], lookAt('1', '1.shared', '3'), exclusive, readersWriter)).toEqual([1, 3]);
  });

  it('is for a shared claim what is not marked as shared, also if it is not listed', () => {
    const look = lookAt('1', '1.shared', '2', '3', '3.shared');
    expect(inTheWay([4, 3, 2, 1], look, shared, readersWriter)).toEqual([2, 4]);
    expect(inTheWay([1, 3], look, shared, readersWriter)).toEqual([]);
  });

  it('is in a semaphore all that takes permits, once there are too few', () => {
    const look = lookAt('1', '1.takes.1', '2', '2.takes.2');
    const wish = (count: number): Wish => ({ mode: 'exclusive', permits: count });
    expect(inTheWay([2, 1], look, wish(1), permits(4))).toEqual([]);
    expect(inTheWay([2, 1], look, wish(2), permits(4))).toEqual([1, 2]);
    expect(inTheWay([2], look, wish(2), permits(4))).toEqual([]);
  });

  it('takes all permits of a semaphore until it has said how many', () => {
    const look = lookAt('1');
    expect(inTheWay([1], look, exclusive, permits(4))).toEqual([1]);
    expect(inTheWay([], look, exclusive, permits(4))).toEqual([]);
  });
});

describe('the window of a claim', () => {
  it.each([
    [FIRST_WINDOW_MS, 'before its first beat', ['7']],
    [500, 'is what its beat says', ['7', '7.beat.500']],
    [60_000, 'is the longest of what several beats say', ['7', '7.beat.500.3', '7.beat.60000.2']],
    [90_000, 'is that of the handle while it is detached', ['7', '7.beat.500', '7.detached.1.90000']],
    [
      500,
      'is that of its beat again once somebody attached',
      ['7', '7.beat.500', '7.detached.1.90000', '7.attached.1'],
    ],
  ])('is %i ms: %s', (windowMs, _, names) => {
    const numbered = lookAt(...names).numbers.get(7);
    expect(numbered && windowOf(numbered)).toBe(windowMs);
  });
});

describe('who holds, going by a look', () => {
  const numbersOf = (rule: TurnRule, ...names: string[]): number[][] => {
    const { holders, waiters } = holdersAndWaiters(lookAt(...names), rule);
    return [holders, waiters].map((claims) => claims.map(({ number }) => number));
  };

  it.each([
    ['nobody', [], [[], []]],
    ['the first, and no other', ['2', '1', '1.free', '3'], [[2], [3]]],
    [
      'all that are shared in front',
      ['1', '1.shared', '2', '2.shared', '3', '4', '4.shared'],
      [
        [1, 2],
        [3, 4],
      ],
    ],
    ['an exclusive one alone', ['1', '2', '2.shared'], [[1], [2]]],
  ])('%s', (_, names, expected) => {
    expect(numbersOf(readersWriter, ...names)).toEqual(expected);
  });

  it('as many in front as there are permits for', () => {
    const names = ['1', '1.takes.1', '2', '2.takes.2', '3', '3.takes.2', '4', '4.takes.1'];
    expect(numbersOf(permits(4), ...names)).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect(numbersOf(permits(4), '1', '2', '2.takes.1')).toEqual([[1], [2]]);
  });
});
