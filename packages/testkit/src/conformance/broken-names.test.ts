import { memoryStore, memoryVFS } from '@holdfast/memory';
import { intercept, isVFSError, type VFS } from '@holdfast/vfs';
import { expect, test } from 'vitest';
import { conformanceFailures } from './failures.js';

/** A defect, as what it does to one client of a storage that has none, and the cases that must find it. */
type Defect = readonly [name: string, breaks: (vfs: VFS) => VFS, found: readonly string[]];

const BOTH_KINDS = 'an exclusive write is EEXIST also where a directory has the name, and changes nothing';
const RACE = 'mkdir and an exclusive write of one name have one winner among concurrent callers';
const LINK = 'link gives a file a second name that outlives the first, or is ENOTSUP as declared';
const LINK_EXISTS = 'link is EEXIST where anything has the name, and changes nothing';
const LINK_MISSING = 'link of what is missing or into what is missing is ENOENT, of a directory EISDIR';
const LIMIT = 'readFile of more than maxBytes is EFBIG, of as much it is the file';
const WATCH_NAMES =
  'watch tells names of entries only, of a file that it changed, was linked or removed, and nothing else';

const ignoring = async (call: Promise<unknown>): Promise<void> => {
  try {
    await call;
  } catch (error) {
    if (!isVFSError(error)) throw error;
  }
};

const DEFECTS: readonly Defect[] = [
  [
    'an exclusive write takes the name of a directory',
    (vfs) =>
      intercept(vfs, async (call, next) => {
        if (call.op === 'writeFile' && call.options.exclusive === true) {
          const there = await vfs.stat(call.path).catch(() => undefined);
          if (there?.type === 'directory') return;
        }
        return next(call);
      }),
    [BOTH_KINDS, RACE],
  ],
  [
    'mkdir takes the name of a file',
    (vfs) =>
      intercept(vfs, async (call, next) => {
        if (call.op === 'mkdir' && call.options.recursive !== true) {
          const there = await vfs.stat(call.path).catch(() => undefined);
          if (there?.type === 'file') return;
        }
        return next(call);
      }),
    [RACE],
  ],
  [
    'link copies, so that a second link finds the name free',
    (vfs) =>
      intercept(vfs, async (call, next) => {
        if (call.op === 'link') await ignoring(vfs.rm(call.to));
        return next(call);
      }),
    [LINK_EXISTS],
  ],
  [
    'link moves',
    (vfs) => intercept(vfs, (call, next) => next(call.op === 'link' ? { ...call, op: 'rename' } : call)),
    [LINK, LINK_EXISTS, LINK_MISSING],
  ],
  [
    'link works though declared absent',
    (vfs) => intercept(vfs, (call, next) => next(call), { capabilities: { link: false } }),
    [LINK],
  ],
  [
    'a limited read cuts the file',
    (vfs) =>
      intercept(vfs, async (call, next) => {
        if (call.op !== 'readFile' || call.options.maxBytes === undefined) return next(call);
        const { maxBytes: _, ...options } = call.options;
        const data = (await next({ ...call, options })) as Uint8Array;
        return data.subarray(0, call.options.maxBytes);
      }),
    [LIMIT],
  ],
  [
    'a watched file is silent',
    (vfs) =>
      intercept(vfs, (call, next) =>
        next(call.op === 'watch' && call.path.endsWith('/f') ? { ...call, onChange: () => undefined } : call),
      ),
    [WATCH_NAMES],
  ],
  [
    'a watch tells the names of others',
    (vfs) =>
      intercept(vfs, (call, next) =>
        next(call.op === 'watch' ? { ...call, onChange: () => call.onChange('beside') } : call),
      ),
    [WATCH_NAMES],
  ],
];

test.each(DEFECTS)('the suite finds that %s', async (_, breaks, found) => {
  const failures = await conformanceFailures({
    factory: async () => {
      const store = memoryStore();
      return { open: async () => breaks(memoryVFS({ store })), cleanup: async () => undefined };
    },
    rounds: 3,
    only: found,
    patienceMs: 300,
  });
  expect([...failures.keys()].sort()).toEqual([...found].sort());
});
