import { expect } from 'vitest';
import type { Bench } from '../bench/bench.js';
import { onEach, type FiguresByMount } from '../bench/figures.js';
import { longestTakeoverMs, pause, STALE_AFTER_MS, Trial, type Party } from '../bench/trial.js';
import type { Granted } from '../lab/inside/contender.js';
import { monotonic } from '../lab/inside/instant.js';
import type { MountKind } from '../lab/mounts.js';
import { conclude, count } from './counting.js';
import { atRest, standoff, type Standoff } from './waiting.js';

/** What happens to the servers, and when it is over. */
interface Outage {
  readonly name: string;
  /** Begins it. Resolves as soon as nobody is served. */
  begin(): Promise<void>;
  /** Ends it. Resolves as soon as the servers are up. */
  end(): Promise<void>;
  /** Milliseconds from its beginning to its end, at least. */
  readonly lastsMs: number;
  /** How long a client may take to notice that the server is back, in milliseconds, beside what the lock takes. */
  readonly reconnectMs: number;
}

/** The servers stand still for longer than a lease, and go on as if nothing had been. */
export function serverFrozen(bench: Bench): Promise<FiguresByMount> {
  const { lab } = bench;
  return survive(bench, {
    name: 'server-frozen',
    begin: () => lab.servers((server) => server.freeze()),
    end: () => lab.servers((server) => server.thaw()),
    lastsMs: STALE_AFTER_MS + 2000,
    reconnectMs: 5000,
  });
}

/** The servers crash and start again. NFS comes back with a grace period, in which nobody may open a file. */
export function serverRestarted(bench: Bench): Promise<FiguresByMount> {
  const { lab } = bench;
  return survive(bench, {
    name: 'server-restarted',
    begin: async () => undefined,
    end: () => lab.servers((server) => server.restart()),
    lastsMs: 0,
    reconnectMs: 25_000,
  });
}

async function survive(bench: Bench, outage: Outage): Promise<FiguresByMount> {
  const trial = new Trial(bench, outage.name);
  const stands = await onEach(bench.mounts, (kind) => standoff(trial, kind));
  await atRest(stands.values());
  const begunAt = monotonic();
  await outage.begin();
  const over = pause(outage.lastsMs)
    .then(() => outage.end())
    .then(() => monotonic());

  try {
    return await onEach(bench.mounts, async (kind) => {
      const stand = stands.get(kind)!;
      const { holder, waiter } = stand;
      const next = persistently(stand);
      const lostAt = await lossUnless(stand, over);
      if (outage.lastsMs > STALE_AFTER_MS) {
        // Nobody's answer is needed for it, so it comes by the end of the lease, while the servers are still away.
        expect(lostAt, `${kind.title}: noticed`).toBeDefined();
        expect(lostAt! - begunAt, `${kind.title}: noticed`).toBeLessThan(STALE_AFTER_MS);
      }
      const gaveBack = holder.contender.release(holder.id).catch(() => undefined);
      const upAt = await over;
      const { at, token } = await next;
      expect(token, `${kind.title}: token`).toBeGreaterThan(stand.held.token);
      await count(waiter);
      await gaveBack;
      await waiter.contender.release(waiter.id);
      const again = await persist(holder);
      await conclude(trial, kind, holder);
      const recovery =
        lostAt === undefined ? firstBeat(trial, kind, upAt) : Math.max(0, Math.max(at, again.at) - upAt);
      expect(recovery, `${kind.title}: recovery`).toBeLessThan(longestTakeoverMs(kind) + outage.reconnectMs);
      return { recovery, ...(lostAt === undefined ? {} : { noticed: lostAt - begunAt }) };
    });
  } finally {
    await over;
  }
}

/** From the moment `upAt` to the holder's next sign of life, in milliseconds. */
function firstBeat(trial: Trial, kind: MountKind, upAt: number): number {
  const beats = trial.eventsOf(kind).filter(({ type, at }) => type === 'beat' && at > upAt);
  return Math.min(...beats.map(({ at }) => at)) - upAt;
}

/** When the holder noticed that its lease is over; `undefined` if it still had it when all was well again. */
async function lossUnless({ holder }: Standoff, over: Promise<number>): Promise<number | undefined> {
  const loss = holder.contender.until('losses', ({ id }) => id === holder.id, 60_000).then(({ at }) => at);
  loss.catch(() => undefined);
  const survived = over.then(async () => {
    await pause(STALE_AFTER_MS);
    return undefined;
  });
  return Promise.race([loss, survived]);
}

/** The grant that the waiter waits for. A storage that is away for a window's time is reported; then it asks again. */
async function persistently({ granted, waiter }: Standoff): Promise<Granted> {
  try {
    return await granted;
  } catch {
    return persist(waiter);
  }
}

const PATIENCE_MS = 60_000;

/** Asks for the lock until it has it, whatever the storage says meanwhile. */
export async function persist({ contender, id }: Party): Promise<Granted> {
  for (const end = monotonic() + PATIENCE_MS; ;) {
    try {
      return await contender.acquire(id, { timeoutMs: PATIENCE_MS });
    } catch (error) {
      if (monotonic() > end) throw error;
      await pause(100);
    }
  }
}
