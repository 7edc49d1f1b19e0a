import { expect } from 'vitest';
import type { Bench } from '../bench/bench.js';
import { onEach, type FiguresByMount } from '../bench/figures.js';
import type { Granted } from '../lab/inside/contender.js';
import type { MountKind } from '../lab/mounts.js';
import { longestTakeoverMs, pause, POLL_MS, STALE_AFTER_MS, Trial } from '../bench/trial.js';
import { monotonic } from '../lab/inside/instant.js';
import { conclude, count } from './counting.js';
import { atRest, standoff } from './waiting.js';

const SOON_MS = 20_000;

/**
 * A host that stands still for longer than its lease, as a suspended virtual machine does, and goes on: the other one
 * has the lock by then, and the first thing that the process learns is its loss.
 */
export async function frozen(bench: Bench): Promise<FiguresByMount> {
  const trial = new Trial(bench, 'frozen');
  const one = bench.guest('one');
  const stands = await onEach(bench.mounts, (kind) => standoff(trial, kind));
  await atRest(stands.values());
  const frozenAt = monotonic();
  let grants: Map<MountKind, Granted>;
  let thawedAt: number;
  await one.freeze();
  try {
    grants = await onEach(bench.mounts, (kind) => stands.get(kind)!.granted);
    await pause(Math.max(0, frozenAt + STALE_AFTER_MS + POLL_MS - monotonic()));
  } finally {
    thawedAt = monotonic();
    await one.thaw();
  }

  return onEach(bench.mounts, async (kind) => {
    const { held, holder, waiter } = stands.get(kind)!;
    const { token, at } = grants.get(kind)!;
    const takeover = at - frozenAt;
    expect(token, `${kind.title}: token`).toBeGreaterThan(held.token);
    expect(takeover, `${kind.title}: takeover`).toBeLessThan(longestTakeoverMs(kind));

    // It works every 5 ms as long as it may. After the pause it did not work once more.
    const stop = await holder.contender.until('stops', ({ id }) => id === holder.id, SOON_MS);
    expect(stop.lastAt, `${kind.title}: last work`).toBeLessThan(thawedAt);
    expect(stop.stoppedAt, `${kind.title}: seen`).toBeGreaterThanOrEqual(thawedAt - bench.clockErrorMs);
    await holder.contender.until('losses', ({ id }) => id === holder.id, SOON_MS);
    expect(await holder.contender.peer.call('increment', holder.id, 0), `${kind.title}: a write`).toBe(false);

    // What it does late must not disturb the new holder, and it can have the lock again in its turn.
    await holder.contender.release(holder.id);
    await waiter.contender.peer.call('verify', waiter.id);
    await count(waiter);
    await waiter.contender.release(waiter.id);
    await holder.contender.acquire(holder.id, { timeoutMs: SOON_MS });
    await conclude(trial, kind, holder);
    return { takeover, noticed: stop.stoppedAt - thawedAt };
  });
}
