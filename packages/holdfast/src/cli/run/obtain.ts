import type { Lease } from '@holdfast/lock';
import type { VFS } from '@holdfast/vfs';
import { Lock, Semaphore, type LockOptions } from '../../lock.js';
import type { RunSettings } from '../settings.js';

/** What `run` and `acquire` say of how they want it. */
export type Wish = Pick<RunSettings, 'wait' | 'timeout' | 'shared' | 'permits'>;

export async function obtain(
  vfs: VFS,
  options: LockOptions,
  { wait, timeout: timeoutMs, shared, permits }: Wish,
  signal: AbortSignal,
): Promise<Lease> {
  if (permits !== undefined) {
    const slots = new Semaphore(vfs, { ...options, permits });
    return wait ? slots.acquire({ timeoutMs, signal }) : slots.tryAcquire({ signal });
  }
  const lock = new Lock(vfs, options);
  const mode = shared ? 'shared' : 'exclusive';
  return wait ? lock.acquire({ mode, timeoutMs, signal }) : lock.tryAcquire({ mode, signal });
}
