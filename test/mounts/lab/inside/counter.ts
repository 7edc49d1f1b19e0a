import { isVFSError, type VFS } from '@holdfast/vfs';

const PATH = '/counter';

/** What a lease guards here. */
interface Guard {
  readonly held: boolean;
}

/** The counter that a lock guards; 0 before the first change. */
export async function readCounter(vfs: VFS): Promise<number> {
  try {
    return Number(new TextDecoder().decode(await vfs.readFile(PATH)));
  } catch (error) {
    if (isVFSError(error, 'ENOENT')) return 0;
    throw error;
  }
}

/**
 * Adds 1, in a way that goes wrong unless nobody else does the same meanwhile. If the lease is over by the time it
 * comes to writing, it does not write: `undefined`.
 */
export async function increment(
  vfs: VFS,
  lease: Guard,
  holdMs: number,
): Promise<{ from: number; to: number } | undefined> {
  const from = await readCounter(vfs);
  await new Promise((resolve) => setTimeout(resolve, holdMs));
  if (!lease.held) return undefined;
  const to = from + 1;
  // Of one length, so that no mixture of an old and a new one looks like a number.
  await vfs.writeFile(PATH, String(to).padStart(12, '0'));
  return { from, to };
}
