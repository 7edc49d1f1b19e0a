// The locks that are compared. Each opens in a folder of its own and gives `lock()`, which resolves to `unlock`.
import { mkdir, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { localVFS, Lock } from 'holdfast';
import lockfile from 'lockfile';
import properLockfile from 'proper-lockfile';

/** Those that can only poll do so this often while they wait, in milliseconds: five times as often as any default. */
const POLL_MS = 20;

export const CONTESTANTS = {
  holdfast(folder) {
    const lock = new Lock(localVFS(folder), { id: 'bench' });
    return async () => {
      const lease = await lock.acquire();
      return () => lease.release();
    };
  },

  'proper-lockfile'(folder) {
    const options = {
      realpath: false,
      lockfilePath: join(folder, 'bench.lock'),
      retries: { retries: 10_000, factor: 1, minTimeout: POLL_MS, maxTimeout: POLL_MS },
    };
    return () => properLockfile.lock(join(folder, 'bench'), options);
  },

  lockfile(folder) {
    const path = join(folder, 'bench.lock');
    const [lock, unlock] = [promisify(lockfile.lock), promisify(lockfile.unlock)];
    return async () => {
      await lock(path, { wait: 60_000, pollPeriod: POLL_MS });
      return () => unlock(path);
    };
  },

  /** What a lock cannot be faster than if it makes and removes one directory without blocking. Cannot wait. */
  'mkdir + rmdir'(folder) {
    const path = join(folder, 'bench');
    return async () => {
      await mkdir(path);
      return () => rmdir(path);
    };
  },
};

export const WAITING = ['holdfast', 'proper-lockfile', 'lockfile'];
