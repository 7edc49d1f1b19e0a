import { VirtualClock } from '@holdfast/testkit';
import { describe, expect, test } from 'vitest';
import { attempt, type AttemptOptions } from '../src/store/attempt.js';

const SILENCE_MS = 5_000;
const LONGEST_MS = 15_000;
const open = new AbortController().signal;
const never = (): Promise<string> => new Promise(() => undefined);
const nothing = (): void => undefined;

const options = (clock: VirtualClock, more: Partial<AttemptOptions> = {}): AttemptOptions => ({
  signal: undefined,
  closed: open,
  silenceMs: SILENCE_MS,
  longestMs: LONGEST_MS,
  clock,
  onSilence: nothing,
  ...more,
});

describe('one attempt', () => {
  test('is given up when the server stays silent, and told to stop', async () => {
    const clock = new VirtualClock();
    let told = false;
    let silences = 0;
    const call = attempt(
      (signal) => {
        signal.addEventListener('abort', () => (told = true));
        return never();
      },
      options(clock, { onSilence: () => (silences += 1) }),
    );
    const refusal = call.catch((error: unknown) => error);
    await clock.advance(SILENCE_MS - 1);
    expect(told).toBe(false);
    await clock.advance(1);
    expect(await refusal).toMatchObject({
      failure: { code: 'ETIMEDOUT', outcome: 'unknown', retryable: true },
    });
    expect(told).toBe(true);
    expect(silences).toBe(2);
  });

  test('goes on as long as bytes move, up to the longest time for all of it', async () => {
    const clock = new VirtualClock();
    let move = nothing;
    let silences = 0;
    const call = attempt(
      (_signal, progress) => {
        move = progress;
        return never();
      },
      options(clock, { onSilence: () => (silences += 1) }),
    );
    let over = false;
    const refusal = call.catch((error: unknown) => {
      over = true;
      return error;
    });
    for (let ms = 0; ms < LONGEST_MS - 1_000; ms += 1_000) {
      move();
      await clock.advance(1_000);
    }
    expect(over).toBe(false);
    move();
    await clock.advance(1_000);
    expect(await refusal).toMatchObject({ failure: { code: 'ETIMEDOUT' } });
    // It was slow, and never silent.
    expect(silences).toBe(0);
  });

  test('gets its answer if that arrived while this process stood still', async () => {
    const clock = new VirtualClock();
    let answer: (value: string) => void = nothing;
    const call = attempt(() => new Promise<string>((resolve) => (answer = resolve)), options(clock));
    // After the stall, timers are due before what came over the network is read.
    clock.schedule(() => clock.schedule(() => answer('done'), 0), SILENCE_MS - 1);
    await clock.advance(SILENCE_MS - 1);
    await clock.advance(1);
    await expect(call).resolves.toBe('done');
  });

  test('suspects its connection after a second without a word', async () => {
    const clock = new VirtualClock();
    let silences = 0;
    const silent = attempt(never, options(clock, { onSilence: () => (silences += 1) }));
    void silent.catch(nothing);
    await clock.advance(999);
    expect(silences).toBe(0);
    await clock.advance(1);
    expect(silences).toBe(1);
  });

  test('suspects it at once when its caller, who may know better, gives up without a word', async () => {
    const controller = new AbortController();
    let silences = 0;
    const more = { signal: controller.signal, onSilence: () => (silences += 1) };
    const call = attempt(never, options(new VirtualClock(), more));
    controller.abort();
    await expect(call).rejects.toMatchObject({ failure: { code: 'ETIMEDOUT' } });
    expect(silences).toBe(1);
  });

  test('is given up when the caller goes, and then not tried again', async () => {
    const controller = new AbortController();
    const call = attempt(never, options(new VirtualClock(), { signal: controller.signal }));
    controller.abort();
    await expect(call).rejects.toMatchObject({ failure: { outcome: 'unknown', retryable: false } });
  });

  test('is not made for a caller who has gone already', async () => {
    const gone = options(new VirtualClock(), { signal: AbortSignal.abort() });
    await expect(attempt(() => Promise.resolve('sent'), gone)).rejects.toMatchObject({
      failure: { outcome: 'failed' },
    });
  });

  test('is given up when the VFS is closed, and none is made after that', async () => {
    const controller = new AbortController();
    const closing = options(new VirtualClock(), { closed: controller.signal });
    const call = attempt(never, closing);
    controller.abort();
    await expect(call).rejects.toMatchObject({ failure: { outcome: 'unknown', retryable: false } });
    await expect(attempt(() => Promise.resolve('sent'), closing)).rejects.toMatchObject({
      failure: { outcome: 'failed' },
    });
  });

  test('leaves no timer behind', async () => {
    const clock = new VirtualClock();
    await attempt(() => Promise.resolve('done'), options(clock));
    expect(clock.pendingTimers).toBe(0);
  });
});
