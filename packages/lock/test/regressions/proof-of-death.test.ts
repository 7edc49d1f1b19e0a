import type { HostIdentity, ProcessIdentity } from '@holdfast/lock';
import { describe, expect, test } from 'vitest';
import { Hosts, STORAGES, type StorageKind } from '../hosts.fixture.js';
import { Outcome } from './hosts.fixture.js';

const SELF: ProcessIdentity = {
  host: 'one',
  boot: 'b1',
  pidNamespace: 'p1',
  timeNamespace: 't1',
  pid: 100,
  start: '5',
};

/** Sees none of the processes that it is asked about. */
const alone = (self: ProcessIdentity): HostIdentity => ({ self, isDead: () => true });

/** Whether a contender that is told that the holder is dead takes over from one that lives. */
async function isRobbed(kind: StorageKind, detached: boolean): Promise<boolean> {
  const hosts = await Hosts.begun(STORAGES[kind]);
  const [holder, contender] = [hosts.host(), hosts.host()];
  let lease = await holder.lock({ identity: alone(SELF) }).acquire();
  await hosts.time.advance(3_000);
  if (detached) {
    const handle = await lease.detach({ ttlMs: 60_000 });
    lease = await holder.lock({ identity: alone(SELF) }).attach(handle);
    await hosts.time.advance(3_000);
  }
  const other = { ...SELF, pid: 200 };
  const wanted = new Outcome(contender.lock({ identity: alone(other) }).acquire());
  await hosts.time.advance(30_000);
  expect(lease.held).toBe(true);
  return wanted.value !== undefined;
}

describe('a live holder is not proved dead', () => {
  test.each<StorageKind>(['network', 'mount', 'metered'])(
    'by the processes of this host, where the storage is a %s one',
    async (kind) => {
      expect(await isRobbed(kind, false)).toBe(false);
    },
  );

  test('by the process that it was detached from', async () => {
    expect(await isRobbed('local', true)).toBe(false);
  });
});
