import { expect } from 'vitest';
import type { Bench } from '../bench/bench.js';
import { onEach } from '../bench/figures.js';
import { pause, STALE_AFTER_MS, Trial } from '../bench/trial.js';
import { mountScript, pointOf } from '../lab/mounts.js';
import { persist } from './outage.js';
import { standoff } from './waiting.js';

/**
 * The mount of the waiting host goes away. In its place is a folder of that host's own memory, where nobody holds
 * anything: the waiter must not take what it could have there, and go on once the mount is back.
 */
export async function unmounted(bench: Bench): Promise<void> {
  const trial = new Trial(bench, 'unmounted');
  const two = bench.guest('two');
  const stands = await onEach(bench.mounts, (kind) => standoff(trial, kind));
  for (const kind of bench.mounts) await two.sh(`umount -l ${pointOf(kind)}`);
  await pause(1.5 * STALE_AFTER_MS);
  for (const kind of bench.mounts) {
    expect(await two.sh(`ls -A ${pointOf(kind)}`), kind.title).toBe('');
    await two.sh(mountScript(kind));
  }
  await onEach(bench.mounts, async (kind) => {
    const { holder, waiter, held, granted } = stands.get(kind)!;
    expect(await holder.contender.peer.call('held', holder.id), kind.title).toBe(true);
    await holder.contender.release(holder.id);
    const next = await granted.catch(() => persist(waiter));
    expect(next.token, kind.title).toBeGreaterThan(held.token);
    await waiter.contender.release(waiter.id);
    expect(trial.faultIn(kind), kind.title).toBeUndefined();
  });
}
