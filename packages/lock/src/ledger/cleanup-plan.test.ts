import { describe, expect, it } from 'vitest';
import { planCleanup } from './cleanup-plan.js';
import { full, lookAt } from './look.fixture.js';

/** The names of claims that are over, from the first to the last number. */
function over(first: number, last: number): string[] {
  return Array.from({ length: last - first + 1 }, (_, at) => [`${first + at}`, `${first + at}.free`]).flat();
}

const numbers = (
  removals: readonly { marks: readonly string[]; claim: string | undefined }[] = [],
): number[] => removals.map(({ claim, marks }) => Number.parseInt(claim ?? marks[0] ?? '', 10));

describe('a clean-up', () => {
  it('is not worth while for a few', () => {
    expect(planCleanup(lookAt('1.origin', ...over(2, 8), '9'), 9)).toBeUndefined();
    expect(planCleanup(lookAt('1.origin', ...over(2, 9), '10'), 10)).toBeDefined();
  });

  it('closes the numbers that it removes, each claim before its marks, the oldest first', () => {
    const plan = planCleanup(lookAt('1.origin', ...over(2, 11).toReversed(), '5.beat.10000', '12'), 12);
    expect(plan?.floor).toBe(11);
    expect(numbers(plan?.removals)).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    expect(plan?.removals[3]).toEqual({
      number: 5,
      claim: full('5'),
      marks: [full('5.free'), full('5.beat.10000')],
    });
    expect(plan?.rest).toEqual([]);
  });

  it('stays below every claim that is alive, and below the own one', () => {
    const plan = planCleanup(
      lookAt('1.origin', ...over(2, 11), '12', ...over(13, 20), '30', ...over(31, 40)),
      30,
    );
    expect(plan?.floor).toBe(11);
    expect(numbers(plan?.removals)).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  });

  it('goes above what is alive, but never above the own claim, once 64 numbers wait', () => {
    const look = (last: number): ReturnType<typeof lookAt> =>
      lookAt('1.origin', '2', ...over(3, last), '100', ...over(101, 110));
    expect(planCleanup(look(65), 100)).toBeUndefined();
    const plan = planCleanup(look(66), 100);
    expect(plan?.floor).toBe(66);
    expect(numbers(plan?.removals)).toHaveLength(64);
    expect(numbers(plan?.removals)).not.toContain(2);
  });

  it('removes what is closed already without another floor', () => {
    const plan = planCleanup(lookAt('1.origin', '2', '20.floor', ...over(3, 11), '21'), 21);
    expect(plan).toMatchObject({ floor: undefined });
    expect(numbers(plan?.removals)).toEqual([3, 4, 5, 6, 7, 8, 9, 10, 11]);
  });

  it('removes marks without a claim', () => {
    const marks = Array.from({ length: 8 }, (_, at) => `${at + 2}.free`);
    const plan = planCleanup(lookAt('1.origin', ...marks, '5.beat.900', '12'), 12);
    expect(plan?.floor).toBe(9);
    expect(plan?.removals[3]).toEqual({
      number: 5,
      claim: undefined,
      marks: [full('5.free'), full('5.beat.900')],
    });
  });

  it('leaves the last eight floors, the own new one among them, and every origin', () => {
    const floors = Array.from({ length: 9 }, (_, at) => `${at + 2}.floor`);
    const plan = planCleanup(lookAt('1.origin', '15.origin', ...floors, ...over(20, 30), '31'), 31);
    expect(plan?.floor).toBe(30);
    expect(plan?.rest).toEqual(['2.floor', '3.floor'].map(full));
  });

  it('removes what dead contenders have left of their looks, whatever else is there', () => {
    expect(planCleanup(lookAt('1.origin', 'look.abc', '2'), 2)).toEqual({
      floor: undefined,
      removals: [],
      rest: ['look.abc'],
    });
  });

  it('never removes a claim that is alive', () => {
    const look = lookAt('1.origin', '2', '90.floor', ...over(3, 80), '91');
    expect(numbers(planCleanup(look, 91)?.removals)).not.toContain(2);
  });
});
