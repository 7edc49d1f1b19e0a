import { describe, expect, test } from 'vitest';
import { VirtualClock } from './virtual-clock.js';

const START = Date.UTC(2026, 0, 1);

describe('a virtual clock', () => {
  test('stands still until it is turned', async () => {
    const clock = new VirtualClock();
    await clock.settle();
    expect([clock.monotonic(), clock.wall()]).toEqual([0, START]);
    await clock.advance(1500);
    expect([clock.monotonic(), clock.wall(), clock.now]).toEqual([1500, START + 1500, 1500]);
  });

  test('runs due timers in order of time, then of scheduling, each at its own moment', async () => {
    const clock = new VirtualClock();
    const ran: [string, number][] = [];
    const note = (name: string) => () => ran.push([name, clock.monotonic()]);
    clock.schedule(note('late'), 30);
    clock.schedule(note('first of two'), 10);
    clock.schedule(note('second of two'), 10);
    clock.schedule(note('at once'), -5);
    clock.schedule(note('beyond'), 31);
    await clock.advance(30);
    expect(ran).toEqual([
      ['at once', 0],
      ['first of two', 10],
      ['second of two', 10],
      ['late', 30],
    ]);
    expect(clock.pendingTimers).toBe(1);
  });

  test('lets promises settle between two timers, however long their chain', async () => {
    const clock = new VirtualClock();
    const seen: string[] = [];
    const chain = async (): Promise<void> => {
      for (let step = 0; step < 1000; step++) await Promise.resolve();
      seen.push('chain');
      clock.schedule(() => seen.push('timer of the chain'), 4);
    };
    clock.schedule(() => void chain(), 10);
    clock.schedule(() => seen.push('next timer'), 15);
    await clock.advance(15);
    expect(seen).toEqual(['chain', 'timer of the chain', 'next timer']);
  });

  test('runs timers that timers schedule within the same turn', async () => {
    const clock = new VirtualClock();
    const ran: number[] = [];
    const again = (): void => {
      ran.push(clock.now);
      clock.schedule(again, 10);
    };
    clock.schedule(again, 10);
    await clock.advance(35);
    expect(ran).toEqual([10, 20, 30]);
  });

  test('forgets a cancelled timer, even one cancelled by another of the same moment', async () => {
    const clock = new VirtualClock();
    const ran: string[] = [];
    clock.schedule(() => second.cancel(), 10);
    const second = clock.schedule(() => ran.push('second'), 10);
    clock.schedule(() => ran.push('third'), 10).cancel();
    expect(clock.pendingTimers).toBe(2);
    await clock.advance(100);
    expect(ran).toEqual([]);
    expect(clock.pendingTimers).toBe(0);
  });

  test('never runs a timer with an infinite delay, and refuses one that is not a number', async () => {
    const clock = new VirtualClock();
    clock.schedule(() => expect.unreachable(), Infinity);
    await clock.advance(1e12);
    await clock.runUntilIdle();
    expect(clock.pendingTimers).toBe(1);
    expect(() => clock.schedule(() => undefined, Number.NaN)).toThrow(RangeError);
  });

  test('hands on what a timer throws, and can be turned on', async () => {
    const clock = new VirtualClock();
    const thrown = new Error('from a timer');
    const ran: string[] = [];
    clock.schedule(() => {
      throw thrown;
    }, 10);
    clock.schedule(() => ran.push('after'), 20);
    await expect(clock.advance(50)).rejects.toBe(thrown);
    expect(clock.now).toBe(10);
    await clock.advance(10);
    expect(ran).toEqual(['after']);
  });

  test('refuses to be turned twice at once', async () => {
    const clock = new VirtualClock();
    const first = clock.advance(10);
    await expect(clock.advance(10)).rejects.toMatchObject({ code: 'EBUSY' });
    await first;
    expect(clock.now).toBe(10);
  });

  test('refuses to be turned back', async () => {
    const clock = new VirtualClock();
    await expect(clock.advance(-1)).rejects.toThrow(RangeError);
    await expect(clock.advance(Number.NaN)).rejects.toThrow(RangeError);
  });

  test('refuses to be turned for ever, and stays where it is', async () => {
    const clock = new VirtualClock();
    clock.schedule(() => expect.unreachable(), 10);
    await expect(clock.advance(Infinity)).rejects.toThrow(RangeError);
    await expect(clock.advance(Number.MAX_VALUE * 2)).rejects.toThrow(RangeError);
    expect(clock.now).toBe(0);
  });

  test('reports timers that keep coming without a moment passing', async () => {
    const clock = new VirtualClock({ turns: 1 });
    const again = (): void => void clock.schedule(again, 0);
    again();
    await expect(clock.advance(1)).rejects.toMatchObject({ code: 'ELIVELOCK' });
  });
});

describe('running until', () => {
  const after = (clock: VirtualClock, ms: number): Promise<string> =>
    new Promise((resolve) => {
      clock.schedule(() => resolve(`after ${ms}`), ms);
    });

  test('a promise settles goes from timer to timer and no further', async () => {
    const clock = new VirtualClock();
    const late = after(clock, 9000);
    expect(await clock.runUntil(after(clock, 500))).toBe('after 500');
    expect(clock.now).toBe(500);
    expect(await clock.runUntil(late)).toBe('after 9000');
  });

  test('a promise rejects hands on its reason', async () => {
    const clock = new VirtualClock();
    const reason = new Error('refused');
    const refused = after(clock, 10).then(() => Promise.reject(reason));
    await expect(clock.runUntil(refused)).rejects.toBe(reason);
  });

  test('a promise that no timer can settle ends as stalled', async () => {
    const clock = new VirtualClock();
    clock.schedule(() => undefined, 10);
    await expect(clock.runUntil(new Promise(() => undefined))).rejects.toMatchObject({ code: 'ESTALLED' });
    expect(clock.pendingTimers).toBe(0);
  });

  test('a promise that takes too long ends at the limit', async () => {
    const clock = new VirtualClock();
    await expect(clock.runUntil(after(clock, 101), { limitMs: 100 })).rejects.toMatchObject({
      code: 'ELIMIT',
    });
    const poll = (): void => void clock.schedule(poll, 10);
    poll();
    await expect(clock.runUntil(new Promise(() => undefined))).rejects.toMatchObject({ code: 'ELIMIT' });
  });

  test('idle leaves timers of the background alone', async () => {
    const clock = new VirtualClock();
    const ran: string[] = [];
    const beat = (): void => {
      ran.push(`beat at ${clock.now}`);
      clock.schedule(beat, 40, { background: true });
    };
    clock.schedule(beat, 40, { background: true });
    clock.schedule(() => ran.push('done'), 100);
    await clock.runUntilIdle();
    expect(ran).toEqual(['beat at 40', 'beat at 80', 'done']);
    expect(clock.pendingTimers).toBe(1);
  });

  test('idle gives up at the limit', async () => {
    const clock = new VirtualClock();
    const poll = (): void => void clock.schedule(poll, 10);
    poll();
    await expect(clock.runUntilIdle({ limitMs: 95 })).rejects.toMatchObject({ code: 'ELIMIT' });
    expect(clock.now).toBe(90);
  });
});
