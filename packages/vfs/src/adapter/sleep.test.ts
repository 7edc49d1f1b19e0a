import { VirtualClock } from '@holdfast/testkit';
import { describe, expect, test } from 'vitest';
import { sleep } from './sleep.js';

describe('a sleep', () => {
  test('ends at its time, not before', async () => {
    const clock = new VirtualClock();
    await clock.runUntil(sleep(clock, 1000));
    expect(clock.now).toBe(1000);
  });

  test('rejects with the reason of an abort, before or meanwhile, and leaves no timer', async () => {
    const clock = new VirtualClock();
    const controller = new AbortController();
    const sleeping = sleep(clock, 1000, controller.signal);
    controller.abort('enough');
    await expect(sleeping).rejects.toBe('enough');
    await expect(sleep(clock, 1000, controller.signal)).rejects.toBe('enough');
    expect(clock.pendingTimers).toBe(0);
  });
});
