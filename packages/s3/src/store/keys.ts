import { parsePath, ROOT, VFSError, type VFSPath } from '@holdfast/vfs';

/**
 * Where things lie in the bucket:
 * - a file `/a/b` is the object `<prefix>a/b`;
 * - a directory `/a/b` is the empty object `<prefix>a/b/`, its marker, or any object whose key begins so.
 *
 * The marker's slash at the end is what consoles and other tools use for a folder too.
 */
export interface Keys {
  file(path: VFSPath): string;
  /** Ends with `/`; empty for the root of a whole bucket. */
  directory(path: VFSPath): string;
}

export function keysBelow(keyPrefix: string): Keys {
  return {
    file: (path) => keyPrefix + path.slice(1),
    directory: (path) => (path === ROOT ? keyPrefix : `${keyPrefix}${path.slice(1)}/`),
  };
}

/** Whether `name` can be an entry's name. Other programs may put keys beside ours that no path can express. */
export function isName(name: string): boolean {
  if (name.includes('/')) return false;
  try {
    parsePath(`/${name}`, { op: 'ls', adapter: 's3' });
    return name !== '';
  } catch (error) {
    if (error instanceof VFSError) return false;
    throw error;
  }
}
