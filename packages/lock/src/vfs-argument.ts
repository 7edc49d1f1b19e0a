import type { VFS } from '@holdfast/vfs';
import { LockOptionError } from './errors/index.js';

const RIGHT = 'pass what openVFS, localVFS or another adapter gives';

/**
 * The usual mistakes, said in a sentence and at the place where they were made: a promise of a VFS, and a path.
 *
 * @throws `LockOptionError`
 */
export function assertVFS(vfs: VFS): void {
  const given: unknown = vfs;
  if (typeof given === 'string' || given instanceof URL) {
    throw new LockOptionError(
      `vfs: is a path or URL and not a VFS; ${RIGHT}, as in await openVFS('file:///locks')`,
    );
  }
  if (typeof given !== 'object' || given === null) throw new LockOptionError(`vfs: is no VFS; ${RIGHT}`);
  if ('then' in given && typeof given.then === 'function') {
    throw new LockOptionError('vfs: is a promise of a VFS; an await is missing, as in await openVFS(url)');
  }
  if (!('ls' in given && typeof given.ls === 'function' && 'capabilities' in given)) {
    throw new LockOptionError(`vfs: is no VFS; ${RIGHT}`);
  }
}
