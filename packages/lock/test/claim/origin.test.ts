import { describe, expect, it } from 'vitest';
import { failure, Hosts, KINDS, STORAGES, told, type Host } from '../hosts.fixture.js';

async function rounds(host: Host, count: number): Promise<void> {
  for (let round = 0; round < count; round++) await host.lock().with(() => undefined);
}

/** Somebody, or a cleaner of old files, removes the lock's directory; the next contender begins another ledger. */
describe.each(KINDS)('a ledger that is removed, on %s storage,', (kind) => {
  it('idle, goes on above all that was before', async () => {
    const hosts = new Hosts(STORAGES[kind]);
    const [host, fresh] = [hosts.host(), hosts.host()];
    const tokens: number[] = [];
    for (let round = 0; round < 3; round++) {
      await rounds(host, 2);
      const lease = await host.lock().acquire();
      tokens.push(lease.token);
      await lease.release();
      await hosts.removeLedger();
      await hosts.time.advance(1);
      tokens.push(await fresh.lock().with(({ token }) => token));
      await hosts.removeLedger();
      await hosts.time.advance(1);
    }
    expect(tokens).toEqual(tokens.toSorted((a, b) => a - b));
    expect(new Set(tokens).size).toBe(tokens.length);
  });

  it('idle, is not disturbed by who released last, and still knows a number', async () => {
    const hosts = await Hosts.begun(STORAGES[kind]);
    const [last, fresh] = [hosts.host(), hosts.host()];
    await rounds(last, 5);
    await hosts.removeLedger();
    const lease = await fresh.lock().acquire();
    await hosts.time.advance(150);
    await expect(hosts.time.runUntil(last.lock().tryAcquire())).rejects.toMatchObject({
      code: 'ELOCKED',
      token: lease.token,
    });
    await hosts.time.advance(30_000);
    expect(lease.held).toBe(true);
    await lease.release();
    expect((await hosts.host().lock().tryAcquire()).token).toBeGreaterThan(lease.token);
  });

  it('held, ends the lease, and its beat does not bring it back', async () => {
    const hosts = await Hosts.begun(STORAGES[kind]);
    const host = hosts.host();
    const lease = await host.lock({ staleAfterMs: 10_000 }).acquire();
    await hosts.time.advance(500);
    await hosts.removeLedger();
    await hosts.time.advance(2_000);
    expect(lease.signal.reason).toMatchObject({ code: 'ELOCKLOST', reason: 'removed' });
    expect(await hosts.truth.ls('/')).toEqual([]);
    await expect(lease.release()).resolves.toBeUndefined();
    expect(await hosts.truth.ls('/')).toEqual([]);
  });

  it('held, and made again at once, ends the lease of the old one alone', async () => {
    const hosts = new Hosts(STORAGES[kind]);
    const [old, fresh] = [hosts.host(), hosts.host()];
    const lease = await old.lock({ staleAfterMs: 10_000 }).acquire();
    await hosts.time.advance(500);
    await hosts.removeLedger();
    const next = await fresh.lock().acquire();
    expect(next.token).toBeGreaterThan(lease.token);
    const { signal } = lease;
    await hosts.time.advance(2_000);
    expect(signal.reason).toMatchObject({ reason: 'removed' });
    await lease.release();
    await hosts.time.advance(60_000);
    expect(next.held).toBe(true);
    await next.release();
    expect((await hosts.time.runUntil(hosts.host().lock().acquire())).held).toBe(true);
  });

  it('while one waits, has it queue again in the new one', async () => {
    const hosts = new Hosts(STORAGES[kind]);
    const lease = await hosts.host().lock({ staleAfterMs: 10_000 }).acquire();
    const waiting = hosts.host().lock({ staleAfterMs: 10_000 }).acquire();
    await hosts.time.advance(1_000);
    await hosts.removeLedger();
    const next = await hosts.time.runUntil(waiting);
    expect([next.token > lease.token, next.held]).toEqual([true, true]);
    await hosts.time.advance(10_000);
    expect([lease.held, next.held]).toEqual([false, true]);
  });
});

describe('a late call of a ledger that is gone', () => {
  it('to beat disturbs nobody in the new one', async () => {
    const hosts = new Hosts();
    const [old, fresh] = [hosts.host(), hosts.host()];
    const lease = await old.lock().acquire();
    const beat = old.hold(/^write .*beat/);
    await hosts.time.advance(200);
    await beat.arrived;
    await hosts.removeLedger();
    const next = await fresh.lock().acquire();
    beat.go();
    await hosts.time.advance(30_000);
    expect([lease.held, next.held]).toEqual([false, true]);
    const names = await hosts.ledger();
    expect(names.filter((name) => name.startsWith(`${lease.token}.free`))).toEqual([]);
  });

  it('to mark as over names a number that the new one never has', async () => {
    const hosts = new Hosts();
    const [old, fresh] = [hosts.host(), hosts.host()];
    const lease = await old.lock().acquire();
    await hosts.time.advance(1);
    const free = old.hold(`make ${lease.token}.free`);
    const released = lease.release();
    await free.arrived;
    await hosts.removeLedger();
    const next = await fresh.lock().acquire();
    free.go();
    await hosts.time.settle();
    await released;
    await hosts.time.advance(30_000);
    expect(next.held).toBe(true);
    await next.release();
    expect((await hosts.host().lock().tryAcquire()).held).toBe(true);
  });

  it('to claim is not in the way of others, and given up', async () => {
    const hosts = await Hosts.begun();
    const [old, fresh] = [hosts.host(), hosts.host()];
    const claim = old.hold('make 1001');
    const waiting = old.lock().acquire();
    await claim.arrived;
    await hosts.removeLedger();
    const next = await fresh.lock().acquire();
    claim.go();
    await hosts.time.advance(10_000);
    expect(next.held).toBe(true);
    expect(await hosts.ledger()).toContain('1001.free');
    await next.release();
    expect((await hosts.time.runUntil(waiting)).token).toBeGreaterThan(next.token);
  });

  it('to close numbers closes none of the new one', async () => {
    const hosts = await Hosts.begun();
    const [old, fresh] = [hosts.host(), hosts.host()];
    for (let number = 1001; number <= 1020; number++) {
      await hosts.put(String(number));
      await hosts.put(`${number}.free`);
    }
    const floor = old.hold(/^make \d+\.floor$/);
    await old.lock().acquire();
    await hosts.time.advance(200);
    await floor.arrived;
    await hosts.removeLedger();
    const next = await fresh.lock().acquire();
    floor.go();
    await hosts.time.advance(10_000);
    expect(next.held).toBe(true);
    await next.release();
    expect((await hosts.host().lock().tryAcquire()).held).toBe(true);
  });

  it('to remove removes nothing of the new one', async () => {
    const hosts = await Hosts.begun();
    const [old, fresh] = [hosts.host(), hosts.host()];
    for (let number = 1001; number <= 1020; number++) {
      await hosts.put(String(number));
      await hosts.put(`${number}.free`);
    }
    const removal = old.hold('rm 1001');
    await old.lock().acquire();
    await hosts.time.advance(200);
    await removal.arrived;
    await hosts.removeLedger();
    const next = await fresh.lock().acquire();
    const before = (await hosts.ledger()).filter((name) => !name.includes('.beat.'));
    removal.go();
    await hosts.time.advance(10_000);
    expect(next.held).toBe(true);
    expect(await hosts.ledger()).toEqual(expect.arrayContaining(before));
  });
});

describe('an origin', () => {
  it('is made by whoever lists none, whatever else is listed, above all of it', async () => {
    const hosts = new Hosts();
    await hosts.truth.mkdir('/lockfile-deploy');
    await hosts.put('8000000000000000.free');
    const lease = await hosts.host().lock().tryAcquire();
    expect(lease.token).toBe(8_000_000_000_000_002);
    expect(await hosts.ledger()).toContain('8000000000000001.origin');
  });

  it('of two contenders that find none: the highest counts, and one of them holds', async () => {
    const hosts = new Hosts();
    const [one, two] = [hosts.host(), hosts.host()];
    const origins = [one.hold(/\.origin$/), two.hold(/\.origin$/)];
    const attempts = [one.lock().tryAcquire(), two.lock().tryAcquire()];
    await Promise.all(origins.map(({ arrived }) => arrived));
    for (const origin of origins) origin.go();
    const results = await Promise.allSettled(attempts);
    expect(results.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    expect((await hosts.ledger()).filter((name) => name.endsWith('.origin'))).toHaveLength(2);
  });

  it('that comes late and is higher closes a claim that was not confirmed, and spares one that was', async () => {
    const hosts = await Hosts.begun();
    const [holder, slow] = [hosts.host(), hosts.host()];
    const lease = await holder.lock().acquire();
    const claim = slow.hold('make 1002');
    const waiting = slow.lock().acquire();
    await claim.arrived;
    await hosts.put('5000.origin');
    claim.go();
    await hosts.time.advance(20_000);
    expect(lease.held).toBe(true);
    expect(await hosts.ledger()).not.toContain('1002');
    await expect(hosts.host().lock().tryAcquire()).rejects.toMatchObject({ code: 'ELOCKED', token: 1001 });
    await lease.release();
    expect((await hosts.time.runUntil(waiting)).token).toBe(5001);
  });

  it('is above all that is listed though the clock was set back', async () => {
    const hosts = new Hosts();
    const host = hosts.host();
    const first = await host.lock().with(({ token }) => token);
    const late = hosts.host({ offsetMs: -86_400_000 * 365 });
    for (const name of await hosts.ledger()) if (name.endsWith('.origin')) await hosts.remove(name);
    expect(await hosts.time.runUntil(late.lock().with(({ token }) => token))).toBeGreaterThan(first);
  });

  it('that was removed alone ends every lease made under it', async () => {
    const hosts = await Hosts.begun();
    const lease = await hosts.host().lock().acquire();
    const { signal } = lease;
    await hosts.remove('1000.origin');
    const next = hosts.host().lock().acquire();
    await hosts.time.advance(2_000);
    expect(signal.reason).toMatchObject({ reason: 'removed' });
    const second = await hosts.time.runUntil(next);
    expect([lease.held, second.held]).toEqual([false, true]);
  });

  it('is remembered by each claim for itself: two attempts of one process that saw two ledgers', async () => {
    const hosts = await Hosts.begun();
    const [host, other] = [hosts.host(), hosts.host()];
    host.hold('ls').go();
    const confirming = host.hold('ls');
    const attempt = host.lock().tryAcquire();
    await confirming.arrived;
    await hosts.removeLedger();
    await hosts.begin(1_000_000);
    const theirs = await other.lock().acquire();
    await hosts.time.advance(200);
    await expect(host.lock().tryAcquire()).rejects.toMatchObject({ code: 'ELOCKED' });
    confirming.go();
    await expect(attempt).rejects.toMatchObject({ code: 'ELOCKED', token: theirs.token });
    await hosts.time.advance(30_000);
    expect(theirs.held).toBe(true);
  });

  it('that cannot be made is the caller’s matter', async () => {
    const hosts = new Hosts();
    const host = hosts.host();
    const denied = failure('EACCES');
    host.fail(/\.origin$/, denied);
    await expect(host.lock().acquire()).rejects.toBe(denied);
    expect(told(host)).toEqual([]);
  });
});
