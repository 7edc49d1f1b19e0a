import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Lock, type LockEvent } from '@holdfast/lock';
import { sftpVFS } from '@holdfast/sftp';
import { VirtualClock } from '@holdfast/testkit';
import type { VFS } from '@holdfast/vfs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { status } from '../servers/ssh2-folder.js';
import { startSSHServer, type SSHServer } from '../servers/ssh2-server.js';
import { turning } from './turning.js';

let server: SSHServer;
let vfs: VFS;

beforeEach(async () => {
  server = await startSSHServer({ inTurns: true });
  vfs = sftpVFS(server.options);
  await vfs.stat('/');
});

afterEach(async () => {
  await vfs.close();
  await server.stop();
});

/** The requests of `act` and the round trips that it took, as the server saw them arrive. */
async function counted(act: () => Promise<unknown>): Promise<{ trips: number; requests: string[] }> {
  server.recount();
  await act();
  return { trips: server.trips, requests: server.requests.map(({ op }) => op) };
}

describe('on the wire', () => {
  test('mkdir takes one round trip, also to tell that the name is taken', async () => {
    expect(await counted(() => vfs.mkdir('/a'))).toEqual({ trips: 1, requests: ['MKDIR', 'LSTAT'] });
    const taken = await counted(() => expect(vfs.mkdir('/a')).rejects.toMatchObject({ code: 'EEXIST' }));
    expect(taken).toEqual({ trips: 1, requests: ['MKDIR', 'LSTAT'] });
  });

  test('mkdir that fails for another reason takes two or three, to tell which', async () => {
    const missing = await counted(() =>
      expect(vfs.mkdir('/no/parent')).rejects.toMatchObject({ code: 'ENOENT' }),
    );
    expect(missing.trips).toBe(2);
    server.faults = ({ op }) => (op === 'MKDIR' ? { kind: 'answer', answer: status(4) } : undefined);
    const unclear = await counted(() => expect(vfs.mkdir('/a')).rejects.toMatchObject({ code: 'EIO' }));
    expect(unclear.trips).toBe(2);
  });

  test('a file that must be new takes two, and one to tell that it is not', async () => {
    const make = (): Promise<void> => vfs.writeFile('/f', 'x', { exclusive: true });
    expect(await counted(make)).toEqual({ trips: 2, requests: ['OPEN', 'LSTAT', 'WRITE', 'CLOSE'] });
    const taken = await counted(() => expect(make()).rejects.toMatchObject({ code: 'EEXIST' }));
    expect(taken).toEqual({ trips: 1, requests: ['OPEN', 'LSTAT'] });
  });

  test('a listing and a mkdir, or a beat and a listing, take two together, on one connection', async () => {
    await vfs.mkdir('/ledger');
    await vfs.writeFile('/ledger/beat', 'x');
    await vfs.ls('/ledger');
    const claim = await counted(() => Promise.all([vfs.ls('/ledger'), vfs.mkdir('/ledger/1')]));
    expect(claim.trips).toBe(2);
    const beat = await counted(() => Promise.all([vfs.writeFile('/ledger/beat', 'xy'), vfs.ls('/ledger')]));
    expect(beat.trips).toBe(2);
    expect(beat.requests.toSorted()).toEqual(
      ['OPEN', 'WRITE', 'CLOSE', 'OPENDIR', 'READDIR', 'READDIR', 'CLOSE'].sort(),
    );
    expect(server.accepted).toBe(1);
  });

  test('writeFile takes two round trips', async () => {
    expect(await counted(() => vfs.writeFile('/f', 'x'))).toEqual({
      trips: 2,
      requests: ['OPEN', 'WRITE', 'CLOSE'],
    });
    expect((await counted(() => vfs.writeFile('/f', new Uint8Array(30_000)))).trips).toBe(2);
  });

  test('writeFile of what takes several requests takes three, and one more for each eight further ones', async () => {
    expect((await counted(() => vfs.writeFile('/f', new Uint8Array(240_000)))).trips).toBe(3);
    expect((await counted(() => vfs.writeFile('/f', new Uint8Array(480_000)))).trips).toBe(4);
  });

  test('readFile takes two round trips', async () => {
    await vfs.writeFile('/f', 'x');
    expect(await counted(() => vfs.readFile('/f'))).toMatchObject({
      trips: 2,
      requests: ['OPEN', 'FSTAT', 'READ'],
    });
  });

  test('chtimes and stat take one, rm two', async () => {
    await vfs.mkdir('/a');
    expect(await counted(() => vfs.chtimes('/a', new Date(0), new Date(0)))).toEqual({
      trips: 1,
      requests: ['SETSTAT'],
    });
    expect(await counted(() => vfs.stat('/a'))).toEqual({ trips: 1, requests: ['STAT'] });
    expect(await counted(() => vfs.rm('/a'))).toEqual({ trips: 2, requests: ['LSTAT', 'RMDIR'] });
  });

  test('ls takes two, and asks no more than it has to', async () => {
    const first = await counted(() => vfs.ls('/'));
    expect(first).toEqual({ trips: 2, requests: ['STAT', 'OPENDIR', 'READDIR', 'READDIR', 'CLOSE'] });
    const again = await counted(() => vfs.ls('/'));
    expect(again).toEqual({ trips: 2, requests: ['OPENDIR', 'READDIR', 'READDIR', 'CLOSE'] });
  });

  test('ls takes two for thousands of entries as well, and misses none', async () => {
    mkdirSync(join(server.folder, 'many'));
    const names = Array.from({ length: 5_000 }, (_, index) => `${index}`.padStart(12, '0')).sort();
    for (const name of names) mkdirSync(join(server.folder, 'many', name));
    const listed = async (): Promise<void> => {
      expect((await vfs.ls('/many')).map(({ name }) => name).sort()).toEqual(names);
    };
    const first = await counted(listed);
    expect(first.trips).toBe(2);
    const again = await counted(listed);
    expect(again.trips).toBe(2);
    expect(again.requests.filter((op) => op === 'READDIR')).toHaveLength(52);
  });

  test('ls goes on where more came than was thought', async () => {
    mkdirSync(join(server.folder, 'growing'));
    await vfs.ls('/growing');
    for (let index = 0; index < 1_000; index++) mkdirSync(join(server.folder, 'growing', `${index}`));
    const grown = await counted(async () => expect(await vfs.ls('/growing')).toHaveLength(1_000));
    expect(grown.trips).toBe(4);
    expect((await counted(() => vfs.ls('/growing'))).trips).toBe(2);
  });
});

describe('a lock on the wire', () => {
  test('takes five round trips at first, three from then on, one to release, two a beat', async () => {
    const once = await counted(async () => (await new Lock(vfs, { id: 'deploy' }).acquire()).release());
    // Eight to acquire what was never locked, where all is still to be made, and one to release it.
    expect(once.trips).toBe(9);
    await vfs.close();
    vfs = sftpVFS(server.options);
    await vfs.stat('/');

    const clock = new VirtualClock();
    const beaten = next('beat');
    const lock = new Lock(vfs, { id: 'deploy', clock, onEvent: beaten.onEvent });
    const beat = async (): Promise<void> => {
      await clock.advance(2_000);
      await beaten.said();
    };

    server.recount();
    const first = await lock.acquire();
    expect(server.trips).toBe(5);
    await beat();
    const { trips, requests } = await counted(beat);
    expect(trips).toBe(2);
    expect(requests.toSorted()).toEqual(
      ['OPEN', 'WRITE', 'CLOSE', 'OPENDIR', 'READDIR', 'READDIR', 'CLOSE'].sort(),
    );
    expect(await counted(() => first.release())).toEqual({ trips: 1, requests: ['MKDIR', 'LSTAT'] });

    server.recount();
    const second = await lock.acquire();
    expect(server.trips).toBe(3);
    expect(second.token).toBe(first.token + 1);
    await beat();
    expect((await counted(() => second.release())).trips).toBe(1);
  });

  test('answers whoever tries a lock that is held with one listing, once its holder is known', async () => {
    const holding = sftpVFS(server.options);
    const clock = new VirtualClock();
    const lease = await new Lock(holding, { id: 'deploy', clock }).acquire();
    await turning(clock, () => server.requests.some(({ op }) => op === 'WRITE'));
    // Of today, like the mtimes of the server: else the claim would look dead, and be observed for a while.
    const lock = new Lock(vfs, { id: 'deploy', clock: new VirtualClock({ wallMs: Date.now() }) });
    const refused = (): Promise<void> => expect(lock.tryAcquire()).rejects.toMatchObject({ code: 'ELOCKED' });
    await refused();
    await server.quiet();
    expect(await counted(refused)).toEqual({ trips: 2, requests: LISTING });
    await lease.release();
    await holding.close();
  });

  test('asks whoever waits for one listing a look, and hands over with one', async () => {
    const holding = sftpVFS(server.options);
    const lease = await new Lock(holding, { id: 'deploy', clock: new VirtualClock() }).acquire();
    const clock = new VirtualClock();
    const seen: string[] = [];
    const onEvent = ({ type }: LockEvent): void => void seen.push(type);
    const waiting = new Lock(vfs, { id: 'deploy', clock, onEvent }).acquire();
    // Its heartbeat is under way by now, so that for two seconds there are only looks.
    await turning(clock, () => seen.includes('beat') && seen.includes('waiting'));
    await server.quiet();

    const looks = seen.filter((type) => type === 'waiting').length;
    const look = await counted(() =>
      turning(clock, () => seen.filter((type) => type === 'waiting').length > looks),
    );
    expect(look).toEqual({ trips: 2, requests: LISTING });
    expect(await counted(() => lease.release())).toMatchObject({ trips: 1 });
    const handedOver = await counted(() => turning(clock, () => seen.includes('acquired')));
    expect(handedOver).toEqual({ trips: 2, requests: LISTING });
    await (await waiting).release();
    await holding.close();
  });
});

const LISTING = ['OPENDIR', 'READDIR', 'READDIR', 'CLOSE'];

/** Hears of the next event of the type each time. */
function next(type: LockEvent['type']): { onEvent(event: LockEvent): void; said(): Promise<void> } {
  let heard = 0;
  let taken = 0;
  return {
    onEvent: (event) => {
      if (event.type === type) heard++;
    },
    said: async () => {
      await expect.poll(() => heard, { timeout: 30_000 }).toBeGreaterThan(taken);
      taken++;
    },
  };
}
