import { Lock } from '@holdfast/lock';
import { memoryVFS } from '@holdfast/memory';
import { describe, expect, test } from 'vitest';
import { VirtualClock } from '../clock/index.js';
import { makeStale } from './index.js';

const options = { id: 'deploy', dir: '/locks', staleAfterMs: 10_000 } as const;

describe('a lock made stale', () => {
  test('is taken over after a window, not before', async () => {
    const clock = new VirtualClock();
    const vfs = memoryVFS({ clock });
    const stale = await makeStale(vfs, { ...options, clock, label: 'the late one' });
    const lock = new Lock(vfs, { ...options, clock });
    expect(await lock.inspect()).toMatchObject({
      state: 'suspect',
      holders: [{ token: stale, holder: { label: 'the late one' }, ageMs: 3_600_000, state: 'suspect' }],
      waiters: [],
    });
    const wanted = lock.acquire();
    await clock.advance(9_999);
    expect(await lock.inspect()).toMatchObject({
      holders: [{ token: stale }],
      waiters: [{ token: stale + 1 }],
    });
    expect((await clock.runUntil(wanted)).token).toBe(stale + 1);
    expect(clock.now).toBeLessThan(11_000);
  });

  test('is taken over by who tries but once', async () => {
    const clock = new VirtualClock();
    const vfs = memoryVFS({ clock });
    const stale = await makeStale(vfs, { ...options, clock });
    const lease = await clock.runUntil(new Lock(vfs, { ...options, clock }).tryAcquire());
    expect(lease.token).toBe(stale + 1);
  });

  test('is reported where a stale lock is', async () => {
    const clock = new VirtualClock();
    const vfs = memoryVFS({ clock, chtimes: false, listing: 'names' });
    const token = await makeStale(vfs, { ...options, clock });
    const lock = new Lock(vfs, { ...options, clock, onStale: 'fail' });
    await expect(clock.runUntil(lock.acquire())).rejects.toMatchObject({ code: 'ELOCKSTALE', token });
  });

  test('stays so for ever: nothing of its holder goes on', async () => {
    const clock = new VirtualClock();
    const vfs = memoryVFS({ clock });
    await makeStale(vfs, { ...options, clock });
    expect(clock.pendingTimers).toBe(0);
    const before = await vfs.ls('/locks/lockfile-deploy');
    await clock.advance(3_600_000);
    expect(await vfs.ls('/locks/lockfile-deploy')).toEqual(before);
  });

  test('is not made of one that somebody holds', async () => {
    const clock = new VirtualClock();
    const vfs = memoryVFS({ clock });
    const lease = await new Lock(vfs, { ...options, clock }).acquire();
    await clock.advance(100);
    await expect(makeStale(vfs, { ...options, clock })).rejects.toMatchObject({ code: 'ELOCKED' });
    await clock.advance(60_000);
    expect(lease.held).toBe(true);
  });

  test('is made on the machine’s clock too, at once', async () => {
    const vfs = memoryVFS();
    const stale = await makeStale(vfs, options);
    expect(await new Lock(vfs, options).inspect()).toMatchObject({ holders: [{ token: stale }] });
  });
});
