import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { systemClock } from './clock.js';

describe('the clock of the machine', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test('tells monotonic and wall time', () => {
    const before = [systemClock.monotonic(), systemClock.wall()] as const;
    vi.advanceTimersByTime(1500);
    expect(systemClock.monotonic() - before[0]).toBe(1500);
    expect(systemClock.wall() - before[1]).toBe(1500);
  });

  test('runs a call once, in its time', () => {
    const ran = vi.fn<() => void>();
    systemClock.schedule(ran, 100);
    vi.advanceTimersByTime(99);
    expect(ran).toHaveBeenCalledTimes(0);
    vi.advanceTimersByTime(1000);
    expect(ran).toHaveBeenCalledTimes(1);
  });

  test('forgets a cancelled call', () => {
    const ran = vi.fn<() => void>();
    const timer = systemClock.schedule(ran, 100);
    timer.cancel();
    timer.cancel();
    vi.advanceTimersByTime(1000);
    expect(ran).toHaveBeenCalledTimes(0);
  });

  test('does not run a call at once whose time is too far for a timer', () => {
    const ran = vi.fn<() => void>();
    const timers = [2 ** 31, 1e15, Infinity].map((delayMs) => systemClock.schedule(ran, delayMs));
    vi.advanceTimersByTime(86_400_000);
    expect(ran).toHaveBeenCalledTimes(0);
    timers.forEach((timer) => timer.cancel());
  });
});

test('a background timer does not keep the process alive, another does', () => {
  const spy = vi.spyOn(globalThis, 'setTimeout');
  const unrefs: boolean[] = [];
  for (const background of [true, false]) {
    const timer = systemClock.schedule(() => undefined, 60_000, { background });
    const handle = spy.mock.results.at(-1)?.value as NodeJS.Timeout;
    unrefs.push(!handle.hasRef());
    timer.cancel();
  }
  spy.mockRestore();
  expect(unrefs).toEqual([true, false]);
});
