import type { HistoryEvent } from '@holdfast/testkit';
import type { MountKind } from '../lab/mounts.js';
import type { Granted } from '../lab/inside/contender.js';
import type { Party, Trial } from '../bench/trial.js';

const SOON_MS = 30_000;

/** A holder on host one, and somebody on host two that waits for the lock. */
export interface Standoff {
  readonly holder: Party;
  readonly waiter: Party;
  readonly held: Granted;
  /** Fulfils when the waiter has it. */
  readonly granted: Promise<Granted>;
}

/** Has the lock of `kind` held, worked under and waited for, with a heartbeat seen of the holder. */
export async function standoff(trial: Trial, kind: MountKind): Promise<Standoff> {
  const holder = await trial.party(kind, 'one');
  const waiter = await trial.party(kind, 'two');
  const held = await holder.contender.acquire(holder.id, { timeoutMs: SOON_MS });
  await holder.contender.peer.call('work', holder.id, 5);
  const granted = waiter.contender.acquire(waiter.id);
  granted.catch(() => undefined);
  const concerns = (party: Party, type: string) => (event: { id: string; type: string }) =>
    event.id === party.id && event.type === type;
  await waiter.contender.until('events', concerns(waiter, 'waiting'), SOON_MS);
  await holder.contender.until('events', concerns(holder, 'beat'), SOON_MS);
  return { holder, waiter, held, granted };
}

/** The last moment at which the process of `party` proved to hold the lock. */
export function lastProof(history: readonly HistoryEvent[], party: Party): number {
  return Math.max(
    ...history.flatMap(({ process, type, at }) =>
      process === party.contender.name && (type === 'held' || type === 'release') ? [at] : [],
    ),
  );
}
