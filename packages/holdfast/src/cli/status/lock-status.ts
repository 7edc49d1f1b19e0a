import { inspectAll, Lock, type LockInfo, type UnreadableLock } from '@holdfast/lock';
import type { CliTarget } from '../target/cli-target.js';

/** One lock as `status` shows it. */
export type LockStatus = LockInfo | UnreadableLock;

/** Every lock at the target, by id; or the one with this id, whether or not it was ever used. */
export async function lookAt({ vfs }: CliTarget, id: string | undefined): Promise<LockStatus[]> {
  return id === undefined ? inspectAll(vfs, '/') : [await new Lock(vfs, { id }).inspect()];
}

/** What is worth telling of again: who holds and who waits, not how old a heartbeat is. Equal if nothing changed. */
export function changing(locks: readonly LockStatus[]): string {
  return JSON.stringify(
    locks.map((lock) => {
      if (lock.state === 'unreadable') return [lock.id, lock.state];
      const claims = [...lock.holders, ...lock.waiters].map(({ token, mode, state, holder }) => [
        token,
        mode,
        state,
        holder,
      ]);
      return [lock.id, lock.state, lock.holders.length, claims];
    }),
  );
}
