import { memoryVFS } from '@holdfast/memory';
import { intercept } from '@holdfast/vfs';
import { expect, it } from 'vitest';
import { Traffic } from './traffic.js';

it('is quiet when no call is under way, and none follows from the last one', async () => {
  const answers: (() => void)[] = [];
  const slow = intercept(memoryVFS(), async (call, next) => {
    await new Promise<void>((resolve) => {
      answers.push(resolve);
    });
    return next(call);
  });
  const traffic = new Traffic(slow);
  await traffic.quiet();

  const done: string[] = [];
  const work = traffic.vfs
    .mkdir('/a')
    .then(() => traffic.vfs.mkdir('/a/b'))
    .then(() => done.push('work'));
  const quiet = traffic.quiet().then(() => done.push('quiet'));
  for (let call = 0; call < 2; call++) {
    while (answers.length === 0) await Promise.resolve();
    answers.pop()?.();
  }
  await Promise.all([work, quiet]);
  expect(done).toStrictEqual(['work', 'quiet']);
});

it('counts a call that fails like any other', async () => {
  const traffic = new Traffic(memoryVFS());
  await expect(traffic.vfs.ls('/missing')).rejects.toMatchObject({ code: 'ENOENT' });
  await traffic.quiet();
});
