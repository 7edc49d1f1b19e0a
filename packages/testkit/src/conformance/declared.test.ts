import { memoryStore, memoryVFS } from '@holdfast/memory';
import { intercept, isVFSError, VFSError, type Entry, type VFS, type VFSErrorCode } from '@holdfast/vfs';
import { describe, expect, test } from 'vitest';
import { conformanceFailures } from './failures.js';
import type { Refusals } from './names.js';
import { vfsConformance } from './vfs-conformance.js';

const DIRECTORIES = 'names of directories are kept to the letter';
const FILES = 'names of files are kept to the letter';

/** A storage that refuses names of a length or with a certain part. */
const refusing = (refuses: (name: string) => VFSErrorCode | undefined) => (vfs: VFS) =>
  intercept(vfs, (call, next) => {
    const code = refuses(call.path.split('/')[1] ?? '');
    const { op, path } = call;
    return code === undefined
      ? next(call)
      : Promise.reject(new VFSError({ code, op, path, adapter: 'picky' }));
  });

/** A storage that keeps a name as it was first spelled, and takes it for the same in upper and lower case. */
const folding = (): ((vfs: VFS) => VFS) => {
  const spelled = new Map<string, string>();
  return (vfs) =>
    intercept(vfs, async (call, next) => {
      const [, name = '', ...rest] = call.path.split('/');
      const first = spelled.get(name.toLowerCase()) ?? name;
      spelled.set(name.toLowerCase(), first);
      try {
        return await next({ ...call, path: ['', first, ...rest].join('/') });
      } catch (error) {
        const { op, path } = call;
        throw isVFSError(error) ? new VFSError({ code: error.code, op, path, adapter: 'folding' }) : error;
      }
    });
};

const short = refusing((name) => (new TextEncoder().encode(name).length > 200 ? 'EINVAL' : undefined));

async function failuresOf(
  client: (vfs: VFS) => VFS,
  refuses: Refusals,
  more: { readonly refusesFiles?: Refusals; readonly hides?: readonly string[] } = {},
): Promise<string[]> {
  const failures = await conformanceFailures({
    factory: async () => {
      const store = memoryStore();
      return { open: async () => client(memoryVFS({ store })), cleanup: async () => undefined };
    },
    refuses,
    ...more,
    only: [DIRECTORIES, FILES],
  });
  return [...failures.keys()];
}

describe('names that a storage leaves out of its listings', () => {
  const hiding = (vfs: VFS): VFS =>
    intercept(vfs, async (call, next) => {
      const result = await next(call);
      return call.op === 'ls' ? (result as Entry[]).filter(({ name }) => !name.startsWith('.')) : result;
    });

  test('pass if they are declared, and fail if not', async () => {
    expect(await failuresOf(hiding, {}, { hides: ['dot'] })).toEqual([]);
    expect(await failuresOf(hiding, {}, { hides: ['.hidden', '...', '..a'] })).toEqual([]);
    expect(await failuresOf(hiding, {}, { hides: ['.hidden', '...'] })).toEqual([DIRECTORIES, FILES]);
  });

  test('fail if they are declared and listed', async () => {
    expect(await failuresOf((vfs) => vfs, {}, { hides: ['dot'] })).toEqual([DIRECTORIES, FILES]);
  });
});

describe('names that a storage refuses', () => {
  test('pass if they are declared, as a kind or one by one', async () => {
    expect(await failuresOf(short, { long: 'EINVAL', 'long-utf8': 'EINVAL' })).toEqual([]);
    const one = refusing((name) => (name === '%00' ? 'EACCES' : undefined));
    expect(await failuresOf(one, { '%00': 'EACCES' })).toEqual([]);
  });

  test('fail if they are not declared', async () => {
    expect(await failuresOf(short, { long: 'EINVAL' })).toEqual([DIRECTORIES, FILES]);
  });

  test('fail if they are declared with another code', async () => {
    expect(await failuresOf(short, { long: 'EINVAL', 'long-utf8': 'EACCES' })).toEqual([DIRECTORIES, FILES]);
  });

  test('fail if they are declared and kept', async () => {
    expect(await failuresOf((vfs) => vfs, { space: 'EINVAL' })).toEqual([DIRECTORIES, FILES]);
  });

  test('may be those that look like another to the storage', async () => {
    expect(await failuresOf(folding(), {})).toEqual([DIRECTORIES, FILES]);
    expect(await failuresOf(folding(), { case: 'EEXIST' })).toEqual([]);
  });

  test('may be refused for files alone', async () => {
    const picky = (vfs: VFS): VFS =>
      intercept(vfs, async (call, next) => {
        const { op, path } = call;
        if (op !== 'writeFile' || path !== '/~') return next(call);
        throw new VFSError({ code: 'EACCES', op, path, adapter: 'picky' });
      });
    expect(await failuresOf(picky, {})).toEqual([FILES]);
    expect(await failuresOf(picky, {}, { refusesFiles: { '~': 'EACCES' } })).toEqual([]);
    expect(await failuresOf(picky, { '~': 'EACCES' })).toEqual([DIRECTORIES]);
  });

  test('are refused themselves if the table does not have them', () => {
    const register = (): void =>
      vfsConformance({
        test: () => undefined,
        factory: () => Promise.reject(new Error('is never called')),
        refuses: { lnog: 'EINVAL' },
      });
    expect(register).toThrow(expect.objectContaining({ name: 'ConformanceError' }));
  });
});
