import { describe, expect, test } from 'vitest';
import { checkHistory } from './index.js';
import { faultsOf, history } from './script.fixture.js';

/** Who changes the counter and then gives the lock back, one after the other: `1 a 0 1` is token 1 of a, 0 to 1. */
function turns(...all: readonly string[]): string {
  return all
    .map((turn, index) => {
      const [token = '', name = '', from = '', to = ''] = turn.split(' ');
      const at = 10 * index;
      return `
        ${name} acquire @ ${at + 1}
        ${name} acquired ${token} @ ${at + 2}
        ${from === '' ? '' : `${name} update ${token} ${from} ${to} @ ${at + 3}`}
        ${name} release ${token} @ ${at + 4}
        ${name} released ${token} @ ${at + 5}`;
    })
    .join('');
}

describe('a counter that the lock guards', () => {
  test('is changed from where the last one left it', () => {
    expect(faultsOf(turns('1 a 0 1', '2 b 1 2', '3 c', '4 a 2 3'), { l: 3 })).toEqual([]);
    expect(faultsOf(turns('1 a 0 1', '2 b 5 6'))).toEqual(['unguarded-update']);
    expect(faultsOf(turns('1 a 0 4', '2 b 3 6'))).toEqual(['lost-update']);
    // It began at 0, as whoever tells its end says.
    expect(faultsOf(turns('1 a 3 4'))).toEqual([]);
    expect(faultsOf(turns('1 a 3 4'), { l: 4 })).toEqual(['unguarded-update']);
  });

  test('may have been changed by one who died before it said so', () => {
    const killed = turns('1 a 0 1', '2 b', '3 c 2 3');
    expect(faultsOf(killed)).toEqual(['unguarded-update']);
    expect(faultsOf(killed.replaceAll(/b releas.*/g, ''))).toEqual([]);
    // Nothing at all is known of the second token, or of how the second hold ended.
    expect(faultsOf(turns('1 a 0 1', '3 c 2 3'))).toEqual([]);
    const lost = killed.replace('b release 2 @ 14', 'b lost 2 @ 14');
    expect(faultsOf(lost)).toEqual([]);
  });

  test('ends where the last one left it', () => {
    expect(faultsOf('a acquired 1 @ 1\na update 1 0 7 @ 2', { l: 1 })).toEqual(['lost-update']);
    expect(faultsOf(turns('1 a 0 1', '2 b 1 2'), { l: 1 })).toEqual(['lost-update']);
    expect(faultsOf(turns('1 a 0 1', '2 b 1 2'), { l: 3 })).toEqual(['unguarded-update']);
    // Who was granted the lock, or may have been, and says no more may have made the third change.
    const twice = turns('1 a 0 1', '2 b 1 2');
    expect(faultsOf(`${twice}\nc acquired 3 @ 30`, { l: 3 })).toEqual([]);
    expect(faultsOf(`${twice}\nc acquire @ 30`, { l: 3 })).toEqual([]);
    expect(faultsOf(`${twice}\nc acquire @ 30\nc refused @ 31`, { l: 3 })).toEqual(['unguarded-update']);
  });

  test('need not be a number that goes up, as long as none starts where another one did', () => {
    expect(faultsOf(turns('1 a 9 4', '2 b 4 7', '3 c 7 1'))).toEqual([]);
    expect(faultsOf(turns('1 a 9 4', '2 b 9 7'))).toEqual(['lost-update']);
  });

  test('is not changed under a lower token once a higher one has changed it', () => {
    const script = `
      p acquire @ 0
      p acquired 1 @ 1
      p lost 1 @ 50
      q acquire @ 51
      q acquired 2 @ 60
      q update 2 0 1 @ 61
      p update 1 1 2 @ 80
      q held 2 @ 100`;
    const { violations } = checkHistory(history(script));
    expect(violations).toMatchObject([{ fault: 'unguarded-update', from: 61, until: 80 }]);
    expect(new Set(violations[0]?.processes)).toEqual(new Set(['p', 'q']));
  });

  test('may have been changed before a loss of which its process heard first', () => {
    const script = `
      p acquired 1 @ 1
      p lost 1 @ 50
      q acquired 2 @ 60
      p update 1 0 1 @ 80
      q update 2 1 2 @ 90
      q held 2 @ 100`;
    expect(faultsOf(script)).toEqual([]);
    // Nor does it matter that a process let go of what it had lost.
    expect(faultsOf(script.replace('q acquired', 'p released 1 @ 51\nq acquired'))).toEqual([]);
  });

  test('is not changed by a change that began after the hold, or under a higher one', () => {
    const script = `
      p acquired 1 @ 1
      p lost 1 @ 50
      q acquired 2 @ 60
      p update 1 0 1 SINCE @ 80
      q held 2 @ 100`;
    expect(faultsOf(script.replace('SINCE', '40'))).toEqual([]);
    expect(faultsOf(script.replace('SINCE', '55'))).toEqual(['unguarded-update']);
    expect(faultsOf(script.replace('SINCE', '70').replace('p lost 1 @ 50', ''))).toEqual([
      'unguarded-update',
    ]);
    expect(faultsOf(script.replace('SINCE', '59').replace('p lost 1 @ 50', ''))).toEqual([]);
  });

  test('is not changed after the lock was given back', () => {
    expect(faultsOf(`${turns('1 a')}\na update 1 0 1 @ 6`)).toEqual(['unguarded-update']);
    expect(faultsOf(`${turns('1 a')}\na update 1 0 1 @ 5`)).toEqual([]);
  });

  test('proves nothing more once a claim was broken whose holder may have gone on', () => {
    const script = `
      a acquired 1 @ 1
      a update 1 0 1 @ 2
      x broken 1 @ 3
      b acquired 2 @ 4
      b update 2 1 2 @ 5
      a update 1 1 2 @ 6
      a update 1 2 3 @ 7
      b update 2 2 3 @ 8`;
    expect(faultsOf(script, { l: 1 })).toEqual([]);
    const before = script.replace('a update 1 0 1 @ 2', 'a update 1 0 1 @ 2\na update 1 0 1 @ 2.5');
    expect(faultsOf(before)).toEqual(['lost-update']);
    // Its holder had given it back: nobody was left to go on.
    const idle = script.replace('x broken', 'a released 1 @ 2.5\nx broken');
    expect(faultsOf(idle)).toContain('lost-update');
  });
});
