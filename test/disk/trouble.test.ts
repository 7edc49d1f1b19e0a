import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspectAll, isVFSError, localVFS, Lock, type Lease, type LossReason } from 'holdfast';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { canMount, makeReadOnly, makeTmpfs } from '../local/places.fixture.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-disk-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const codeOf = async (call: Promise<unknown>): Promise<string> => {
  const error: unknown = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return isVFSError(error) ? error.code : String(error);
};

/** Leaves not a byte and not an inode. */
function fill(dir: string): void {
  for (let count = 0; ; count++) {
    try {
      writeFileSync(join(dir, `fill-${count}`), 'x'.repeat(4_096));
    } catch {
      return;
    }
  }
}

function makeRoom(dir: string): void {
  for (const name of readdirSync(dir)) if (name.startsWith('fill-')) rmSync(join(dir, name));
}

const lossOf = (lease: Lease): Promise<LossReason> =>
  new Promise((resolve) => {
    lease.signal.addEventListener('abort', () =>
      resolve((lease.signal.reason as { reason: LossReason }).reason),
    );
  });

test('two hundred locks at once in one process are held side by side, and all beat', async () => {
  await using vfs = localVFS(folder);
  const beaten = new Set<string>();
  const ids = Array.from({ length: 200 }, (_, at) => `lock ${at}`);
  const locks = ids.map(
    (id) => new Lock(vfs, { id, onEvent: ({ type }) => type === 'beat' && beaten.add(id), heartbeatMs: 320 }),
  );
  const leases = await Promise.all(locks.map((lock) => lock.acquire()));
  expect(leases.every(({ held }) => held)).toBe(true);
  const refused = await Promise.allSettled(ids.map((id) => new Lock(vfs, { id }).tryAcquire()));
  expect(refused.every(({ status }) => status === 'rejected')).toBe(true);
  await Promise.all(leases.map((lease) => lease.verify()));
  await expect.poll(() => beaten.size, { timeout: 20_000 }).toBe(200);
  await Promise.all(leases.map((lease) => lease.release()));
  const infos = await inspectAll(vfs, '/');
  expect(infos).toHaveLength(200);
  expect(infos.every(({ state }) => state === 'free')).toBe(true);
});

test('an id may be any text: it names one lock, below the folder, and is found again', async () => {
  await using vfs = localVFS(join(folder, 'locks'), { create: true });
  const ids = [
    '../../etc/passwd',
    '..',
    '.',
    '/',
    String.raw`a\b`,
    'A',
    'a',
    'é',
    'e\u0301',
    'con',
    'x.',
    ' ',
    '\u001B[2J\r\n\u0000',
    '🔒'.repeat(18),
    '%2e%2e',
    '~2E',
    'CON:1',
  ];
  const leases = await Promise.all(ids.map((id) => new Lock(vfs, { id }).tryAcquire()));
  expect(new Set(leases).size).toBe(ids.length);
  expect((await inspectAll(vfs, '/')).map(({ id }) => id).toSorted()).toStrictEqual(ids.toSorted());
  expect(readdirSync(folder)).toStrictEqual(['locks']);
  expect(readdirSync(join(folder, 'locks')).every((name) => /^lockfile-[a-z0-9_.~A-F-]+$/.test(name))).toBe(
    true,
  );
  await Promise.all(leases.map((lease) => lease.release()));
});

describe('when the folder is removed under a holder', () => {
  test('it loses the lock, and does not bring the folder back', async () => {
    await using vfs = localVFS(folder);
    const lock = new Lock(vfs, { id: 'a', staleAfterMs: 5_000, heartbeatMs: 160 });
    const lease = await lock.acquire();
    const lost = lossOf(lease);
    rmSync(join(folder, 'lockfile-a'), { recursive: true });
    expect(await lost).toBe('removed');
    await lease.release();
    expect(existsSync(join(folder, 'lockfile-a'))).toBe(false);
    const next = await lock.acquire();
    expect(next.held).toBe(true);
    await next.release();
  });

  test('with everything above it, the same', async () => {
    const above = join(folder, 'above');
    mkdirSync(above);
    await using vfs = localVFS(above);
    const lease = await new Lock(vfs, { id: 'a', staleAfterMs: 5_000, heartbeatMs: 160 }).acquire();
    const lost = lossOf(lease);
    rmSync(above, { recursive: true });
    expect(await lost).toBe('removed');
    await lease.release();
    expect(existsSync(above)).toBe(false);
  });
});

describe.runIf(canMount)('on a disk of its own', () => {
  test('that has no inode left, whoever wants the lock is told so, and nothing is lost', async () => {
    using disk = makeTmpfs('size=1m,nr_inodes=40');
    await using vfs = localVFS(disk.dir);
    const lock = new Lock(vfs, { id: 'a' });
    const first = await lock.acquire();
    await first.release();
    fill(disk.dir);
    const before = await lock.inspect();
    expect(await codeOf(lock.acquire({ timeoutMs: 1_000 }))).toBe('ENOSPC');
    expect(await codeOf(lock.tryAcquire())).toBe('ENOSPC');
    expect(await lock.inspect()).toStrictEqual(before);
    makeRoom(disk.dir);
    const next = await lock.acquire({ timeoutMs: 1_000 });
    expect(next.token).toBeGreaterThan(first.token);
    await next.release();
  });

  test('that has room for no record, whoever wants the lock is told so, and the next one gets it', async () => {
    using disk = makeTmpfs('size=64k');
    await using vfs = localVFS(disk.dir);
    fill(disk.dir);
    const lock = new Lock(vfs, { id: 'a' });
    expect(await codeOf(lock.acquire({ timeoutMs: 1_000 }))).toBe('ENOSPC');
    expect(await codeOf(lock.tryAcquire())).toBe('ENOSPC');
    makeRoom(disk.dir);
    const next = await lock.tryAcquire();
    expect(next.held).toBe(true);
    await next.release();
  });

  test.each([
    ['as a disk', {}],
    ['as a mount', { filesystem: 'network', isolate: false }],
  ] as const)('%s, that fills up under a holder, it beats on and hands the lock on', async (_, how) => {
    using disk = makeTmpfs('size=64k,nr_inodes=200');
    await using vfs = localVFS(disk.dir, how);
    await using other = localVFS(disk.dir, how);
    let beats = 0;
    const options = { id: 'a', staleAfterMs: 1_000, identity: 'none' } as const;
    const lock = new Lock(vfs, {
      ...options,
      onEvent: ({ type }) => void (beats += type === 'beat' ? 1 : 0),
    });
    const lease = await lock.acquire();
    await expect.poll(() => beats, { timeout: 20_000 }).toBeGreaterThan(0);
    fill(disk.dir);
    const before = beats;
    await expect.poll(() => beats, { timeout: 20_000 }).toBeGreaterThan(before + 8);
    expect(lease.held).toBe(true);
    const released = await codeOf(lease.release());
    expect(['ENOSPC', 'undefined']).toContain(released);
    makeRoom(disk.dir);
    const next = await new Lock(other, options).acquire({ timeoutMs: 30_000 });
    expect(next.token).toBeGreaterThan(lease.token);
    await next.release();
  });

  test('that is read-only, whoever wants the lock is told so, and a look is possible', async () => {
    using disk = makeTmpfs();
    await using vfs = localVFS(disk.dir);
    const lock = new Lock(vfs, { id: 'a' });
    const lease = await lock.acquire();
    await lease.release();
    makeReadOnly(disk.dir);
    expect(await codeOf(lock.acquire({ timeoutMs: 1_000 }))).toBe('EACCES');
    expect(await codeOf(new Lock(vfs, { id: 'new' }).tryAcquire())).toBe('EACCES');
    expect(await lock.inspect()).toMatchObject({ state: 'free', holders: [] });
  });
});
