import { expect } from 'vitest';
import type { Bench } from '../bench/bench.js';
import { handOvers, median, onEach, type FiguresByMount } from '../bench/figures.js';
import { Trial, type Party } from '../bench/trial.js';

const ROUNDS = 6;
const HOLD_MS = 5;
const PATIENCE_MS = 120_000;

/** Two processes on each of two hosts, everybody healthy: they take turns, lose nothing, and nobody is taken for dead. */
export async function contention(bench: Bench, name = 'contention'): Promise<FiguresByMount> {
  const trial = new Trial(bench, name);
  return onEach(bench.mounts, async (kind) => {
    const parties: Party[] = [];
    for (const role of ['a', 'b'] as const) {
      for (const host of ['one', 'two'] as const) parties.push(await trial.party(kind, host, role));
    }
    const options = { rounds: ROUNDS, holdMs: HOLD_MS, timeoutMs: PATIENCE_MS };
    const losses = await Promise.all(parties.map(({ id, contender }) => contender.contend(id, options)));

    expect(losses, `${kind.title}: losses`).toEqual([0, 0, 0, 0]);
    const [first] = parties;
    const counter = await first?.contender.peer.call('count', first.id);
    expect(counter, `${kind.title}: the counter`).toBe(parties.length * ROUNDS);
    expect(trial.faultIn(kind, counter), kind.title).toBeUndefined();
    const takeovers = trial.eventsOf(kind).filter(({ type }) => type === 'takeover' || type === 'lost');
    expect(takeovers, `${kind.title}: takeovers`).toEqual([]);
    const latencies = handOvers(trial.historyOf(kind));
    return { handOver: median(latencies), longestHandOver: Math.max(...latencies) };
  });
}
