import type { VFSDriver } from './driver.js';
import { isVFSError, VFSError, type VFSErrorCode } from '../errors/error.js';
import { parentOf, ROOT, type VFSPath } from '../contract/path.js';

/** How often a directory is tried again whose parent another removes meanwhile, or whose storage is not consistent. */
const ATTEMPTS = 3;

/** Makes a directory with its missing parents; one that exists will do. */
export async function makeTree(
  driver: VFSDriver,
  at: VFSPath,
  signal: AbortSignal | undefined,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    signal?.throwIfAborted();
    try {
      await driver.mkdir(at, signal);
      return;
    } catch (error) {
      if (isVFSError(error, 'EEXIST')) {
        if ((await typeOf(driver, at, signal)) === 'directory') return;
        if (attempt === ATTEMPTS) throw error;
        continue;
      }
      const parent = parentOf(at);
      if (!isVFSError(error, 'ENOENT') || parent === undefined || attempt === ATTEMPTS) throw error;
      await makeTree(driver, parent, signal);
    }
  }
}

/** What is in the way of a directory, if it is still there. */
async function typeOf(
  driver: VFSDriver,
  at: VFSPath,
  signal: AbortSignal | undefined,
): Promise<'directory' | 'nothing'> {
  signal?.throwIfAborted();
  try {
    if ((await driver.stat(at, signal)).type === 'directory') return 'directory';
  } catch (error) {
    if (isVFSError(error, 'ENOENT')) return 'nothing';
    throw error;
  }
  throw new VFSError({
    code: 'ENOTDIR',
    op: 'mkdir',
    path: at,
    adapter: driver.adapter,
    detail: 'a file has that name',
  });
}

/** Removes a file, or a directory with all that is in it. */
export async function removeTree(
  driver: VFSDriver,
  at: VFSPath,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (driver.rmTree !== undefined) return driver.rmTree(at, signal);
  try {
    await driver.rm(at, signal);
  } catch (error) {
    if (!isVFSError(error, 'ENOTEMPTY')) throw error;
    for (const entry of await driver.ls(at, signal)) {
      signal?.throwIfAborted();
      await ignoring('ENOENT', removeTree(driver, entryIn(driver, at, entry.name), signal));
    }
    await driver.rm(at, signal);
  }
}

async function ignoring(code: VFSErrorCode, call: Promise<void>): Promise<void> {
  try {
    await call;
  } catch (error) {
    if (!isVFSError(error, code)) throw error;
  }
}

/**
 * The path of an entry that the storage lists. It may have a name that no caller may pass, with a backslash or an escape
 * in it: what others have made must be removable. But it never leads elsewhere.
 */
function entryIn(driver: VFSDriver, parent: VFSPath, name: string): VFSPath {
  if (name !== '' && name !== '.' && name !== '..' && !/[/\0]/.test(name)) {
    return (parent === ROOT ? `/${name}` : `${parent}/${name}`) as VFSPath;
  }
  throw new VFSError({
    code: 'EIO',
    op: 'rm',
    path: parent,
    adapter: driver.adapter,
    detail: 'the storage lists a name that is none',
  });
}
