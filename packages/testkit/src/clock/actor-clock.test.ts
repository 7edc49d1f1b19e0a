import { describe, expect, test } from 'vitest';
import { VirtualClock } from './virtual-clock.js';

const START = Date.UTC(2026, 0, 1);

describe('the clock of an actor', () => {
  test('has a wall clock of its own, and an origin of its own', async () => {
    const time = new VirtualClock();
    const ahead = time.actor({ offsetMs: 5000, monotonicMs: 77 });
    const behind = time.actor({ offsetMs: -5000 });
    await time.advance(100);
    expect([ahead.wall(), behind.wall()]).toEqual([START + 5100, START - 4900]);
    expect([ahead.monotonic(), behind.monotonic(), time.monotonic()]).toEqual([177, 100, 100]);
  });

  test('drifts: a fast one sees more time pass, and its timers come early', async () => {
    const time = new VirtualClock();
    const fast = time.actor({ drift: 0.25 });
    const slow = time.actor({ drift: -0.5 });
    const ran: [string, number][] = [];
    fast.schedule(() => ran.push(['fast', time.now]), 1000);
    slow.schedule(() => ran.push(['slow', time.now]), 1000);
    time.schedule(() => ran.push(['true', time.now]), 1000);
    await time.advance(2000);
    expect(ran).toEqual([
      ['fast', 800],
      ['true', 1000],
      ['slow', 2000],
    ]);
    expect([fast.monotonic(), slow.monotonic()]).toEqual([2500, 1000]);
    expect(fast.wall()).toBe(START + 2500);
    expect(() => time.actor({ drift: -1 })).toThrow(RangeError);
  });

  test('never shows a timer less time than it asked for, whatever the drift', async () => {
    const time = new VirtualClock({ turns: 1 });
    for (let part = 1; part <= 200; part++) {
      const actor = time.actor({ drift: part / 997 });
      const from = actor.monotonic();
      let waited = 0;
      actor.schedule(() => (waited = actor.monotonic() - from), part / 3);
      await time.runUntilIdle();
      expect(waited).toBeGreaterThanOrEqual(part / 3);
    }
  });

  test('can have its wall clock set, which moves nothing else', async () => {
    const time = new VirtualClock();
    const actor = time.actor();
    let ranAt = -1;
    actor.schedule(() => (ranAt = time.now), 100);
    actor.jumpWall(-3_600_000);
    await time.advance(50);
    actor.jumpWall(10);
    await time.advance(50);
    expect(ranAt).toBe(100);
    expect(actor.wall()).toBe(START + 100 - 3_600_000 + 10);
    expect([actor.monotonic(), time.wall()]).toEqual([100, START + 100]);
  });
});

describe('suspension', () => {
  test('of a machine stops its monotonic clock and timers while its wall clock goes on', async () => {
    const time = new VirtualClock();
    const actor = time.actor();
    const ran: number[] = [];
    actor.schedule(() => ran.push(time.now), 100);
    await time.advance(40);
    actor.suspend();
    await time.advance(1000);
    expect([actor.suspended, actor.monotonic(), actor.wall()]).toEqual([true, 40, START + 1040]);
    expect(ran).toEqual([]);
    actor.resume();
    await time.advance(59);
    expect(ran).toEqual([]);
    await time.advance(1);
    expect(ran).toEqual([1100]);
    expect([actor.suspended, actor.monotonic(), actor.wall()]).toEqual([false, 100, START + 1100]);
  });

  test('of a process holds back its timers only, which run in order once it goes on', async () => {
    const time = new VirtualClock();
    const actor = time.actor({ drift: 1 });
    const ran: [string, number][] = [];
    actor.schedule(() => ran.push(['second', time.now]), 200);
    actor.schedule(() => ran.push(['first', time.now]), 100);
    actor.schedule(() => ran.push(['third', time.now]), 2040);
    actor.suspend('process');
    await time.advance(1000);
    expect(ran).toEqual([]);
    expect([actor.monotonic(), actor.wall()]).toEqual([2000, START + 2000]);
    actor.resume();
    await time.advance(20);
    expect(ran).toEqual([
      ['first', 1000],
      ['second', 1000],
      ['third', 1020],
    ]);
  });

  test('leaves the other actors alone', async () => {
    const time = new VirtualClock();
    const [sleeper, other] = [time.actor(), time.actor()];
    const ran: string[] = [];
    sleeper.schedule(() => ran.push('sleeper'), 10);
    other.schedule(() => ran.push('other'), 10);
    sleeper.suspend();
    await time.advance(10);
    expect(ran).toEqual(['other']);
    await time.runUntilIdle();
    expect(time.pendingTimers).toBe(1);
  });

  test('takes timers scheduled in it, and counts them from the resume', async () => {
    const time = new VirtualClock();
    const actor = time.actor();
    const ran: number[] = [];
    actor.suspend();
    await time.advance(500);
    actor.schedule(() => ran.push(time.now), 10);
    actor.resume();
    actor.resume();
    await time.advance(10);
    expect(ran).toEqual([510]);
  });
});
