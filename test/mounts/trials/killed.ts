import { expect } from 'vitest';
import type { Bench } from '../bench/bench.js';
import { onEach, type FiguresByMount } from '../bench/figures.js';
import { longestTakeoverMs, Trial } from '../bench/trial.js';
import { monotonic } from '../lab/inside/instant.js';
import { conclude } from './counting.js';
import { atRest, standoff } from './waiting.js';

/** A host whose plug is pulled while it holds the lock: the other one has it after the window and two polls at most. */
export async function killed(bench: Bench): Promise<FiguresByMount> {
  const trial = new Trial(bench, 'killed');
  const stands = await onEach(bench.mounts, (kind) => standoff(trial, kind));
  await atRest(stands.values());
  const killedAt = monotonic();
  await bench.guest('one').kill();

  try {
    return await onEach(bench.mounts, async (kind) => {
      const { held, granted, waiter } = stands.get(kind)!;
      const { token, at } = await granted;
      const takeover = at - killedAt;
      expect(token, `${kind.title}: token`).toBeGreaterThan(held.token);
      expect(takeover, `${kind.title}: takeover`).toBeLessThan(longestTakeoverMs(kind));
      await conclude(trial, kind, waiter);
      return { takeover };
    });
  } finally {
    await bench.reboot('one');
  }
}
