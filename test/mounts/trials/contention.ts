import { expect } from 'vitest';
import type { Bench } from '../bench/bench.js';
import { handOvers, longest, median, onEach, type FiguresByMount } from '../bench/figures.js';
import { Trial, type Party } from '../bench/trial.js';
import type { MountKind } from '../lab/mounts.js';
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
    await contend(trial, kind, parties);
    const latencies = handOvers(trial.historyOf(kind));
    return { handOver: median(latencies), longestHandOver: longest(latencies) };
  });
}

/**
 * A process on the NFS server's own disk, whose claims are files, and one on each of two hosts that mount it, whose claims
 * are directories: one ledger.
 */
export async function withServersDisk(bench: Bench): Promise<FiguresByMount> {
  const trial = new Trial(bench, 'servers-disk');
  return onEach(
    bench.mounts.filter(({ server }) => server === 'nfs'),
    async (kind) => {
      const parties = [
        await trial.partyOnServer(kind),
        await trial.party(kind, 'one'),
        await trial.party(kind, 'two'),
      ];
      await contend(trial, kind, parties);
      return { handOver: median(handOvers(trial.historyOf(kind))) };
    },
  );
}

async function contend(trial: Trial, kind: MountKind, parties: readonly Party[]): Promise<void> {
  const options = { rounds: ROUNDS, holdMs: HOLD_MS, timeoutMs: PATIENCE_MS };
  const losses = await Promise.all(parties.map(({ id, contender }) => contender.contend(id, options)));

  expect(losses, `${kind.title}: losses`).toEqual(parties.map(() => 0));
  const [last] = parties;
  await last!.contender.acquire(last!.id, { timeoutMs: PATIENCE_MS });
  await conclude(trial, kind, last!);
  const takeovers = trial.eventsOf(kind).filter(({ type }) => type === 'takeover' || type === 'lost');
  expect(takeovers, `${kind.title}: takeovers`).toEqual([]);
}
