import { expect } from 'vitest';
import type { Bench } from '../bench/bench.js';
import { handOvers, longest, onEach, type FiguresByMount } from '../bench/figures.js';
import { pause, STALE_AFTER_MS, Trial } from '../bench/trial.js';
import { conclude } from './counting.js';
import { standoff } from './waiting.js';

const WINDOWS = 3;

/** A holder that holds for long while another waits, everybody healthy: nobody takes it for dead. */
export async function quiet(bench: Bench): Promise<FiguresByMount> {
  const trial = new Trial(bench, 'quiet');
  return onEach(bench.mounts, async (kind) => {
    const { holder, waiter, held, granted } = await standoff(trial, kind);
    await pause(WINDOWS * STALE_AFTER_MS);
    expect(await holder.contender.peer.call('held', holder.id), `${kind.title}: held`).toBe(true);
    await holder.contender.release(holder.id);
    expect((await granted).token, `${kind.title}: token`).toBe(held.token + 1);
    await conclude(trial, kind, waiter);

    const events = trial.eventsOf(kind);
    const alarms = events.filter(({ type }) => type !== 'beat' && type !== 'waiting');
    expect(alarms.map(({ type }) => type).sort(), `${kind.title}: events`).toEqual([
      'acquired',
      'acquired',
      'released',
      'released',
    ]);
    const beats = events.flatMap(({ tookMs }) => (tookMs === undefined ? [] : [tookMs]));
    // It has waited for so long that it looks once a second only.
    return { lateHandOver: longest(handOvers(trial.historyOf(kind))), slowestBeat: longest(beats) };
  });
}
