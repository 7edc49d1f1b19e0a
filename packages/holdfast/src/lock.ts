import type { VFS } from '@holdfast/vfs';
import { Lock as CoreLock, type HostIdentity, type LockOptions as CoreLockOptions } from '@holdfast/lock';
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

/** What is no object at all is left to the core to refuse. */
function withIdentity(options: LockOptions): CoreLockOptions {
  if (typeof options !== 'object' || options === null) return options;
  const { identity = nodeIdentity(), ...others } = options;
  return { ...others, identity: identity === 'none' ? undefined : identity };
}
