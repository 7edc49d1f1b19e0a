import { expect } from 'vitest';
import type { Bench } from '../bench/bench.js';
import { onEach, type FiguresByMount } from '../bench/figures.js';
import { longestTakeoverMs, pause, STALE_AFTER_MS, Trial } from '../bench/trial.js';
import { monotonic } from '../lab/inside/instant.js';
import { conclude, count } from './counting.js';
import { persist } from './outage.js';
import { atRest, standoff } from './waiting.js';

const CUT_MS = STALE_AFTER_MS + 4000;
/** TCP doubles its pauses between two tries: after 8 s of silence the next one can be 8 s away. */
const RECONNECT_MS = 30_000;

/** The holder's host loses the network for longer than its lease, and gets it back. */
export async function cutOff(bench: Bench): Promise<FiguresByMount> {
  const trial = new Trial(bench, 'cut-off');
  const { network } = bench.lab;
  const stands = await onEach(bench.mounts, (kind) => standoff(trial, kind));
  await atRest(stands.values());
  const cutAt = monotonic();
  await network.cut('one');
  const back = pause(CUT_MS)
    .then(() => network.connect('one'))
    .then(() => monotonic());

  try {
    return await onEach(bench.mounts, async (kind) => {
      const { holder, waiter, held, granted } = stands.get(kind)!;
      const loss = await holder.contender.until(
        'losses',
        ({ id }) => id === holder.id,
        longestTakeoverMs(kind),
      );
      expect(loss.at - cutAt, `${kind.title}: noticed`).toBeLessThan(STALE_AFTER_MS);
      const gaveBack = holder.contender.release(holder.id).catch(() => undefined);
      const { token, at } = await granted;
      expect(token, `${kind.title}: token`).toBeGreaterThan(held.token);
      expect(at - cutAt, `${kind.title}: takeover`).toBeLessThan(longestTakeoverMs(kind));
      await count(waiter);

      const backAt = await back;
      await waiter.contender.peer.call('verify', waiter.id);
      await waiter.contender.release(waiter.id);
      const again = await persist(holder);
      await gaveBack;
      await conclude(trial, kind, holder);
      expect(again.at - backAt, `${kind.title}: recovery`).toBeLessThan(RECONNECT_MS);
      return { takeover: at - cutAt, noticed: loss.at - cutAt, recovery: Math.max(0, again.at - backAt) };
    });
  } finally {
    await back;
  }
}
