import type { Granted } from '../lab/inside/contender.js';
import type { MountKind } from '../lab/mounts.js';
import { pause, type Party, type Trial } from '../bench/trial.js';

const SOON_MS = 30_000;
/** Longer than any fault lasts, with what comes after it. */
const PATIENCE_MS = 120_000;

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
  const granted = waiter.contender.acquire(waiter.id, { timeoutMs: PATIENCE_MS });
  granted.catch(() => undefined);
  const concerns = (party: Party, type: string) => (event: { id: string; type: string }) =>
    event.id === party.id && event.type === type;
  await waiter.contender.until('events', concerns(waiter, 'waiting'), SOON_MS);
  await holder.contender.until('events', concerns(holder, 'beat'), SOON_MS);
  return { holder, waiter, held, granted };
}

/** How long an SMB client keeps a file open that its processes have closed: a second, and something. */
const CLOSED_MS = 1500;

/**
 * Stops the holders' changes of their counters, right before a fault that hits in the middle of what they do: a change
 * that is under way then may be made late or never, so no verdict on the counter would be certain (see counter.ts). What
 * is more, a server waits for a host that is gone before it lets another write to what that had open.
 */
export async function atRest(stands: Iterable<{ readonly holder: Party }>): Promise<void> {
  await Promise.all([...stands].map(({ holder }) => holder.contender.peer.call('rest', holder.id)));
  await pause(CLOSED_MS);
}
