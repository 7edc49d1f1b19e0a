import { expect } from 'vitest';
import type { Bench, HostName } from '../bench/bench.js';
import { onEach, type FiguresByMount } from '../bench/figures.js';
import { longestTakeoverMs, pause, STALE_AFTER_MS, Trial } from '../bench/trial.js';
import type { MountKind } from '../lab/mounts.js';
import { monotonic } from '../lab/inside/instant.js';
import { conclude } from './counting.js';
import { atRest } from './waiting.js';

const SOON_MS = 20_000;
const PATIENCE_MS = 60_000;

/**
 * One host's clock is off by so many seconds: nobody who lives is robbed, neither by it nor of it, and whoever dies is
 * replaced as ever. The holder is once on the one host and once on the other, at the same time.
 */
export async function clockOff(bench: Bench, seconds: number): Promise<FiguresByMount> {
  const one = bench.guest('one');
  await one.sh(`date -s @$(($(date +%s) + ${seconds}))`);
  try {
    const [ahead, behind] = await Promise.all([
      heldOn(bench, 'one', 'two', seconds),
      heldOn(bench, 'two', 'one', seconds),
    ]);
    return new Map(
      [...ahead].map(([kind, { takeover }]) => [kind, { takeover, reverse: behind.get(kind)!.takeover }]),
    );
  } finally {
    await one.sh(`date -s @$(($(date +%s) - ${seconds}))`);
  }
}

async function heldOn(
  bench: Bench,
  home: HostName,
  away: HostName,
  seconds: number,
): Promise<Map<MountKind, { takeover: number }>> {
  const trial = new Trial(bench, `clock-${seconds}-${home}`);
  // A process of its own: it is going to be killed.
  const role = `clock-${seconds}`;
  const stands = await onEach(bench.mounts, async (kind) => {
    const holder = await trial.party(kind, home, role);
    const waiter = await trial.party(kind, away);
    const held = await holder.contender.acquire(holder.id, { timeoutMs: SOON_MS });
    await holder.contender.peer.call('work', holder.id, 5);
    const granted = waiter.contender.acquire(waiter.id, { timeoutMs: PATIENCE_MS });
    granted.catch(() => undefined);
    return { holder, waiter, held, granted };
  });
  await pause(1.5 * STALE_AFTER_MS);
  await onEach(bench.mounts, async (kind) => {
    const { holder } = stands.get(kind)!;
    expect(await holder.contender.peer.call('held', holder.id), `${kind.title}: held`).toBe(true);
  });
  await atRest(stands.values());
  const killedAt = monotonic();
  await (await bench.contender(home, role)).process.signal('SIGKILL');

  return onEach(bench.mounts, async (kind) => {
    const { waiter, held, granted } = stands.get(kind)!;
    const { token, at } = await granted;
    expect(token, `${kind.title}: token`).toBe(held.token + 1);
    expect(at - killedAt, `${kind.title}: takeover`).toBeLessThan(longestTakeoverMs(kind));
    await conclude(trial, kind, waiter);
    return { takeover: at - killedAt };
  });
}
