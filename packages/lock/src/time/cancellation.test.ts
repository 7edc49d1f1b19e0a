import { VirtualClock } from '@holdfast/testkit/clock';
import { describe, expect, it, vi } from 'vitest';
import { cancellation, OUT_OF_TIME } from './cancellation.js';

const never = new Promise<never>(() => undefined);

describe('a cancellation', () => {
  it('of a caller that waits for ever never comes, and costs no timer', async () => {
    const clock = new VirtualClock();
    const caller = cancellation(clock, undefined, undefined);
    const leave = vi.fn<(reason: unknown) => void>();
    caller.onCancel(leave)();
    expect(await caller.race(Promise.resolve(7))).toBe(7);
    expect([caller.cancelled, caller.signal, clock.pendingTimers]).toEqual([false, undefined, 0]);
    expect(() => caller.throwIfCancelled()).not.toThrow();
    expect(leave).not.toHaveBeenCalled();
  });

  it('comes when time is out, and ends what races with it', async () => {
    const clock = new VirtualClock();
    const caller = cancellation(clock, 100, undefined);
    const outcome = expect(caller.race(never)).rejects.toBe(OUT_OF_TIME);
    await clock.advance(99);
    expect(caller.cancelled).toBe(false);
    await clock.advance(1);
    await outcome;
    expect(caller).toMatchObject({ cancelled: true, reason: OUT_OF_TIME });
    expect(caller.signal?.aborted).toBe(true);
    await expect(caller.race(never)).rejects.toBe(OUT_OF_TIME);
  });

  it('comes with the reason of an abort, before or after it began', async () => {
    const clock = new VirtualClock();
    const controller = new AbortController();
    const caller = cancellation(clock, 1_000, controller.signal);
    const signal = caller.signal;
    controller.abort('stop');
    expect(() => caller.throwIfCancelled()).toThrow('stop');
    expect([signal?.aborted, signal?.reason, clock.pendingTimers]).toEqual([true, 'stop', 0]);
    const late = cancellation(clock, 1_000, controller.signal);
    expect([late.cancelled, late.reason, clock.pendingTimers]).toEqual([true, 'stop', 0]);
  });

  it('tells each listener once, and none that took its wish back', async () => {
    const controller = new AbortController();
    const caller = cancellation(new VirtualClock(), undefined, controller.signal);
    const [one, two] = [vi.fn<() => void>(), vi.fn<() => void>()];
    caller.onCancel(one);
    caller.onCancel(two)();
    controller.abort();
    controller.abort();
    expect([one.mock.calls.length, two.mock.calls.length]).toEqual([1, 0]);
  });

  it('that was disposed of leaves neither timer nor listener behind, and never comes', async () => {
    const clock = new VirtualClock();
    const controller = new AbortController();
    const remove = vi.spyOn(controller.signal, 'removeEventListener');
    const caller = cancellation(clock, 100, controller.signal);
    caller.dispose();
    controller.abort();
    await clock.advance(200);
    expect([caller.cancelled, clock.pendingTimers, remove.mock.calls.length]).toEqual([false, 0, 1]);
  });

  it('leaves nothing behind for each of many races that work won', async () => {
    const clock = new VirtualClock();
    const caller = cancellation(clock, 100, undefined);
    for (let race = 0; race < 10; race++) await caller.race(Promise.resolve());
    await expect(caller.race(Promise.reject(new Error('no')))).rejects.toThrow('no');
    await clock.advance(100);
    expect(caller.cancelled).toBe(true);
  });
});
