import { expect } from 'vitest';
import type { Bench } from '../bench/bench.js';
import { handOvers, longest, median, onEach, type FiguresByMount } from '../bench/figures.js';
import { Trial, type Party } from '../bench/trial.js';
import { conclude } from './counting.js';

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
    const latencies = handOvers(trial.historyOf(kind));
    const [last] = parties;
    await last!.contender.acquire(last!.id, { timeoutMs: PATIENCE_MS });
    await conclude(trial, kind, last!);
    const takeovers = trial.eventsOf(kind).filter(({ type }) => type === 'takeover' || type === 'lost');
    expect(takeovers, `${kind.title}: takeovers`).toEqual([]);
    return { handOver: median(latencies), longestHandOver: longest(latencies) };
  });
}
