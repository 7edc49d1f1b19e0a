import { VirtualClock } from '@holdfast/testkit';
import { describe, expect, test } from 'vitest';
import { Backoff, backoffMs } from './backoff.js';

const middle = (): number => 0.5;

describe('the pause after a failure', () => {
  test('doubles up to the longest, and is spread between its half and its whole', () => {
    const whole = { random: () => 1, firstMs: 100, longestMs: 1000 };
    expect([0, 1, 2, 3, 4, 5, 99].map((failures) => backoffMs(failures, whole))).toEqual([
      0, 100, 200, 400, 800, 1000, 1000,
    ]);
    expect(backoffMs(1, { ...whole, random: () => 0 })).toBe(50);
  });
});

describe('a backoff that calls share', () => {
  test('lets everybody through while all is well', async () => {
    const clock = new VirtualClock();
    const backoff = new Backoff({ clock });
    await Promise.all(Array.from({ length: 5 }, () => backoff.begin()));
    expect(clock.pendingTimers).toBe(0);
  });

  test('lets one of hundreds knock at a time while the storage is away, and all go on once it is back', async () => {
    const clock = new VirtualClock();
    const backoff = new Backoff({ clock, random: middle, firstMs: 100, longestMs: 800 });
    let away = true;
    let knocks = 0;
    let served = 0;
    const call = async (): Promise<void> => {
      for (;;) {
        const attempt = await backoff.begin();
        knocks++;
        if (!away) {
          served++;
          return attempt.reached();
        }
        attempt.missed();
      }
    };
    const calls = Array.from({ length: 200 }, call);
    await clock.settle();
    // All of them were under way when it went away: that is one failure, not two hundred.
    const first = knocks;
    expect(first).toBe(200);
    await clock.advance(2000);
    expect(knocks - first).toBeLessThanOrEqual(6);
    away = false;
    await clock.advance(800);
    await Promise.all(calls);
    expect(served).toBe(200);
    expect(clock.pendingTimers).toBe(0);
  });

  test('lets the next one try after an attempt of which nothing was heard', async () => {
    const clock = new VirtualClock();
    const backoff = new Backoff({ clock, random: middle });
    (await backoff.begin()).missed();
    await clock.runUntil(backoff.begin());
    await clock.runUntil(backoff.begin());
    expect(clock.now).toBeGreaterThan(0);
  });

  test('lets hundreds share a signal', async () => {
    const warnings: unknown[] = [];
    const note = (warning: Error): void => void warnings.push(warning.message);
    process.on('warning', note);
    try {
      const clock = new VirtualClock();
      const backoff = new Backoff({ clock });
      (await backoff.begin()).missed();
      const { signal } = new AbortController();
      const calls = Array.from({ length: 50 }, () =>
        backoff.begin(signal).then((attempt) => attempt.reached()),
      );
      await clock.runUntil(Promise.all(calls));
      await new Promise((resolve) => setImmediate(resolve));
      expect(warnings).toEqual([]);
    } finally {
      process.off('warning', note);
    }
  });

  test('lets go of who gives up, and leaves no timer', async () => {
    const clock = new VirtualClock();
    const backoff = new Backoff({ clock });
    (await backoff.begin()).missed();
    const controller = new AbortController();
    const waiting = backoff.begin(controller.signal);
    await clock.settle();
    controller.abort('enough');
    await expect(waiting).rejects.toBe('enough');
    expect(clock.pendingTimers).toBe(0);
  });
});
