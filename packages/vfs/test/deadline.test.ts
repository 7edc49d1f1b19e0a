import { VirtualClock } from '@holdfast/testkit';
import { memoryVFS } from '@holdfast/memory';
import { describe, expect, test } from 'vitest';
import { VFSError } from '../src/errors/error.js';
import { intercept } from '../src/wrappers/intercept.js';
import type { VFS } from '../src/contract/vfs.js';
import { withDeadline } from '../src/wrappers/with-deadline.js';

/** A VFS whose calls wait until they are let go. */
function parked(): { vfs: VFS; letGo: () => void; seen: AbortSignal[] } {
  const waiting: (() => void)[] = [];
  const seen: AbortSignal[] = [];
  const vfs = intercept(memoryVFS(), async (call, next) => {
    if (call.options.signal !== undefined) seen.push(call.options.signal);
    await new Promise<void>((resolve) => {
      waiting.push(resolve);
    });
    return next({ ...call, options: { ...call.options, signal: undefined } });
  });
  return { vfs, seen, letGo: () => waiting.splice(0).forEach((resolve) => resolve()) };
}

/** The error of a call that rejected. */
async function errorOf(call: Promise<unknown>): Promise<VFSError> {
  try {
    await call;
  } catch (error) {
    if (error instanceof VFSError) return error;
  }
  return expect.unreachable('the call should have rejected with a VFSError');
}

describe('a deadline', () => {
  test('ends a call at its moment, not before', async () => {
    const clock = new VirtualClock();
    const { vfs, seen } = parked();
    let ended = false;
    const call = errorOf(withDeadline(vfs, 1000, { clock }).mkdir('/d')).finally(() => {
      ended = true;
    });
    await clock.advance(999);
    expect([ended, seen[0]?.aborted]).toEqual([false, false]);
    await clock.advance(1);
    expect([ended, seen[0]?.aborted]).toEqual([true, true]);
    expect(await call).toMatchObject({ code: 'ETIMEDOUT', op: 'mkdir', path: '/d', adapter: 'memory' });
  });

  test('leaves the outcome of a change unknown; a look has failed', async () => {
    const clock = new VirtualClock();
    const vfs = withDeadline(parked().vfs, 1000, { clock });
    const errors = Promise.all([
      errorOf(vfs.mkdir('/d')),
      errorOf(vfs.writeFile('/f', '')),
      errorOf(vfs.ls('/')),
    ]);
    await clock.advance(1000);
    expect((await errors).map(({ outcome }) => outcome)).toEqual(['unknown', 'unknown', 'failed']);
  });

  test('tells through "settled" that the call has succeeded after all', async () => {
    const clock = new VirtualClock();
    const { vfs, letGo } = parked();
    const call = errorOf(withDeadline(vfs, 1000, { clock }).mkdir('/d'));
    await clock.advance(1000);
    const { settled } = await call;
    letGo();
    await expect(settled).resolves.toBe(undefined);
  });

  test('tells through "settled" that the call has failed after all, and is silent if nobody asks', async () => {
    const clock = new VirtualClock();
    const { vfs, letGo } = parked();
    const limited = withDeadline(vfs, 1000, { clock });
    const calls = [errorOf(limited.mkdir('/no/d')), errorOf(limited.mkdir('/no/e'))];
    await clock.advance(1000);
    const [asked] = await Promise.all(calls);
    letGo();
    await clock.settle();
    await expect(asked?.settled).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('is forgotten when the call ends, however it ends', async () => {
    const clock = new VirtualClock();
    const vfs = withDeadline(memoryVFS(), 1000, { clock });
    await vfs.mkdir('/d');
    await expect(vfs.mkdir('/d')).rejects.toMatchObject({ code: 'EEXIST' });
    const controller = new AbortController();
    const call = withDeadline(parked().vfs, 1000, { clock }).mkdir('/e', { signal: controller.signal });
    expect(clock.pendingTimers).toBe(1);
    controller.abort('enough');
    await expect(call).rejects.toBe('enough');
    expect(clock.pendingTimers).toBe(0);
  });

  test('that passes in a stall gives way to an answer that has arrived', async () => {
    const clock = new VirtualClock();
    let answer: () => void = () => undefined;
    const vfs = intercept(memoryVFS(), async (call, next) => {
      await new Promise<void>((resolve) => {
        answer = resolve;
      });
      return next(call);
    });
    const call = withDeadline(vfs, 1000, { clock }).mkdir('/d');
    // As after a stall: the timer is due, and runs before the answer that lies in the socket is read.
    clock.schedule(() => answer(), 1000);
    await clock.runUntil(call);
    expect(clock.pendingTimers).toBe(0);
  });

  test('gives way to a shorter one within', async () => {
    const clock = new VirtualClock();
    const inner = withDeadline(parked().vfs, 100, { clock });
    const call = errorOf(withDeadline(inner, 1000, { clock }).ls('/'));
    await clock.advance(100);
    expect(await call).toMatchObject({ code: 'ETIMEDOUT' });
    expect(clock.pendingTimers).toBe(0);
  });

  test('gives way to an abort, and an abort to it', async () => {
    const clock = new VirtualClock();
    const vfs = withDeadline(parked().vfs, 1000, { clock });
    const controller = new AbortController();
    const call = errorOf(vfs.ls('/', { signal: controller.signal }));
    await clock.advance(1000);
    controller.abort('too late');
    expect(await call).toMatchObject({ code: 'ETIMEDOUT' });
  });

  test.each([0, -1, Number.NaN])('of %d ms is refused', (deadlineMs) => {
    expect(() => withDeadline(memoryVFS(), deadlineMs)).toThrow(RangeError);
  });
});
