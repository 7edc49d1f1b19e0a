import { memoryStore, memoryVFS } from '@holdfast/memory';
import {
  intercept,
  isVFSError,
  VFSError,
  type Call,
  type Entry,
  type Interceptor,
  type VFS,
} from '@holdfast/vfs';
import { expect, test } from 'vitest';
import { contend } from './contend.js';
import { conformanceFailures } from './failures.js';

/** A defect, as what it does to one client of a storage that has none, and the cases that must find it. */
type Defect = readonly [name: string, breaks: (vfs: VFS) => VFS, found: readonly string[]];

const decode = (data: Uint8Array | string): string =>
  typeof data === 'string' ? data : new TextDecoder().decode(data);

const around =
  (interceptor: Interceptor, ...rest: [Parameters<typeof intercept>[2]?]) =>
  (vfs: VFS) =>
    intercept(vfs, interceptor, ...rest);

/** Names as a storage might bend them. */
const bending = (bend: (name: string) => string) =>
  around((call, next) => next({ ...call, path: bend(call.path) }));

const inListing = (change: (entries: Entry[]) => Entry[]) =>
  around(async (call, next) => (call.op === 'ls' ? change((await next(call)) as Entry[]) : next(call)));

const onWrite = (
  change: (
    call: Extract<Call, { op: 'writeFile' }>,
    next: (call: Call) => Promise<unknown>,
  ) => Promise<unknown>,
) => around((call, next) => (call.op === 'writeFile' ? change(call, next) : next(call)));

/** Remembers the first answer of a client for as long as it makes no change itself. */
const caching =
  (op: 'ls' | 'stat' | 'readFile') =>
  (vfs: VFS): VFS => {
    const cache = new Map<string, Promise<unknown>>();
    return intercept(vfs, (call, next) => {
      if (call.op !== op) {
        if (!['ls', 'stat', 'readFile'].includes(call.op)) cache.clear();
        return next(call);
      }
      const known = cache.get(call.path) ?? next(call);
      cache.set(call.path, known);
      return known;
    });
  };

async function resolvesOn(
  code: 'EEXIST' | 'ENOENT',
  call: Promise<unknown>,
  otherwise?: unknown,
): Promise<unknown> {
  try {
    return await call;
  } catch (error) {
    if (isVFSError(error, code)) return otherwise;
    throw error;
  }
}

const DEFECTS: readonly Defect[] = [
  [
    'mkdir resolves on what exists',
    around((call, next) => (call.op === 'mkdir' ? resolvesOn('EEXIST', next(call)) : next(call))),
    [
      'mkdir of what exists is EEXIST, and changes nothing',
      'mkdir is exclusive among concurrent callers on several clients',
      'mkdir sees at once what another client made and removed',
    ],
  ],
  [
    'mkdir looks before it makes, and is exclusive only in sequence',
    (vfs) =>
      intercept(vfs, async (call, next) => {
        if (call.op !== 'mkdir' || call.options.recursive === true) return next(call);
        const there = await resolvesOn('ENOENT', vfs.stat(call.path));
        return there === undefined ? resolvesOn('EEXIST', next(call)) : next(call);
      }),
    [
      'mkdir is exclusive among concurrent callers on several clients',
      'mkdir is exclusive among several processes',
    ],
  ],
  [
    'mkdir makes parents',
    around((call, next) =>
      next(
        call.op === 'mkdir' && call.path.startsWith('/no/')
          ? { ...call, options: { recursive: true } }
          : call,
      ),
    ),
    ['mkdir in a missing parent is ENOENT, and makes nothing'],
  ],
  [
    'recursive mkdir refuses what exists',
    around((call, next) =>
      next(call.op === 'mkdir' ? { ...call, options: { ...call.options, recursive: false } } : call),
    ),
    [
      'recursive mkdir makes missing parents, and accepts what is there',
      'recursive mkdir of the same path works for all concurrent callers',
      'recursive mkdir over a file is ENOTDIR',
    ],
  ],
  [
    'writeFile makes parents',
    (vfs) =>
      intercept(vfs, async (call, next) => {
        const parent = call.path.slice(0, call.path.lastIndexOf('/'));
        if (call.op === 'writeFile' && parent !== '' && !call.path.startsWith('/f/')) {
          await vfs.mkdir(parent, { recursive: true });
        }
        return next(call);
      }),
    ['writeFile never makes a parent', 'writeFile does not bring back a directory that was removed'],
  ],
  ['ls is remembered', caching('ls'), ['ls sees at once what another client made and removed']],
  [
    'stat is remembered',
    caching('stat'),
    ['stat sees at once what another client made, rewrote and removed'],
  ],
  [
    'readFile is remembered',
    caching('readFile'),
    ['readFile sees at once what another client wrote, rewrote and removed'],
  ],
  [
    'ls stops after a page',
    inListing((entries) => entries.slice(0, 30)),
    ['ls lists a large directory completely, also while it changes'],
  ],
  [
    'ls reads pages by their offset, while others come and go',
    (vfs) =>
      intercept(vfs, async (call, next) => {
        if (call.op !== 'ls') return next(call);
        const first = (await vfs.ls(call.path)).slice(0, 10);
        // So long the second page is under way.
        for (let hop = 0; hop < 5; hop++) await Promise.resolve();
        return first.length < 10 ? first : [...first, ...(await vfs.ls(call.path)).slice(10)];
      }),
    ['ls lists a large directory completely, also while it changes'],
  ],
  [
    'ls also lists what is further down',
    (vfs) =>
      intercept(vfs, async (call, next) => {
        const entries = await next(call);
        if (call.op !== 'ls' || call.path === '/') return entries;
        const below = (entries as Entry[]).filter(({ name }) => name === 'inner');
        return [
          ...(entries as Entry[]),
          ...below.map(({ name, type }): Entry => ({ name: `${name}/deep`, type })),
        ];
      }),
    ['ls lists the entries of one directory, with their types'],
  ],
  [
    'ls ends names of directories with a slash',
    inListing((entries) =>
      entries.map((entry) => ({
        ...entry,
        name: entry.type === 'directory' ? `${entry.name}/` : entry.name,
      })),
    ),
    ['mkdir makes an empty directory', 'names of directories are kept to the letter'],
  ],
  [
    'ls of a file lists that file',
    around(async (call, next) => {
      try {
        return await next(call);
      } catch (error) {
        if (call.op === 'ls' && isVFSError(error, 'ENOTDIR')) return [{ name: 'file', type: 'file' }];
        throw error;
      }
    }),
    ['ls of what is missing is ENOENT, of a file ENOTDIR'],
  ],
  [
    'ls of what is missing is empty',
    around((call, next) => (call.op === 'ls' ? resolvesOn('ENOENT', next(call), []) : next(call))),
    ['ls of what is missing is ENOENT, of a file ENOTDIR'],
  ],
  [
    'ls carries less than is declared',
    inListing((entries) => entries.map(({ name, type }) => ({ name, type }))),
    [
      'ls lists the entries of one directory, with their types',
      'a listing of versions shows at once that another client rewrote a file',
    ],
  ],
  [
    'the etag stays when a file is rewritten',
    inListing((entries) =>
      entries.map((entry) => ({ ...entry, etag: `inode of ${entry.name}`, mtimeMs: 0 })),
    ),
    [
      'a listing of versions shows at once that another client rewrote a file',
      'stat and ls agree on size and etag',
    ],
  ],
  [
    'line ends are translated',
    onWrite((call, next) => next({ ...call, data: decode(call.data).replaceAll('\r\n', '\n') })),
    ['writeFile and readFile keep every byte'],
  ],
  [
    'the end of a longer file is left behind',
    (vfs) =>
      intercept(vfs, async (call, next) => {
        if (call.op !== 'writeFile') return next(call);
        const old = (await resolvesOn('ENOENT', vfs.readFile(call.path), new Uint8Array())) as Uint8Array;
        const data = typeof call.data === 'string' ? new TextEncoder().encode(call.data) : call.data;
        return next({ ...call, data: Uint8Array.from([...data, ...old.subarray(data.length)]) });
      }),
    ['writeFile replaces the whole file'],
  ],
  [
    'a part of a buffer is written as the whole buffer',
    onWrite((call, next) =>
      next(typeof call.data === 'string' ? call : { ...call, data: new Uint8Array(call.data.buffer) }),
    ),
    ['writeFile writes a part of a buffer as that part, and a string as UTF-8'],
  ],
  [
    'an exclusive write overwrites',
    onWrite((call, next) => next({ ...call, options: { ...call.options, exclusive: false } })),
    ['an exclusive write makes a new file only, or is ENOTSUP as declared'],
  ],
  [
    'an exclusive write is honoured though declared absent',
    around((call, next) => next(call), { capabilities: { exclusiveWrite: false } }),
    ['an exclusive write makes a new file only, or is ENOTSUP as declared'],
  ],
  [
    'rm removes what is filled',
    around((call, next) => next(call.op === 'rm' ? { ...call, options: { recursive: true } } : call)),
    ['rm of a filled directory is ENOTEMPTY, and loses nothing'],
  ],
  [
    'rm of what is missing resolves',
    around((call, next) => (call.op === 'rm' ? resolvesOn('ENOENT', next(call)) : next(call))),
    ['rm of what is missing is ENOENT, also recursively'],
  ],
  [
    'recursive rm removes by prefix',
    (vfs) =>
      intercept(vfs, async (call, next) => {
        await next(call);
        if (call.op !== 'rm' || call.options.recursive !== true || call.path.lastIndexOf('/') > 0) return;
        for (const { name } of await vfs.ls('/')) {
          if (name.startsWith(call.path.slice(1))) await vfs.rm(`/${name}`, { recursive: true });
        }
      }),
    ['recursive rm removes a whole tree, and nothing beside it'],
  ],
  [
    'rename does not replace',
    (vfs) =>
      intercept(vfs, async (call, next) => {
        if (call.op !== 'rename') return next(call);
        const { path, op } = call;
        const there = await resolvesOn('ENOENT', vfs.stat(call.to));
        if (there !== undefined) throw new VFSError({ code: 'EEXIST', op, path, adapter: 'broken' });
        return next(call);
      }),
    ['rename moves a file over what is there, or is ENOTSUP as declared'],
  ],
  [
    'chtimes does nothing',
    around(async (call, next) => (call.op === 'chtimes' ? undefined : next(call))),
    ['chtimes sets the mtime of a file and of a directory, or is ENOTSUP as declared'],
  ],
  [
    'chtimes works though declared absent',
    around((call, next) => next(call), { capabilities: { chtimes: false } }),
    ['chtimes sets the mtime of a file and of a directory, or is ENOTSUP as declared'],
  ],
  [
    'mtimes are off by a time zone',
    around((call, next) =>
      next(call.op === 'chtimes' ? { ...call, mtime: new Date(call.mtime.getTime() + 3_600_000) } : call),
    ),
    ['chtimes sets the mtime of a file and of a directory, or is ENOTSUP as declared'],
  ],
  [
    'mtimes are finer than declared',
    around((call, next) => next(call), { capabilities: { mtimeGranularityMs: 2000 } }),
    ['mtimes are multiples of the declared granularity where that is a second or more'],
  ],
  ['names are trimmed', bending((path) => path.trim()), ['names of files are kept to the letter']],
  [
    'names are decoded as in a URL',
    bending((path) => path.replaceAll(/%(2e|2F)/g, (escape) => decodeURIComponent(escape).replace('/', '_'))),
    ['names of directories are kept to the letter', 'names of files are kept to the letter'],
  ],
  [
    'names end where a URL has a query or fragment',
    bending((path) => path.replace(/(?<=[^/])[#?].*/, '')),
    ['names of directories are kept to the letter', 'names of files are kept to the letter'],
  ],
  [
    'names are put into a Unicode normal form',
    bending((path) => path.normalize('NFC')),
    ['names of directories are kept to the letter', 'names of files are kept to the letter'],
  ],
  [
    'names are the same in upper and lower case',
    bending((path) => path.toLowerCase()),
    ['names of directories are kept to the letter', 'names of files are kept to the letter'],
  ],
  [
    'long names are cut',
    bending((path) => path.replaceAll(/[^/]{144,}/g, (name) => name.slice(0, 143))),
    ['names of directories are kept to the letter', 'names of files are kept to the letter'],
  ],
];

test('an adapter without a defect passes', async () => {
  expect([...(await failuresOf((vfs) => vfs))]).toEqual([]);
});

test.each(DEFECTS)('the suite finds that %s', async (_, breaks, found) => {
  const failures = await failuresOf(breaks, found);
  expect([...failures.keys()].sort()).toEqual([...found].sort());
});

function failuresOf(
  breaks: (vfs: VFS) => VFS,
  only?: readonly string[],
): ReturnType<typeof conformanceFailures> {
  return conformanceFailures({
    factory: async () => {
      const store = memoryStore();
      return { store, open: async () => breaks(memoryVFS({ store })), cleanup: async () => undefined };
    },
    inProcess: ({ store }, job) => contend(breaks(memoryVFS({ store })), job),
    listingSize: 40,
    rounds: 3,
    ...(only !== undefined && { only, patienceMs: 300 }),
  });
}
