import { expect } from 'vitest';
import type { Bench } from '../bench/bench.js';
import { onEach, type FiguresByMount } from '../bench/figures.js';
import { LONGEST_TAKEOVER_MS, Trial } from '../bench/trial.js';
import { monotonic } from '../lab/inside/instant.js';
import { standoff } from './waiting.js';

/** A host whose plug is pulled while it holds the lock: the other one has it after the window and two polls at most. */
export async function killed(bench: Bench): Promise<FiguresByMount> {
  const trial = new Trial(bench, 'killed');
  const stands = await onEach(bench.mounts, (kind) => standoff(trial, kind));
  const killedAt = monotonic();
  await bench.guest('one').kill();

  const figures = await onEach(bench.mounts, async (kind) => {
    const { held, granted, waiter } = stands.get(kind) ?? fail();
    const { token, at } = await granted;
    const takeover = at - killedAt;
    expect(token, `${kind.title}: token`).toBeGreaterThan(held.token);
    expect(takeover, `${kind.title}: takeover`).toBeLessThan(LONGEST_TAKEOVER_MS);
    expect(trial.faultIn(kind), kind.title).toBeUndefined();
    await waiter.contender.release(waiter.id);
    return { takeover };
  });
  await bench.reboot('one');
  return figures;
}

function fail(): never {
  throw new Error('no such mount');
}
