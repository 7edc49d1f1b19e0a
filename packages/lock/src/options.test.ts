import { memoryVFS } from '@holdfast/memory';
import { VirtualClock } from '@holdfast/testkit/clock';
import { describe, expect, it } from 'vitest';
import { Lock } from './lock.js';
import { firstTrustMs, parseOptions, withWindow, type LockOptions } from './options.js';

const vfs = memoryVFS();
const parse = (options: object = {}): ReturnType<typeof parseOptions> =>
  parseOptions({ id: 'deploy', ...options }, vfs);

describe('the options of a lock', () => {
  it.each([
    ['local', 10_000, 2, 100],
    ['network', 10_000, 50, 1_000],
    ['metered', 60_000, 500, 5_000],
  ] as const)('are by default what suits %s storage', (cost, staleAfterMs, firstPollMs, pollMs) => {
    const settings = parseOptions({ id: 'deploy' }, memoryVFS({ cost }));
    expect(settings).toMatchObject({
      dir: '/',
      directory: 'lockfile-deploy',
      staleAfterMs,
      heartbeatMs: staleAfterMs / 5,
      marginMs: staleAfterMs / 10,
      takeover: true,
      firstPollMs,
      pollMs,
    });
  });

  it.each([
    [{ id: '' }],
    [{ id: 'x'.repeat(300) }],
    [{ id: 7 }],
    [{ dir: 'locks' }],
    [{ dir: '/locks/' }],
    [{ dir: '//locks' }],
    [{ dir: '/a/../b' }],
    [{ dir: '/a\\b' }],
    [{ dir: '/a\u0000' }],
    [{ staleAfterMs: 49 }],
    [{ staleAfterMs: 86_400_001 }],
    [{ staleAfterMs: 1_000.5 }],
    [{ staleAfterMs: Number.NaN }],
    [{ staleAfterMs: Infinity }],
    [{ heartbeatMs: 0.5 }],
    [{ staleAfterMs: 10_000, heartbeatMs: 312 }],
    [{ staleAfterMs: 10_000, heartbeatMs: 4_501 }],
    [{ staleAfterMs: 10_000, marginMs: 199 }],
    [{ staleAfterMs: 10_000, marginMs: 5_001 }],
    [{ pollMs: 0 }],
    [{ onStale: 'steal' }],
    [{ label: 'x'.repeat(513) }],
    [{ identity: {} }],
    [{ onEvent: 'log' }],
    [{ clock: {} }],
    [{ random: 4 }],
    [{ color: 'red' }],
  ])('%j are refused', (options) => {
    expect(() => parse(options)).toThrow(expect.objectContaining({ code: 'ELOCKOPTION' }));
  });

  it('are accepted up to their limits', () => {
    for (const options of [
      { staleAfterMs: 50, heartbeatMs: 10, marginMs: 5 },
      { staleAfterMs: 86_400_000 },
      { staleAfterMs: 10_000, heartbeatMs: 312.5 },
      { staleAfterMs: 10_000, heartbeatMs: 4_500 },
      { staleAfterMs: 10_000, marginMs: 200 },
      { staleAfterMs: 10_000, marginMs: 5_000 },
      { label: 'x'.repeat(512) },
      { dir: '/' },
    ])
      expect(() => parse(options)).not.toThrow();
  });

  it('are refused with every fault at once', () => {
    const create = (): Lock => new Lock(vfs, { id: '', staleAfterMs: 1, color: 1 } as unknown as LockOptions);
    expect(create).toThrow(
      expect.objectContaining({ message: expect.stringMatching(/id.*staleAfterMs.*color/s) }),
    );
  });

  it('let nobody poll less often at first than at last', () => {
    expect(parse({ pollMs: 1 }).firstPollMs).toBe(1);
  });

  it('keep a listener from breaking the lock, also an asynchronous one', async () => {
    const seen: unknown[] = [];
    const unhandled: unknown[] = [];
    const onUnhandled = (reason: unknown): number => unhandled.push(reason);
    process.on('unhandledRejection', onUnhandled);
    const throwing = parse({
      onEvent: (event: unknown) => {
        seen.push(event);
        throw new Error('no');
      },
    });
    const rejecting = parse({ onEvent: () => Promise.reject(new Error('no')) });
    const event = { type: 'released', token: 1 } as const;
    throwing.emit(event);
    rejecting.emit(event);
    await new VirtualClock().settle();
    process.off('unhandledRejection', onUnhandled);
    expect([seen, unhandled]).toEqual([[event], []]);
  });
});

describe('the options of a call', () => {
  const lock = new Lock(vfs, { id: 'deploy', clock: new VirtualClock() });

  it.each([
    ['acquire', { timeoutMs: -1 }],
    ['acquire', { timeoutMs: Number.NaN }],
    ['acquire', { mode: 'read' }],
    ['acquire', { signal: 'stop' }],
    ['acquire', { wait: true }],
    ['tryAcquire', { timeoutMs: 5_000 }],
    ['tryAcquire', { signal: 'stop' }],
    ['inspect', { mode: 'shared' }],
    ['isStale', { signal: 1 }],
    ['releaseIfStale', { force: true }],
    ['breakLock', {}],
    ['breakLock', { token: 0 }],
    ['breakLock', { token: 1.5 }],
  ] as const)('%s %j are refused, never ignored', async (method, options) => {
    // The casts let pass what a caller without types may pass.
    const call = lock[method].bind(lock) as (given: object) => Promise<unknown>;
    await expect(call(options)).rejects.toMatchObject({ code: 'ELOCKOPTION' });
  });
});

describe('the settings', () => {
  it('trust a claim before its first beat for ten seconds at most, less a margin in proportion', () => {
    expect(firstTrustMs({ staleAfterMs: 10_000, marginMs: 1_000 })).toBe(9_000);
    expect(firstTrustMs({ staleAfterMs: 60_000, marginMs: 30_000 })).toBe(5_000);
    expect(firstTrustMs({ staleAfterMs: 1_000, marginMs: 100 })).toBe(900);
  });

  it('of a claim with another window are in proportion to that', () => {
    const settings = parse({ staleAfterMs: 10_000, heartbeatMs: 4_000 });
    expect(withWindow(settings, 10_000)).toBe(settings);
    expect(withWindow(settings, 60_000)).toMatchObject({
      staleAfterMs: 60_000,
      heartbeatMs: 24_000,
      marginMs: 6_000,
    });
  });
});
