import { isVFSError, VFSError } from '../errors/error.js';
import { intercept, type Call } from './intercept.js';
import { parsePath, ROOT } from '../contract/path.js';
import type { VFS } from '../contract/vfs.js';

/**
 * The sub-tree below `path` as a VFS of its own: its `/` is `path` in `vfs`, and nothing outside can be named.
 * `path` need not exist; `mkdir('/', { recursive: true })` makes it. Closing the view does not close `vfs`.
 *
 * @throws `VFSError` `EINVAL` if `path` is not a valid path
 */
export function scoped(vfs: VFS, path: string): VFS {
  const base = parsePath(path, { op: 'open', adapter: vfs.adapter });
  if (base === ROOT) return unclosing(vfs);

  const outward = (inner: string, op: Call['op']): string => {
    const parsed = parsePath(inner, { op, adapter: vfs.adapter });
    return parsed === ROOT ? base : `${base}${parsed}`;
  };
  const inward = (outer: string): string =>
    outer === base ? ROOT : outer.startsWith(`${base}/`) ? outer.slice(base.length) : outer;

  const view = intercept(vfs, async (call, next) => {
    const moved: Call =
      'to' in call
        ? { ...call, path: outward(call.path, call.op), to: outward(call.to, call.op) }
        : { ...call, path: outward(call.path, call.op) };
    if (
      (call.op === 'rm' && call.path === ROOT) ||
      (call.op === 'rename' && (call.path === ROOT || call.to === ROOT))
    ) {
      throw new VFSError({
        code: 'EINVAL',
        op: call.op,
        path: call.path,
        adapter: vfs.adapter,
        detail: 'the root cannot be removed or renamed',
        advice: 'Name an entry below it',
      });
    }
    // Where directories are prefixes of names, the storage would make a file that has the name of the root.
    if (call.op === 'writeFile' && call.path === ROOT && vfs.capabilities.directories === 'virtual') {
      const code = call.options.exclusive === true ? 'EEXIST' : 'EISDIR';
      throw new VFSError({ code, op: call.op, path: ROOT, adapter: vfs.adapter });
    }
    try {
      return await next(moved);
    } catch (error) {
      throw isVFSError(error) ? rebased(error, inward(error.path)) : error;
    }
  });
  return unclosing(view);
}

function unclosing(vfs: VFS): VFS {
  const nothing = (): Promise<void> => Promise.resolve();
  return { ...intercept(vfs, (call, next) => next(call)), close: nothing, [Symbol.asyncDispose]: nothing };
}

/** The same error as seen from inside: a caller must not have to know where the view is mounted. */
function rebased(error: VFSError, path: string): VFSError {
  const { code, op, adapter, place, outcome, detail, advice, settled, closed } = error;
  return new VFSError({
    code,
    op,
    path,
    adapter,
    place,
    outcome,
    detail,
    advice,
    settled,
    closed,
    cause: error,
  });
}
