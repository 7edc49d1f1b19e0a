import { VirtualClock } from '@holdfast/testkit';
import { describe, expect, test } from 'vitest';
import { again } from './again.js';
import { attempt } from './attempt.js';
import { BY_STATUS, S3Failure } from './errors.js';

const failed = (status: number): S3Failure => {
  const row = BY_STATUS[status];
  if (row === undefined) throw new Error('no such row');
  return new S3Failure(row);
};

/** Fails as told, then succeeds. */
function flaky(...statuses: number[]): { send: () => Promise<string>; count: () => number } {
  let count = 0;
  return {
    count: () => count,
    send() {
      const status = statuses[count++];
      return status === undefined ? Promise.resolve('done') : Promise.reject(failed(status));
    },
  };
}

describe('repeating a request', () => {
  const clock = new VirtualClock();

  test('helps against what passes', async () => {
    const { send } = flaky(503, 500, 429);
    await expect(clock.runUntil(again(send, { signal: undefined, clock }))).resolves.toBe('done');
  });

  test('ends with the fourth', async () => {
    const { send, count } = flaky(503, 503, 503, 503);
    await expect(clock.runUntil(again(send, { signal: undefined, clock }))).rejects.toMatchObject({
      row: { code: 'EBUSY' },
    });
    expect(count()).toBe(4);
  });

  test('is not tried with what does not pass', async () => {
    const { send, count } = flaky(403);
    await expect(again(send, { signal: undefined, clock })).rejects.toMatchObject({
      row: { code: 'EACCES' },
    });
    expect(count()).toBe(1);
  });

  test('does not forget that an earlier attempt may have had an effect', async () => {
    const { send } = flaky(500, 403);
    await expect(clock.runUntil(again(send, { signal: undefined, clock }))).rejects.toMatchObject({
      row: { code: 'EACCES', effect: 'maybe' },
    });
  });

  test('pauses longer each time', async () => {
    const slow = new VirtualClock();
    const { send, count } = flaky(503, 503, 503);
    const call = again(send, { signal: undefined, clock: slow });
    await slow.advance(49);
    expect(count()).toBe(1);
    await slow.advance(51);
    expect(count()).toBe(2);
    await slow.advance(200);
    expect(count()).toBe(3);
    await slow.advance(400);
    await expect(call).resolves.toBe('done');
  });

  test('ends when the caller goes, pause and all', async () => {
    const controller = new AbortController();
    const { send, count } = flaky(503, 503);
    const call = again(send, { signal: controller.signal, clock: new VirtualClock() });
    controller.abort();
    await expect(call).rejects.toMatchObject({ row: { code: 'EBUSY' } });
    expect(count()).toBe(1);
  });
});

describe('one attempt', () => {
  const open = new AbortController().signal;
  const never = (): Promise<string> => new Promise(() => undefined);

  test('is given up when its time is over, and told to stop', async () => {
    const clock = new VirtualClock();
    let told = false;
    const call = attempt(
      (signal) => {
        signal.addEventListener('abort', () => (told = true));
        return never();
      },
      { signal: undefined, closed: open, attemptMs: 5_000, clock },
    );
    const refusal = call.catch((error: unknown) => error);
    await clock.advance(4_999);
    expect(told).toBe(false);
    await clock.advance(1);
    expect(await refusal).toMatchObject({
      row: { code: 'ETIMEDOUT', effect: 'maybe', again: true },
    });
    expect(told).toBe(true);
  });

  test('is given up when the caller goes, and then not tried again', async () => {
    const controller = new AbortController();
    const call = attempt(never, {
      signal: controller.signal,
      closed: open,
      attemptMs: 5_000,
      clock: new VirtualClock(),
    });
    controller.abort();
    await expect(call).rejects.toMatchObject({ row: { effect: 'maybe', again: false } });
  });

  test('is not made for a caller who has gone already', async () => {
    const options = {
      signal: AbortSignal.abort(),
      closed: open,
      attemptMs: 5_000,
      clock: new VirtualClock(),
    };
    await expect(attempt(() => Promise.resolve('sent'), options)).rejects.toMatchObject({
      row: { effect: 'none' },
    });
  });

  test('is given up when the VFS is closed, and none is made after that', async () => {
    const controller = new AbortController();
    const options = {
      signal: undefined,
      closed: controller.signal,
      attemptMs: 5_000,
      clock: new VirtualClock(),
    };
    const call = attempt(never, options);
    controller.abort();
    await expect(call).rejects.toMatchObject({ row: { effect: 'maybe', again: false } });
    await expect(attempt(() => Promise.resolve('sent'), options)).rejects.toMatchObject({
      row: { effect: 'none' },
    });
  });

  test('leaves no timer behind', async () => {
    const clock = new VirtualClock();
    await attempt(() => Promise.resolve('done'), {
      signal: undefined,
      closed: open,
      attemptMs: 5_000,
      clock,
    });
    expect(clock.pendingTimers).toBe(0);
  });
});
