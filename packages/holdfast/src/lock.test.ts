import { nodeIdentity } from '@holdfast/lock/node';
import { memoryVFS } from '@holdfast/memory';
import { expect, it } from 'vitest';
import { Lock, type LockOptions } from './lock.js';

it.each([
  ['says which process holds the lock', undefined, nodeIdentity().self.pid],
  ['keeps to itself who holds the lock when it is told to', 'none', undefined],
] satisfies [string, LockOptions['identity'], number | undefined][])('%s', async (_, identity, pid) => {
  let beaten: () => void;
  const firstBeat = new Promise<void>((resolve) => {
    beaten = resolve;
  });
  const onEvent: LockOptions['onEvent'] = ({ type }) => {
    if (type === 'beat') beaten();
  };
  const lock = new Lock(memoryVFS(), { id: 'a', identity, onEvent });
  await using lease = await lock.acquire();
  await firstBeat;
  expect(await lock.inspect()).toMatchObject({ state: 'held', token: lease.token });
  expect((await lock.inspect()).holder?.pid).toBe(pid);
});
