import { describe, expect, it } from 'vitest';
import { full, lookAt } from './look.fixture.js';

describe('a look', () => {
  it('at nothing shows nothing', () => {
    expect(lookAt()).toMatchObject({
      begunAt: 10,
      endedAt: 20,
      origin: 0,
      floor: 0,
      floors: [],
      highest: 0,
      permits: undefined,
      otherEdition: undefined,
      leftovers: [],
      ignored: [],
    });
  });

  it('gathers what belongs to one number, in whatever order it is listed', () => {
    const look = lookAt('7.free', '7.beat.900.4', '7', '7.shared', '7.beat.500.12', '7.takes.2', '7.takes.3');
    const numbered = look.numbers.get(7);
    expect(numbered).toMatchObject({
      number: 7,
      claim: { name: full('7') },
      free: true,
      shared: true,
      permits: 3,
      beatNumbers: [4, 12],
      beatWindowMs: 900,
      attempts: 0,
    });
    expect(numbered?.marks).toHaveLength(6);
    expect(numbered?.marks).not.toContain(full('7'));
  });

  it('knows the highest origin, of all the highest floor, and of all names the highest number', () => {
    const look = lookAt('5.origin', '9.origin', '12.floor', '11.floor', '11', '30.free');
    expect([...look.origins]).toEqual([5, 9]);
    expect(look).toMatchObject({ origin: 9, floor: 12, floors: [11, 12], highest: 30 });
    expect(lookAt('5.origin', '3.floor')).toMatchObject({ floor: 5, floors: [3] });
  });

  it('ignores what is nobody’s, numbers without room above them included, and says so', () => {
    const names = ['README', '9000000000000000', '9999999999999999.origin', '41.tmp'];
    const look = lookAt('1.origin', ...names);
    expect(look.ignored).toEqual(names.map(full));
    expect(look).toMatchObject({ highest: 1, origin: 1 });
    expect(look.numbers.size).toBe(0);
  });

  it('takes the smaller one of two numbers of permits', () => {
    expect(lookAt('permits.7', 'permits.4', 'permits.9').permits).toBe(4);
  });

  it.each([
    ['000000000001.beat', 'first'],
    ['edition.3', 'later'],
  ])('tells by %s that the ledger is of a %s edition', (name, edition) => {
    expect(lookAt('1.origin', { name, type: 'file', size: 0 }).otherEdition).toBe(edition);
  });

  it('keeps what contenders that died have left of their looks', () => {
    expect(lookAt('look.abc').leftovers).toEqual(['look.abc']);
  });
});

describe('a claim', () => {
  const detachedIn = (...names: string[]): unknown => {
    const numbered = lookAt('7', ...names).numbers.get(7);
    return [numbered?.detached, numbered?.attempts];
  };

  it('is detached if its highest attempt to detach has no attempt to attach', () => {
    expect(detachedIn()).toEqual([undefined, 0]);
    expect(detachedIn('7.detached.1.500')).toEqual([{ attempt: 1, windowMs: 500 }, 1]);
    expect(detachedIn('7.detached.1.500', '7.attached.1')).toEqual([undefined, 1]);
    expect(detachedIn('7.detached.2.50', '7.attached.1', '7.detached.1.500')).toEqual([
      { attempt: 2, windowMs: 50 },
      2,
    ]);
    // That mark is one of a handle that was made up.
    expect(detachedIn('7.detached.1.50', '7.attached.2')).toEqual([{ attempt: 1, windowMs: 50 }, 2]);
  });

  it('lives for the longer of two times that bear one attempt', () => {
    expect(detachedIn('7.detached.1.50', '7.detached.1.500')).toEqual([{ attempt: 1, windowMs: 500 }, 1]);
    expect(detachedIn('7.detached.1.500', '7.detached.1.50')).toEqual([{ attempt: 1, windowMs: 500 }, 1]);
  });
});
