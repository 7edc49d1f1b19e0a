import { directoryName, inspectAll, Lock, type LockInfo, type UnreadableLock } from '@holdfast/lock';
import type { VFS } from '@holdfast/vfs';
import { isVFSError } from '@holdfast/vfs';
import type { CliTarget } from '../target/cli-target.js';

/** One lock as `status` shows it. */
export type LockStatus = LockInfo | UnreadableLock;

/** Every lock at the target, by id; or those with these ids, whether or not they were ever used. */
export async function lookAt({ vfs }: CliTarget, ids: readonly string[]): Promise<LockStatus[]> {
  if (ids.length === 0) return inspectAll(vfs, '/');
  const found: LockStatus[] = [];
  for (const id of new Set(ids)) {
    const others = (await isOfAnotherKind(vfs, id))
      ? (await inspectAll(vfs, '/')).filter((each) => each.id === id)
      : [];
    found.push(...(others.length > 0 ? others : [await new Lock(vfs, { id }).inspect()]));
  }
  return found;
}

/** Semaphores and elections have names of their own, which may be those of locks. */
async function isOfAnotherKind(vfs: VFS, id: string): Promise<boolean> {
  for (const kind of ['semaphore', 'election'] as const) {
    try {
      await vfs.stat(`/${directoryName(id, kind)}`);
      return true;
    } catch (error) {
      if (!isVFSError(error, 'ENOENT')) throw error;
    }
  }
  return false;
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
