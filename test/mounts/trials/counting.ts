import { expect } from 'vitest';
import type { Party, Trial } from '../bench/trial.js';
import type { MountKind } from '../lab/mounts.js';

const CHANGES = 3;

/** Has `party`, who holds the lock, change the counter on the mount that it guards. */
export async function count({ contender, id }: Party): Promise<void> {
  for (let change = 0; change < CHANGES; change++) {
    expect(await contender.peer.call('increment', id, 0), `${contender.name}: a change under ${id}`).toBe(
      true,
    );
  }
}

/**
 * Ends a trial of a mount: `last`, who holds the lock, changes the counter, reads it and gives the lock back. Then all
 * that was written down is judged.
 */
export async function conclude(trial: Trial, kind: MountKind, last: Party): Promise<void> {
  await count(last);
  const counter = await last.contender.peer.call('count', last.id);
  await last.contender.release(last.id);
  const updates = trial.historyOf(kind).filter(({ type }) => type === 'update');
  // Of a counter that one process changes alone, nothing can be lost.
  const writers = new Set(updates.map(({ process }) => process));
  expect(writers.size, `${kind.title}: who changed the counter`).toBeGreaterThan(1);
  expect(counter, `${kind.title}: the counter`).toBe(updates.length);
  expect(trial.faultIn(kind, counter), kind.title).toBeUndefined();
}
