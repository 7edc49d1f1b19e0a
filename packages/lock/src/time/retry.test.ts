import { VirtualClock } from '@holdfast/testkit/clock';
import { VFSError, type VFSErrorCode } from '@holdfast/vfs';
import { describe, expect, it, vi } from 'vitest';
import { detach, isTransient, retryUntil, waitAtMost } from './retry.js';

const refused = (code: VFSErrorCode): VFSError =>
  new VFSError({ code, op: 'mkdir', path: '/', adapter: 'memory' });

describe('a call that is repeated', () => {
  it('is repeated while it may well succeed later, on a full disk too', async () => {
    const clock = new VirtualClock();
    const call = vi.fn<() => Promise<void>>();
    call.mockRejectedValueOnce(refused('ECONN')).mockRejectedValueOnce(refused('ENOSPC')).mockResolvedValue();
    await clock.runUntil(retryUntil(call, { clock, forMs: 1_000 }));
    expect([call.mock.calls.length, clock.now]).toEqual([3, 70]);
  });

  it('is not repeated once it failed for good', async () => {
    const clock = new VirtualClock();
    const call = vi.fn<() => Promise<void>>().mockRejectedValue(refused('EACCES'));
    await expect(retryUntil(call, { clock, forMs: 1_000 })).rejects.toMatchObject({ code: 'EACCES' });
    expect(call).toHaveBeenCalledTimes(1);
  });

  it('is not repeated beyond its time', async () => {
    const clock = new VirtualClock();
    const call = vi.fn<() => Promise<void>>().mockRejectedValue(refused('EIO'));
    const outcome = expect(retryUntil(call, { clock, forMs: 1_000 })).rejects.toMatchObject({ code: 'EIO' });
    await clock.advance(10_000);
    await outcome;
    // At 0, 20, 70, 170, 420 and 920 ms.
    expect(call).toHaveBeenCalledTimes(6);
  });

  it('counts a first try that was made already', async () => {
    const clock = new VirtualClock();
    const call = vi.fn<() => Promise<void>>().mockResolvedValue();
    await clock.runUntil(retryUntil(call, { clock, forMs: 1_000, failed: refused('ECONN') }));
    expect([call.mock.calls.length, clock.now]).toEqual([1, 20]);
    const denied = refused('EACCES');
    await expect(retryUntil(call, { clock, forMs: 1_000, failed: denied })).rejects.toBe(denied);
    expect(call).toHaveBeenCalledTimes(1);
  });

  it.each(['ECONN', 'ETIMEDOUT', 'EBUSY', 'ECONFLICT', 'EIO'] as const)('%s may pass', (code) => {
    expect(isTransient(refused(code))).toBe(true);
  });

  it.each(['ENOENT', 'EEXIST', 'EACCES', 'EAUTH', 'ENOTSUP', 'EINVAL', 'ENOSPC'] as const)(
    '%s does not',
    (code) => {
      expect(isTransient(refused(code))).toBe(false);
    },
  );
});

describe('work that is waited for, not for long', () => {
  it('ends the waiting when it is done, however it ends, and leaves no timer behind', async () => {
    const clock = new VirtualClock();
    await waitAtMost(clock, 100, Promise.resolve());
    await waitAtMost(clock, 100, Promise.reject(new Error('no')));
    expect([clock.now, clock.pendingTimers]).toEqual([0, 0]);
  });

  it('is waited for no longer than that', async () => {
    const clock = new VirtualClock();
    await clock.runUntil(waitAtMost(clock, 100, new Promise(() => undefined)));
    expect(clock.now).toBe(100);
  });
});

describe('work that nobody waits for', () => {
  it('never ends the process by its rejection', async () => {
    const unhandled = vi.fn<(reason: unknown) => void>();
    process.on('unhandledRejection', unhandled);
    detach(Promise.reject(new Error('no')));
    await new VirtualClock().settle();
    process.off('unhandledRejection', unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  });
});
