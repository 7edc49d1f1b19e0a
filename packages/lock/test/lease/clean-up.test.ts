import { describe, expect, it } from 'vitest';
import { crash, failure, Hosts, KINDS, ORIGIN, STORAGES, told, type Host } from '../hosts.fixture.js';

async function rounds(host: Host, count: number): Promise<void> {
  for (let round = 0; round < count; round++) await host.lock().with(() => undefined);
}

/** What of the calls of clean-up the host has made so far, in order. */
function cleaning(host: Host): string[] {
  return host.calls.filter((call) => /^rm |\.floor$/.test(call) && !call.includes('.beat.'));
}

/** Leaves so many numbers behind that are over, without a clean-up. */
async function leave(hosts: Hosts, count: number, first = ORIGIN + 1): Promise<void> {
  for (let number = first; number < first + count; number++) {
    await hosts.put(String(number));
    await hosts.put(`${number}.free`);
  }
}

describe.each(KINDS)('on %s storage', (kind) => {
  it('what is over is removed behind a floor, a claim before its marks, the oldest first', async () => {
    const hosts = await Hosts.begun(STORAGES[kind]);
    await leave(hosts, 9);
    const host = hosts.host();
    const lease = await host.lock().acquire();
    await hosts.time.advance(kind === 'metered' ? 30_000 : 5_000);
    const calls = cleaning(host);
    expect(calls[0]).toBe('make 1009.floor');
    const claims = calls.filter((call) => /^rm \d+$/.test(call));
    expect(claims).toEqual(Array.from({ length: 9 }, (_, at) => `rm ${1001 + at}`));
    for (let number = 1001; number <= 1009; number++)
      expect(calls.indexOf(`rm ${number}.free`)).toBeGreaterThan(calls.indexOf(`rm ${number}`));
    const left = (await hosts.ledger()).filter((name) => !name.includes('.beat.'));
    expect(left).toEqual(['1000.origin', '1009.floor', '1010']);
    expect(lease.held).toBe(true);
  });

  it('many short leases remove as much as they leave', async () => {
    const hosts = await Hosts.begun(STORAGES[kind]);
    const host = hosts.host();
    await hosts.time.runUntil(rounds(host, 100));
    await hosts.time.advance(1_000);
    expect((await hosts.ledger()).length).toBeLessThan(60);
  });

  it('nothing of it is on the way to a grant', async () => {
    const hosts = await Hosts.begun(STORAGES[kind]);
    await leave(hosts, 200);
    const host = hosts.host();
    host.hold(/^rm /);
    host.hold(/\.floor$/);
    const lease = await host.lock().acquire();
    expect([lease.held, cleaning(host).length <= 1]).toEqual([true, true]);
  });
});

describe('a clean-up', () => {
  it('is done once in several acquisitions', async () => {
    const hosts = await Hosts.begun();
    const host = hosts.host();
    await rounds(host, 7);
    await hosts.time.advance(1_000);
    expect(cleaning(host)).toEqual([]);
    await rounds(host, 33);
    await hosts.time.advance(1_000);
    expect(cleaning(host).filter((call) => call.endsWith('.floor')).length).toBeLessThanOrEqual(5);
    expect(cleaning(host).length).toBeGreaterThanOrEqual(2 * 24);
  });

  it('never closes what is alive: holders and waiters stay, and go on', async () => {
    const hosts = await Hosts.begun();
    const reader = await hosts.host().lock().acquire({ mode: 'shared' });
    const busy = hosts.host();
    for (let round = 0; round < 30; round++) await busy.lock().with(() => undefined, { mode: 'shared' });
    await busy.lock().acquire({ mode: 'shared' });
    await hosts.time.advance(5_000);
    const floors = (await hosts.ledger()).filter((name) => name.endsWith('.floor'));
    expect(floors).toEqual([]);
    expect(reader.held).toBe(true);
  });

  it('goes above what is alive once 64 numbers wait, and spares it all the same', async () => {
    const hosts = await Hosts.begun();
    const reader = await hosts.host().lock().acquire({ mode: 'shared' });
    const busy = hosts.host();
    for (let round = 0; round < 100; round++) await busy.lock().with(() => undefined, { mode: 'shared' });
    await hosts.time.advance(5_000);
    const left = await hosts.ledger();
    expect(left).toContain('1001');
    expect(left.some((name) => name.endsWith('.floor'))).toBe(true);
    expect(left.length).toBeLessThan(2 * 100);
    await hosts.time.advance(30_000);
    expect(reader.held).toBe(true);
    await expect(hosts.host().lock().tryAcquire()).rejects.toMatchObject({ code: 'ELOCKED', token: 1001 });
    await reader.release();
    expect((await hosts.host().lock().tryAcquire()).held).toBe(true);
  });

  it('is done by one of those who follow each other on a disk, however many see what is over', async () => {
    const hosts = await Hosts.begun();
    await leave(hosts, 16);
    const all = [hosts.host(), hosts.host(), hosts.host()];
    const leases = all.map((host) => host.lock().acquire());
    await hosts.time.settle();
    await hosts.time.runUntil(Promise.all(leases.map(async (lease) => (await lease).release())));
    await hosts.time.advance(1_000);
    const removals = all.flatMap(cleaning).filter((call) => call.startsWith('rm '));
    expect(removals.length).toBe(2 * 16);
    expect(new Set(removals).size).toBe(removals.length);
  });

  it('of one that died half-way is done by others once much is left', async () => {
    const hosts = await Hosts.begun();
    await leave(hosts, 46);
    await hosts.put('1040.floor');
    const all = [hosts.host(), hosts.host()];
    for (let round = 0; round < 2; round++) {
      const leases = all.map((host) => host.lock().acquire());
      await hosts.time.settle();
      await hosts.time.runUntil(Promise.all(leases.map(async (lease) => (await lease).release())));
      await hosts.time.advance(10);
    }
    await hosts.time.advance(1_000);
    expect((await hosts.ledger()).filter((name) => /^10[0-3]\d$/.test(name))).toEqual([]);
  });

  it('leaves the last eight floors', async () => {
    const hosts = await Hosts.begun();
    const host = hosts.host();
    await rounds(host, 300);
    await hosts.time.advance(1_000);
    const floors = (await hosts.ledger()).filter((name) => name.endsWith('.floor'));
    expect(floors.length).toBe(8);
  });

  it('of what cannot be removed leaves the marks, and goes on with the rest', async () => {
    const hosts = await Hosts.begun();
    await leave(hosts, 9);
    const host = hosts.host();
    host.fail('rm 1003', failure('EACCES', { op: 'rm' }));
    await host.lock().acquire();
    await hosts.time.advance(5_000);
    const left = (await hosts.ledger()).filter((name) => !name.includes('.beat.'));
    expect(left).toEqual(['1000.origin', '1003', '1003.free', '1009.floor', '1010']);
    expect(told(host).filter((type) => type === 'storage-error')).toHaveLength(1);
    // The next contender is not kept from anything, and tries again.
    await hosts.time.advance(5_000);
    await expect(hosts.host().lock().tryAcquire()).rejects.toMatchObject({ token: 1010 });
  });

  it('that cannot make its floor removes nothing', async () => {
    const hosts = await Hosts.begun();
    await leave(hosts, 9);
    const host = hosts.host();
    host.fail(/\.floor$/, failure('ENOSPC'), 10);
    const lease = await host.lock().acquire();
    await hosts.time.advance(10_000);
    expect(cleaning(host).filter((call) => call.startsWith('rm '))).toEqual([]);
    expect(lease.held).toBe(true);
  });

  it('stops while the storage is in trouble, and is done by the next holder', async () => {
    const hosts = await Hosts.begun();
    await leave(hosts, 60);
    const host = hosts.host();
    host.fail('rm 1002', failure('EIO', { op: 'rm' }));
    const lease = await host.lock().acquire();
    await hosts.time.advance(5_000);
    const left = (await hosts.ledger()).filter((name) => /^\d+$/.test(name));
    expect(left).toContain('1002');
    expect(left.length).toBeGreaterThan(40);
    await lease.release();
    await hosts.host().lock().acquire();
    await hosts.time.advance(5_000);
    expect((await hosts.ledger()).filter((name) => /^\d+$/.test(name))).toEqual(['1062']);
  });

  it('removes marks without a claim, and what dead contenders left, but nothing that is not ours', async () => {
    const hosts = await Hosts.begun();
    await leave(hosts, 8);
    await hosts.put('1004.beat.10000.7');
    await hosts.remove('1004');
    for (const name of ['README.txt', 'look.abc', '41'])
      await hosts.truth.writeFile(`/lockfile-deploy/${name}`, '');
    await hosts.host().lock().acquire();
    await hosts.time.advance(5_000);
    const left = (await hosts.ledger()).filter((name) => !name.startsWith('1009.beat'));
    // The gap at 1004 had to be closed for the claim to count.
    expect(left.toSorted()).toEqual(['1000.origin', '1004.floor', '1008.floor', '1009', '41', 'README.txt']);
  });

  it('is one of a process at a time', async () => {
    const hosts = await Hosts.begun();
    await leave(hosts, 9);
    const host = hosts.host();
    const removal = host.hold('rm 1001');
    await host.lock().acquire({ mode: 'shared' });
    await host.lock().acquire({ mode: 'shared' });
    await hosts.time.advance(5_000);
    await removal.arrived;
    expect(new Set(cleaning(host)).size).toBe(cleaning(host).length);
    removal.go();
    await hosts.time.advance(5_000);
    expect(new Set(cleaning(host)).size).toBe(cleaning(host).length);
  });

  it('under way in the same process does not keep a claim that was passed from being marked as over', async () => {
    const hosts = await Hosts.begun();
    await leave(hosts, 9);
    const host = hosts.host();
    const removal = host.hold('rm 1001');
    await host.lock().acquire({ mode: 'shared' });
    await hosts.time.advance(1_000);
    await removal.arrived;
    const dead = hosts.host();
    void dead.lock().acquire();
    await hosts.time.advance(150);
    crash(dead);
    const lease = await hosts.time.runUntil(host.lock().acquire({ mode: 'shared' }));
    expect(lease.token).toBe(1012);
    await hosts.time.advance(5_000);
    expect(await hosts.ledger()).toContain('1011.free');
  });

  it('of a directory with something in it, as some systems put there, removes that too', async () => {
    const hosts = await Hosts.begun(STORAGES.network);
    for (let number = 1001; number <= 1009; number++) {
      await hosts.truth.mkdir(hosts.at(String(number)));
      await hosts.truth.mkdir(hosts.at(`${number}.free`));
    }
    await hosts.truth.writeFile(`${hosts.at('1002')}/.DS_Store`, 'x');
    await hosts.host().lock().acquire();
    await hosts.time.advance(5_000);
    expect((await hosts.ledger()).filter((name) => !name.includes('.beat.'))).toEqual([
      '1000.origin',
      '1009.floor',
      '1010',
    ]);
  });
});
