import type { VFS } from '@holdfast/vfs';
import {
  Election as CoreElection,
  Lock as CoreLock,
  lockManager as coreLockManager,
  Semaphore as CoreSemaphore,
  type ElectionOptions as CoreElectionOptions,
  type HostIdentity,
  type LockOptions as CoreLockOptions,
  type SemaphoreOptions as CoreSemaphoreOptions,
  type StorageLockManager,
} from '@holdfast/lock';
import { nodeIdentity } from '@holdfast/lock/node';

export interface LockOptions extends Omit<CoreLockOptions, 'identity'> {
  /**
   * Who this process is, so that others on the same host can tell that it died. Default: `nodeIdentity()`.
   * `'none'` where the process may die without its work, or on a virtual machine that is cloned while it runs; then a
   * dead holder is found by the window alone.
   */
  readonly identity?: HostIdentity | 'none' | undefined;
}

/**
 * A mutual-exclusion lock with fencing tokens, that knows the process it runs in: on Linux the lock of a process that
 * died is taken over at once by others on the same host.
 *
 * @example
 * const vfs = await openVFS('file:///var/lib/deploy');
 * const lock = new Lock(vfs, { id: 'deploy', dir: '/locks' });
 * await using lease = await lock.acquire({ timeoutMs: 30_000 });
 */
export class Lock extends CoreLock {
  /** @throws `LockOptionError` */
  constructor(vfs: VFS, options: LockOptions) {
    super(vfs, withIdentity(options));
  }
}

export interface SemaphoreOptions extends LockOptions, Omit<CoreSemaphoreOptions, 'identity'> {}

/**
 * At most so many permits are out at once, over all hosts; as {@link Lock}, it knows the process it runs in.
 *
 * @example
 * const slots = new Semaphore(vfs, { id: 'workers', permits: 4, dir: '/locks' });
 * await slots.with(async (lease) => work({ signal: lease.signal }));
 */
export class Semaphore extends CoreSemaphore {
  /** @throws `LockOptionError` */
  constructor(vfs: VFS, options: SemaphoreOptions) {
    super(vfs, withIdentity(options));
  }
}

export interface ElectionOptions extends LockOptions, Omit<CoreElectionOptions, 'identity'> {}

/**
 * One leader among any number of candidates, and a value of it that all can read; as {@link Lock}, it knows the process it
 * runs in.
 *
 * @example
 * const election = new Election(vfs, { id: 'scheduler', value: 'http://10.0.0.7:8080', dir: '/locks' });
 * const leadership = await election.campaign();
 */
export class Election extends CoreElection {
  /** @throws `LockOptionError` */
  constructor(vfs: VFS, options: ElectionOptions) {
    super(vfs, withIdentity(options));
  }
}

export type LockManagerOptions = Omit<LockOptions, 'id'>;

/**
 * The Web Locks API of the W3C over a storage; as {@link Lock}, it knows the process it runs in.
 *
 * @example
 * const locks = lockManager(vfs, { dir: '/locks' });
 * await locks.request('report', async (lock) => write({ fence: lock?.token }));
 *
 * @throws `LockOptionError`
 */
export function lockManager(vfs: VFS, options: LockManagerOptions = {}): StorageLockManager {
  return coreLockManager(vfs, withIdentity(options));
}

type WithoutNone<T> = Omit<T, 'identity'> & { readonly identity: HostIdentity | undefined };

/** What is no object at all is left to the core to refuse. */
function withIdentity<T extends LockManagerOptions>(options: T): WithoutNone<T> {
  if (typeof options !== 'object' || options === null) return options;
  const { identity = nodeIdentity(), ...others } = options;
  return { ...others, identity: identity === 'none' ? undefined : identity };
}
