import { isVFSError, parentOf, type VFS, type VFSPath } from '@holdfast/vfs';
import { UnsafeStorageError } from '../errors/index.js';
import type { Ledger } from '../ledger/index.js';

/** Storages on which an existing directory was refused. Rule 10: prove, then trust. */
const proven = new WeakSet<VFS>();

/**
 * Makes the ledger, and sees that `mkdir` refuses what exists: the one thing that everything rests on. Some servers answer
 * "made" instead (`rclone serve` over SFTP and WebDAV does).
 *
 * Costs one call where the directory is there already, and that can go beside the first look.
 *
 * @returns whether the directory was made
 * @throws `UnsafeStorageError`
 */
export async function probe({ vfs, path }: Ledger): Promise<boolean> {
  const isMade = !(await refused(vfs, path));
  if (isMade && !proven.has(vfs) && !(await refused(vfs, path))) {
    throw new UnsafeStorageError({
      adapter: vfs.adapter,
      path,
      evidence:
        'mkdir of a directory that exists was reported as a success, so two contenders could both win',
    });
  }
  proven.add(vfs);
  return isMade;
}

/** Takes the proof back: what was refused was no directory. */
export function disprove({ vfs }: Ledger): void {
  proven.delete(vfs);
}

/** Makes the directory. @returns whether that was refused because it exists */
async function refused(vfs: VFS, path: string, tries = 3): Promise<boolean> {
  try {
    await vfs.mkdir(path);
    return false;
  } catch (error) {
    if (isVFSError(error, 'EEXIST')) return true;
    if (isVFSError(error, 'ENOTSUP')) {
      throw new UnsafeStorageError({ adapter: vfs.adapter, path, evidence: error.detail, cause: error });
    }
    const parent = parentOf(path as VFSPath);
    if (!isVFSError(error, 'ENOENT') || parent === undefined || tries === 1) throw error;
    await vfs.mkdir(parent, { recursive: true });
    return refused(vfs, path, tries - 1);
  }
}
