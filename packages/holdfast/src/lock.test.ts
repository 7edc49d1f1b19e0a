import { LockOptionError } from '@holdfast/lock';
import { nodeIdentity } from '@holdfast/lock/node';
import { memoryVFS } from '@holdfast/memory';
import { expect, it } from 'vitest';
import { Lock, type LockOptions } from './lock.js';

it.each([
  ['says which process holds the lock', undefined, nodeIdentity().self.pid],
  ['keeps to itself who holds the lock when it is told to', 'none', undefined],
] satisfies [string, LockOptions['identity'], number | undefined][])('%s', async (_, identity, pid) => {
  const lock = new Lock(memoryVFS(), { id: 'a', identity });
  await using lease = await lock.acquire();
  const { holders } = await lock.inspect();
  expect(holders.map(({ token, holder }) => [token, holder?.pid])).toStrictEqual([[lease.token, pid]]);
});

it.each([undefined, null, 'deploy'])('refuses %j in place of options in a sentence', (given) => {
  const options = given as unknown as LockOptions;
  expect(() => new Lock(memoryVFS(), options)).toThrow(LockOptionError);
});
