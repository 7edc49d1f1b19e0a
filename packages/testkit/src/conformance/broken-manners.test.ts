import { setImmediate as nextTurn } from 'node:timers/promises';
import { setMaxListeners } from 'node:events';
import { memoryStore, memoryVFS } from '@holdfast/memory';
import {
  intercept,
  isVFSError,
  VFSError,
  type Capabilities,
  type Interceptor,
  type VFS,
} from '@holdfast/vfs';
import { expect, test } from 'vitest';
import { conformanceFailures } from './failures.js';

/** A defect, as what it does to one client of a storage that has none, and the cases that must find it. */
type Defect = readonly [name: string, breaks: (vfs: VFS) => VFS, found: readonly string[]];

const BEFORE = 'a signal aborted before the call rejects with its reason, and nothing is done';
const DURING = 'a signal aborted during the call rejects with its reason, and the VFS stays usable';
const CLOSED = 'a closed VFS rejects every call with ECONN, and other clients go on';
const CAPABILITIES = 'capabilities are frozen, whole, and the same for every client';
const WATCH = 'watch tells of changes until it is closed, or is ENOTSUP as declared';
const NO_PATH = 'what is not a path is EINVAL in every operation, and reaches nothing';
const EXISTS = 'mkdir of what exists is EEXIST, and changes nothing';

const around = (interceptor: Interceptor) => (vfs: VFS) => intercept(vfs, interceptor);

/** Every error of the storage, changed. */
const failing = (change: (error: VFSError) => unknown) =>
  around(async (call, next) => {
    try {
      return await next(call);
    } catch (error) {
      throw isVFSError(error) ? change(error) : error;
    }
  });

const changed = (
  { code, op, path, adapter, outcome }: VFSError,
  change: Partial<ConstructorParameters<typeof VFSError>[0]>,
): VFSError => new VFSError({ code, op, path, adapter, outcome, ...change });

const declaring = (change: (all: Capabilities) => Capabilities) => (vfs: VFS) => ({
  ...intercept(vfs, (call, next) => next(call)),
  capabilities: change(vfs.capabilities),
});

const without = (all: Capabilities, field: keyof Capabilities): Capabilities =>
  Object.fromEntries(Object.entries(all).filter(([name]) => name !== field)) as unknown as Capabilities;

let clients = 0;

const DEFECTS: readonly Defect[] = [
  [
    'signals are ignored',
    around(async (call, next) => {
      // What takes its time; an answer that is there at once cannot be given up on.
      await nextTurn();
      return next({ ...call, options: { ...call.options, signal: undefined } });
    }),
    [BEFORE, DURING],
  ],
  [
    'a signal is looked at before the call only',
    around(async (call, next) => {
      call.options.signal?.throwIfAborted();
      await nextTurn();
      return next({ ...call, options: { ...call.options, signal: undefined } });
    }),
    [DURING],
  ],
  [
    'an aborted call is made all the same',
    around(async (call, next) => {
      const { signal } = call.options;
      const result = await next({ ...call, options: { ...call.options, signal: undefined } });
      signal?.throwIfAborted();
      return result;
    }),
    [BEFORE],
  ],
  [
    'an abort loses its reason',
    around(async (call, next) => {
      try {
        return await next(call);
      } catch (error) {
        throw call.options.signal?.aborted === true ? new DOMException('aborted', 'AbortError') : error;
      }
    }),
    [BEFORE, DURING],
  ],
  [
    'listeners stay on the signal',
    around((call, next) => {
      if (call.options.signal !== undefined) {
        setMaxListeners(0, call.options.signal); // Node would warn, as it should.
        call.options.signal.addEventListener('abort', () => undefined);
      }
      return next(call);
    }),
    ['a signal used for many calls keeps no listener of a finished one'],
  ],
  [
    'a code is vague',
    failing((error) => changed(error, error.code === 'EEXIST' ? { code: 'EIO' } : {})),
    [EXISTS, 'mkdir is exclusive among concurrent callers on several clients'],
  ],
  ['a code is not in the list', failing((error) => Object.assign(error, { code: 'EWHATEVER' })), [EXISTS]],
  ['errors are those of a library', failing((error) => new Error(error.message)), [EXISTS]],
  ['a refusal has an unknown outcome', failing((error) => changed(error, { outcome: 'unknown' })), [EXISTS]],
  ['errors name another path', failing((error) => changed(error, { path: `/root${error.path}` })), [EXISTS]],
  ['errors name another operation', failing((error) => changed(error, { op: 'open' })), [EXISTS]],
  ['errors name no adapter', failing((error) => changed(error, { adapter: '' })), [EXISTS]],
  [
    'a wrong path throws synchronously',
    (vfs) => ({
      ...intercept(vfs, (call, next) => next(call)),
      stat: (path, options) => {
        if (!String(path).startsWith('/')) {
          throw new VFSError({ code: 'EINVAL', op: 'stat', path: String(path), adapter: 'broken' });
        }
        return vfs.stat(path, options);
      },
    }),
    [NO_PATH, 'a path that is not a string is EINVAL, as a rejection'],
  ],
  [
    'dots and empty segments in paths are resolved',
    around((call, next) =>
      next({ ...call, path: new URL(`file://${call.path}`).pathname.replaceAll('//', '/') }),
    ),
    [NO_PATH],
  ],
  [
    'backslashes separate',
    around((call, next) => next({ ...call, path: call.path.replaceAll('\\', '/') })),
    [NO_PATH],
  ],
  [
    'a NUL ends a path',
    around((call, next) => next({ ...call, path: call.path.replace(/\0.*/s, '') })),
    [NO_PATH],
  ],
  [
    'a closed VFS goes on',
    (vfs) => ({ ...vfs, ...intercept(vfs, (call, next) => next(call)), close: async () => undefined }),
    [CLOSED],
  ],
  [
    'closing twice fails',
    (vfs) => {
      let closed = false;
      return {
        ...intercept(vfs, (call, next) => next(call)),
        close: () => {
          if (closed) return Promise.reject(new Error('closed already'));
          closed = true;
          return vfs.close();
        },
      };
    },
    [CLOSED],
  ],
  ['capabilities can be changed', declaring((all) => ({ ...all })), [CAPABILITIES]],
  ['capabilities lack a field', declaring((all) => Object.freeze(without(all, 'cost'))), [CAPABILITIES]],
  [
    'capabilities have a value of their own',
    declaring((all) => Object.freeze({ ...all, listing: 'some' as 'names' })),
    [CAPABILITIES],
  ],
  [
    'capabilities differ between clients',
    declaring((all) =>
      Object.freeze({ ...all, cost: clients++ % 2 === 0 ? ('local' as const) : ('network' as const) }),
    ),
    [CAPABILITIES],
  ],
  [
    'watch tells nothing',
    around((call, next) => next(call.op === 'watch' ? { ...call, onChange: () => undefined } : call)),
    [WATCH],
  ],
  [
    'a closed watcher goes on',
    around(async (call, next) => {
      const watcher = await next(call);
      return call.op === 'watch' ? { close: () => undefined } : watcher;
    }),
    [WATCH],
  ],
  [
    'a watcher outlives its VFS',
    (vfs) => ({ ...intercept(vfs, (call, next) => next(call)), close: async () => undefined }),
    [WATCH],
  ],
  [
    'watch takes what is missing',
    around((call, next) => next(call.op === 'watch' ? { ...call, path: '/' } : call)),
    ['watch of what is missing is ENOENT'],
  ],
];

test.each(DEFECTS)('the suite finds that %s', async (_, breaks, found) => {
  const failures = await conformanceFailures({
    factory: async () => {
      const store = memoryStore();
      return { open: async () => breaks(memoryVFS({ store })), cleanup: async () => undefined };
    },
    rounds: 3,
    patienceMs: 300,
    only: found,
  });
  expect([...failures.keys()].sort()).toEqual([...found].sort());
});
