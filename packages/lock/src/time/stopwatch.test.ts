import { VirtualClock } from '@holdfast/testkit/clock';
import type { Clock } from '@holdfast/vfs';
import { describe, expect, it } from 'vitest';
import { Stopwatch, stopwatchOf } from './stopwatch.js';

describe('a stopwatch', () => {
  it('starts at 0 and goes with the clocks', async () => {
    const clock = new VirtualClock();
    await clock.advance(500);
    const stopwatch = new Stopwatch(clock);
    expect(stopwatch.now()).toBe(0);
    await clock.advance(250);
    expect(stopwatch.now()).toBe(250);
  });

  it('counts what the machine has slept', async () => {
    const time = new VirtualClock();
    const clock = time.actor();
    const stopwatch = new Stopwatch(clock);
    clock.suspend('machine');
    await time.advance(60_000);
    clock.resume();
    await time.advance(5);
    expect(stopwatch.now()).toBe(60_005);
  });

  it('is not set back by a wall clock that is', async () => {
    const clock = new VirtualClock();
    const stopwatch = new Stopwatch(clock);
    clock.jumpWall(-3_600_000);
    await clock.advance(100);
    expect(stopwatch.now()).toBe(100);
  });

  it('takes nothing off again when the wall clock jumps there and back', async () => {
    const clock = new VirtualClock();
    const stopwatch = new Stopwatch(clock);
    clock.jumpWall(60_000);
    expect(stopwatch.now()).toBe(60_000);
    clock.jumpWall(-60_000);
    await clock.advance(100);
    expect(stopwatch.now()).toBe(60_100);
  });

  it('sees a jump of the wall clock there and back that nobody asked about as nothing', async () => {
    const clock = new VirtualClock();
    const stopwatch = new Stopwatch(clock);
    clock.jumpWall(60_000);
    clock.jumpWall(-60_000);
    await clock.advance(100);
    expect(stopwatch.now()).toBe(100);
  });

  it('counts a sleep that comes after the wall clock was set back', async () => {
    const time = new VirtualClock();
    const clock = time.actor();
    const stopwatch = new Stopwatch(clock);
    clock.jumpWall(-60_000);
    expect(stopwatch.now()).toBe(0);
    clock.suspend('machine');
    await time.advance(30_000);
    clock.resume();
    expect(stopwatch.now()).toBe(30_000);
  });

  it('adds up what the wall clock gains in small steps', async () => {
    const clock = new VirtualClock();
    const stopwatch = new Stopwatch(clock);
    for (let step = 0; step < 10; step++) {
      clock.jumpWall(50);
      stopwatch.now();
      clock.jumpWall(-50);
      stopwatch.now();
    }
    expect(stopwatch.now()).toBe(500);
  });

  it('gains nothing by a wall clock that goes in whole milliseconds', () => {
    let now = 0.9;
    const clock: Clock = {
      monotonic: () => now,
      wall: () => Math.floor(now),
      schedule: () => ({ cancel: () => undefined }),
    };
    const stopwatch = new Stopwatch(clock);
    for (let step = 0; step < 10_000; step++) {
      now += 0.37;
      stopwatch.now();
    }
    expect(stopwatch.now()).toBeCloseTo(3_700, 5);
  });

  it('never runs backwards, also if a clock does', () => {
    let now = 500;
    const clock: Clock = {
      monotonic: () => now,
      wall: () => now,
      schedule: () => ({ cancel: () => undefined }),
    };
    const stopwatch = new Stopwatch(clock);
    now = 800;
    expect(stopwatch.now()).toBe(300);
    now = 700;
    expect(stopwatch.now()).toBe(300);
  });

  it('is one for each clock, so that whoever looks lets all others know of a jump', () => {
    const [clock, other] = [new VirtualClock(), new VirtualClock()];
    expect(stopwatchOf(clock)).toBe(stopwatchOf(clock));
    expect(stopwatchOf(clock)).not.toBe(stopwatchOf(other));
  });
});
