import { expect } from 'vitest';
import type { VFS } from '@holdfast/vfs';
import type { Bench, HostName } from '../bench/bench.js';
import { onEach } from '../bench/figures.js';
import { remoteVFS } from '../bench/remote-vfs.js';
import { NO_CTO, pointOf, RCLONE } from '../lab/mounts.js';

const ROUNDS = 5;

/** What no lock can be safe on is refused by the table of mounts alone. */
export async function refused(bench: Bench): Promise<void> {
  const contender = await bench.contender('one', 'refused');
  await onEach([...NO_CTO, RCLONE], async (kind) => {
    await expect(contender.peer.call('open', kind.id, pointOf(kind)), kind.title).rejects.toMatchObject({
      code: 'ENOTSUP',
    });
  });
}

/** Why: with `nocto` a host lists what it listed before, whatever the other one has made. */
export async function listsLate(bench: Bench): Promise<void> {
  await onEach(NO_CTO, async (kind) => {
    const on = async (host: HostName): Promise<VFS> =>
      remoteVFS(
        await bench.contender(host, 'refused'),
        `${kind.id}-late`,
        `${pointOf(kind)}/${kind.id}-late`,
        {
          filesystem: 'network',
          create: true,
          deadlineMs: 60_000,
        },
      );
    const [one, two] = [await on('one'), await on('two')];
    let late = 0;
    for (let round = 0; round < ROUNDS; round++) {
      await two.ls('/');
      await one.mkdir(`/${round}`);
      const listed = await two.ls('/');
      if (!listed.some(({ name }) => name === `${round}`)) late++;
    }
    expect(late, kind.title).toBeGreaterThan(0);
  });
}

/** Why: on `rclone mount` both hosts make the same directory. */
export async function bothMake(bench: Bench): Promise<void> {
  const made = await Promise.all(
    (['one', 'two'] as const).map(async (host) => {
      const options = { filesystem: 'fuse', deadlineMs: 60_000 } as const;
      const contender = await bench.contender(host, 'refused');
      const vfs = await remoteVFS(contender, 'rclone-both', pointOf(RCLONE), options);
      await vfs.ls('/');
      return vfs;
    }),
  );
  for (const vfs of made) await expect(vfs.mkdir('/claim')).resolves.toBeUndefined();
}
