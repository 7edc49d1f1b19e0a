import { memoryVFS } from '@holdfast/memory';
import type { VFS } from '@holdfast/vfs';
import { expect, it } from 'vitest';
import { inspectAll, isLockError, Lock } from './index.js';

it.each([
  ['a promise, because of an await that is missing', Promise.resolve(memoryVFS())],
  ['a path', '/var/lib/locks'],
  ['a URL', new URL('file:///var/lib/locks')],
  ['nothing', undefined],
  ['null', null],
  ['something else', {}],
])('%s in place of a VFS is told from one at once', async (_, given) => {
  const vfs = given as unknown as VFS;
  const refused = (error: unknown): boolean =>
    isLockError(error, 'ELOCKOPTION') && error.message.includes('vfs:');
  expect(() => new Lock(vfs, { id: 'a' })).toThrow(expect.toSatisfy(refused));
  await expect(inspectAll(vfs, '/')).rejects.toSatisfy(refused);
});
