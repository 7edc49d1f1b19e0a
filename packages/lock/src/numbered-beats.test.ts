import { intercept, VFSError } from '@holdfast/vfs';
import { describe, expect, it } from 'vitest';
import { Hosts, on, type Host } from './hosts.fixture.js';
import { Lock } from './lock.js';

/** As the local adapter describes an NFS or SMB mount. */
const mount = { listing: 'names', cost: 'network' } as const;

/** A host whose opens of a beat file never end: another host, that does not answer, has it leased. */
function heirBehindALease(hosts: Hosts): { lock: Lock; host: Host } {
  const host = hosts.host({}, mount);
  const vfs = intercept(host.vfs, (call, next) =>
    call.op === 'readFile' ? new Promise(() => undefined) : next(call),
  );
  return { lock: new Lock(vfs, { id: 'deploy', clock: host.clock }), host };
}

describe('a beat on a mount', () => {
  it('is a new name, and the one before is removed', async () => {
    const hosts = new Hosts();
    const holder = hosts.host({}, mount);
    await holder.lock().tryAcquire();
    await hosts.time.advance(20_500);
    const beats = (await hosts.ledger()).filter((name) => name.startsWith('000000000001.'));
    expect(beats).toEqual(['000000000001.beat', '000000000001.beat.10']);
    expect(holder.calls.filter((call) => call === 'writeFile 000000000001.beat')).toHaveLength(1);
  });

  it('comes before the record, so that nobody ever judges by content', async () => {
    const hosts = new Hosts();
    const holder = hosts.host({}, mount);
    await holder.lock().tryAcquire();
    await hosts.time.advance(10);
    const order = holder.calls.filter((call) => call.includes('.beat'));
    expect(order).toEqual(['mkdir 000000000001.beat.0', 'writeFile 000000000001.beat']);
  });

  it('keeps the lock, though no host can open the record', async () => {
    const hosts = new Hosts();
    const lease = await hosts.host({}, mount).lock().tryAcquire();
    const { lock } = heirBehindALease(hosts);
    const refusal = expect(lock.acquire({ timeoutMs: 60_000 })).rejects.toMatchObject({
      code: 'ELOCKTIMEOUT',
      token: 1,
    });
    await hosts.time.advance(60_000);
    await refusal;
    expect(lease.held).toBe(true);
  });

  it('that does not come is noticed within the window and two polls, though opening the record hangs', async () => {
    const hosts = new Hosts();
    const dead = hosts.host({}, mount);
    await dead.lock().tryAcquire();
    const { lock } = heirBehindALease(hosts);
    const heir = lock.acquire();
    await hosts.time.advance(30_000);
    dead.clock.suspend('process');
    const from = hosts.time.now;
    expect((await hosts.time.runUntil(heir)).token).toBe(2);
    expect(hosts.time.now - from).toBeLessThanOrEqual(12_000);
  });

  it('whose record hangs is asked for it once, and not again by each look', async () => {
    const hosts = new Hosts();
    await hosts.host({}, mount).lock().tryAcquire();
    const { lock, host } = heirBehindALease(hosts);
    const refusal = expect(lock.acquire({ timeoutMs: 30_000 })).rejects.toMatchObject({
      code: 'ELOCKTIMEOUT',
    });
    await hosts.time.advance(30_000);
    await refusal;
    expect(host.calls.filter((call) => call.startsWith('ls')).length).toBeGreaterThan(10);
    expect(await hosts.time.runUntil(lock.inspect())).toMatchObject({ state: 'held', holder: undefined });
  });

  it('tells who holds the lock, and since when it shows life', async () => {
    const hosts = new Hosts();
    await hosts.host({}, mount).lock({ label: 'nightly' }).tryAcquire();
    await hosts.time.advance(60_500);
    const other = hosts.host({}, mount);
    expect(await other.lock().inspect()).toMatchObject({
      state: 'held',
      holder: { label: 'nightly' },
      ageMs: 500,
    });
    await expect(other.lock().tryAcquire()).rejects.toMatchObject({
      code: 'ELOCKED',
      holder: { label: 'nightly' },
    });
  });

  it.each([
    ['the disk of the server itself', { listing: 'names', cost: 'local' } as const],
    ['a protocol that lists versions', { listing: 'versions', cost: 'network' } as const],
  ])('is seen by who reaches the same directory over %s, and the other way round', async (_, other) => {
    for (const [mine, theirs] of [
      [mount, other],
      [other, mount],
    ] as const) {
      const hosts = new Hosts();
      const holder = hosts.host({}, mine);
      const lease = await holder.lock().tryAcquire();
      const waiter = hosts.host({}, theirs).lock().acquire();
      await hosts.time.advance(60_000);
      expect(lease.held).toBe(true);
      holder.clock.suspend('process');
      const from = hosts.time.now;
      expect((await hosts.time.runUntil(waiter)).token).toBe(2);
      expect(hosts.time.now - from).toBeLessThanOrEqual(12_000);
    }
  });

  it('that was made but not answered counts when it is made again', async () => {
    const hosts = new Hosts();
    const holder = hosts.host({}, mount);
    const lease = await holder.lock().tryAcquire();
    await hosts.time.advance(1_000);
    await hosts.truth.mkdir('/lockfile-deploy/000000000001.beat.1');
    await hosts.time.advance(60_000);
    expect(lease.held).toBe(true);
    expect(holder.events.filter(({ type }) => type === 'beat-failed')).toEqual([]);
  });

  it('finds the lock gone where its directory was removed', async () => {
    const hosts = new Hosts();
    const lease = await hosts.host({}, mount).lock().tryAcquire();
    await hosts.time.advance(1_000);
    await hosts.truth.rm('/lockfile-deploy', { recursive: true });
    await hosts.time.advance(4_000);
    expect(lease.signal.reason).toMatchObject({ code: 'ELOCKLOST', reason: 'removed' });
    expect(await hosts.truth.ls('/')).toEqual([]);
  });

  it('comes in time though the names of earlier ones cannot be removed', async () => {
    const hosts = new Hosts();
    const holder = hosts.host({}, mount);
    const lease = await holder.lock().tryAcquire();
    await hosts.time.advance(1_000);
    const stuck = holder.hold(on('rm', '.beat.0'));
    await hosts.time.advance(30_000);
    expect(lease.held).toBe(true);
    stuck.fail(new VFSError({ code: 'EIO', op: 'rm', path: '/', adapter: 'memory' }));
    await hosts.time.advance(4_000);
    const beats = (await hosts.ledger()).filter((name) => name.includes('.beat.'));
    expect(beats).toHaveLength(1);
  });

  it('has its record written later if that fails at first', async () => {
    const hosts = new Hosts();
    const holder = hosts.host({}, mount);
    holder
      .hold(on('writeFile', '.beat'))
      .fail(new VFSError({ code: 'EIO', op: 'writeFile', path: '/', adapter: 'memory' }));
    await holder.lock({ label: 'nightly' }).tryAcquire();
    await hosts.time.advance(3_000);
    expect(await hosts.host({}, mount).lock().inspect()).toMatchObject({ holder: { label: 'nightly' } });
  });

  it('leaves but the mark of number 1 once a later holder has tidied up', async () => {
    const hosts = new Hosts();
    const dead = hosts.host({}, mount);
    await dead.lock().tryAcquire();
    await hosts.time.advance(4_500);
    dead.clock.suspend('process');
    const host = hosts.host({}, mount);
    await hosts.time.runUntil(
      host
        .lock()
        .acquire()
        .then((lease) => lease.release()),
    );
    // A beat of the dead one that landed late.
    await hosts.truth.mkdir('/lockfile-deploy/000000000001.beat.9');
    await host.lock().tryAcquire();
    await hosts.time.advance(30_000);
    expect((await hosts.ledger()).filter((name) => name.startsWith('000000000001'))).toEqual([
      '000000000001.free',
    ]);
  });
});
