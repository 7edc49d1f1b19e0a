import { expect } from 'vitest';
import type { Bench } from '../bench/bench.js';
import { onEach } from '../bench/figures.js';
import { pause, STALE_AFTER_MS, Trial } from '../bench/trial.js';
import { mountScript, pointOf, type MountKind } from '../lab/mounts.js';
import { conclude } from './counting.js';
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
  const gone = new Set<MountKind>();
  const back = async (kind: MountKind): Promise<void> => {
    await two.sh(mountScript(kind));
    gone.delete(kind);
  };
  try {
    for (const kind of bench.mounts) {
      await two.sh(`umount -l ${pointOf(kind)}`);
      gone.add(kind);
    }
    await pause(1.5 * STALE_AFTER_MS);
    for (const kind of bench.mounts) {
      expect(await two.sh(`ls -A ${pointOf(kind)}`), kind.title).toBe('');
      await back(kind);
    }
  } finally {
    for (const kind of gone) await back(kind);
  }
  await onEach(bench.mounts, async (kind) => {
    const { holder, waiter, held, granted } = stands.get(kind)!;
    expect(await holder.contender.peer.call('held', holder.id), kind.title).toBe(true);
    await holder.contender.release(holder.id);
    const next = await granted.catch(() => persist(waiter));
    expect(next.token, kind.title).toBeGreaterThan(held.token);
    await conclude(trial, kind, waiter);
  });
}
