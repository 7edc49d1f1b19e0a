import { VFSError, type Operation } from '../errors/error.js';

/**
 * A path that {@link parsePath} accepted:
 * - it begins with `/`, and is either `/` alone or has no `/` at its end;
 * - no segment is empty, `.` or `..`;
 * - it holds no control character, no backslash (a separator on Windows and SMB) and no lone surrogate.
 *
 * Nothing is trimmed, folded or decoded: `%2e`, `#`, `?` and spaces are ordinary characters, NFC and NFD are two names.
 */
export type VFSPath = string & { readonly [parsed]: true };
declare const parsed: unique symbol;

/** The root of every VFS. */
export const ROOT: VFSPath = '/' as VFSPath;

/** Nearly every path there is: seen to be right at one glance. The others are looked at part by part. */
const PLAIN = /^(?:\/(?!\.{1,2}(?:\/|$))[^/\\\u0000-\u001f\u007f-\u009f\ud800-\udfff]+)+$/;

/** Whether `path` is one of those. */
export function isPlain(path: unknown): path is VFSPath {
  return typeof path === 'string' && PLAIN.test(path);
}

/**
 * Accepts a path, or throws a `VFSError` with code `EINVAL` that names the offending part.
 *
 * @param about what to say in the error: the operation and the adapter it was meant for
 */
export function parsePath(path: string, about: { op: Operation; adapter: string }): VFSPath {
  if (isPlain(path)) return path;
  const fault = faultOf(path);
  if (fault === undefined) return path as VFSPath;
  throw new VFSError({
    code: 'EINVAL',
    ...about,
    path: String(path),
    detail: fault,
    advice: 'Pass an absolute path such as /locks/deploy, without ".", ".." or empty segments',
  });
}

/** The path of `name` in the directory `parent`. `name` must be one segment. */
export function joinPath(parent: string, name: string): VFSPath {
  const path = parent === ROOT ? `/${name}` : `${parent}/${name}`;
  if (name.includes('/')) {
    throw new VFSError({
      code: 'EINVAL',
      op: 'open',
      path,
      adapter: 'path',
      detail: 'a name has no "/" in it',
    });
  }
  return parsePath(path, { op: 'open', adapter: 'path' });
}

/** The directory that holds `path`; `undefined` for the root. */
export function parentOf(path: VFSPath): VFSPath | undefined {
  if (path === ROOT) return undefined;
  return (path.slice(0, path.lastIndexOf('/')) || ROOT) as VFSPath;
}

/** The last segment of `path`; `''` for the root. */
export function nameOf(path: VFSPath): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** The segments of `path`; none for the root. */
export function segmentsOf(path: VFSPath): string[] {
  return path === ROOT ? [] : path.slice(1).split('/');
}

function faultOf(path: unknown): string | undefined {
  if (typeof path !== 'string') return 'the path is not a string';
  if (!path.startsWith('/')) return 'the path is not absolute';
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\u0000-\u001f\u007f-\u009f]/.test(path)) return 'the path holds a NUL or control character';
  if (path.includes('\\')) return 'the path holds a backslash';
  if (/\p{Cs}/u.test(path)) return 'the path holds half of a surrogate pair';
  if (path === ROOT) return undefined;
  for (const segment of path.slice(1).split('/')) {
    if (segment === '') return 'the path has an empty segment ("//" or a "/" at its end)';
    if (segment === '.' || segment === '..') return `the path has a "${segment}" segment`;
  }
  return undefined;
}
