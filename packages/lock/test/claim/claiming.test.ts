import type { Lease } from '@holdfast/lock';
import { describe, expect, it } from 'vitest';
import { crash, failure, Hosts, KINDS, STORAGES, told, type Host } from '../hosts.fixture.js';

/** Has and releases the lock so many times. */
async function rounds(host: Host, count: number): Promise<void> {
  for (let round = 0; round < count; round++) await host.lock().with(() => undefined);
}

describe.each(KINDS)('on %s storage', (kind) => {
  it('of contenders at one moment one is first, and the others line up behind it', async () => {
    const hosts = await Hosts.begun(STORAGES[kind]);
    const contenders = [hosts.host(), hosts.host(), hosts.host()];
    const claims = contenders.map((host) => host.hold('make 1001'));
    const granted: Lease[] = [];
    for (const host of contenders)
      void host
        .lock()
        .acquire()
        .then((lease) => granted.push(lease));
    await Promise.all(claims.map(({ arrived }) => arrived));
    for (const claim of claims) claim.go();
    await hosts.time.advance(5_000);
    expect(granted.map(({ token }) => token)).toEqual([1001]);
    expect((await hosts.ledger()).filter((name) => /^\d+$/.test(name))).toHaveLength(3);
    expect(await hosts.ledger()).not.toContainEqual(expect.stringContaining('.free'));
  });

  it('a contender that slept over its number, which was swept away since, is not let in', async () => {
    const hosts = await Hosts.begun(STORAGES[kind]);
    const [slow, fast] = [hosts.host(), hosts.host()];
    const claim = slow.hold('make 1001');
    const waiting = slow.lock({ staleAfterMs: 60_000 }).acquire();
    await claim.arrived;
    await rounds(fast, 12);
    const lease = await fast.lock().acquire();
    await hosts.time.advance(3_000);
    const swept = await hosts.ledger();
    expect(swept).not.toContain('1001');
    expect(swept.filter((name) => name.endsWith('.floor'))).not.toEqual([]);
    claim.go();
    await hosts.time.advance(5_000);
    expect([lease.held, slow.events.length > 0 && told(slow).includes('acquired')]).toEqual([true, false]);
    expect(standsIn(await hosts.ledger(), '1001')).toBe(false);
    await lease.release();
    expect((await hosts.time.runUntil(waiting)).token).toBe(1014);
  });

  it('a contender that is much slower than others gets its number within ten calls', async () => {
    const hosts = await Hosts.begun(STORAGES[kind]);
    // Two that have the lock in turns, and a claim each 5 ms; the third needs 30 ms for each call.
    const stop = { now: false };
    for (const host of [hosts.host({ callMs: 2 }), hosts.host({ callMs: 2 })]) {
      const go = async (): Promise<void> => {
        while (!stop.now) {
          const lease = await host.lock({ pollMs: 1 }).acquire();
          await lease.release();
        }
      };
      void go();
    }
    await hosts.time.advance(500);
    const slow = hosts.host({ callMs: 30 });
    const acquired = slow.lock().acquire();
    await hosts.time.runUntil(acquired);
    stop.now = true;
    expect(slow.calls.filter((call) => /^make \d+$/.test(call)).length).toBeLessThanOrEqual(10);
    await hosts.time.advance(100);
  });
});

describe('a claim', () => {
  it('above a gap closes it by a floor, and counts', async () => {
    const hosts = await Hosts.begun();
    await hosts.put('1005.free');
    const host = hosts.host();
    const lease = await host.lock().acquire();
    expect(lease.token).toBe(1006);
    expect(host.calls.slice(-4)).toEqual(['make 1006', 'ls', 'make 1005.floor', 'ls']);
  });

  it('that a floor closes meanwhile is given up, and another one made', async () => {
    const hosts = await Hosts.begun();
    const host = hosts.host();
    const claim = host.hold('make 1001');
    const acquired = host.lock().acquire();
    await claim.arrived;
    await hosts.put('1001.floor');
    claim.go();
    expect((await acquired).token).toBe(1002);
    expect(standsIn(await hosts.ledger(), '1001')).toBe(false);
  });

  it('is not disturbed by a floor below it, nor by a higher one once it is confirmed', async () => {
    const hosts = await Hosts.begun();
    await hosts.put('1003.floor');
    const lease = await hosts.host().lock().acquire();
    expect(lease.token).toBe(1004);
    await hosts.put('2000.floor');
    await hosts.time.advance(30_000);
    expect(lease.held).toBe(true);
  });

  it('is not disturbed by a late claim below the floor, which is given up', async () => {
    const hosts = await Hosts.begun();
    const [slow, fast] = [hosts.host(), hosts.host()];
    const claim = slow.hold('make 1001');
    const waiting = slow.lock().acquire();
    await claim.arrived;
    await hosts.put('1001.floor');
    const lease = await fast.lock().acquire();
    claim.go();
    await hosts.time.advance(10_000);
    expect([lease.token, lease.held]).toEqual([1002, true]);
    await lease.release();
    expect((await hosts.time.runUntil(waiting)).token).toBe(1003);
  });

  it('that somebody marked as over before it was confirmed does not count', async () => {
    const hosts = await Hosts.begun();
    const host = hosts.host();
    const claim = host.hold('make 1001');
    const acquired = host.lock().acquire();
    await claim.arrived;
    await hosts.put('1001.free');
    claim.go();
    expect((await acquired).token).toBe(1002);
  });

  it('does not count if its lease ran out before it was confirmed', async () => {
    const hosts = await Hosts.begun();
    const host = hosts.host();
    host.hold('ls').go();
    const confirming = host.hold('ls');
    const acquired = host.lock().acquire();
    await confirming.arrived;
    await hosts.time.advance(9_000);
    confirming.go();
    const lease = await hosts.time.runUntil(acquired);
    expect([lease.token, lease.held]).toEqual([1002, true]);
    expect(await hosts.ledger()).toContain('1001.free');
  });

  it('ignores numbers that leave no room above them', async () => {
    const hosts = await Hosts.begun();
    await hosts.put('9000000000000000');
    await hosts.put('9999999999999999.free');
    const lock = hosts.host().lock();
    expect((await lock.acquire()).token).toBe(1001);
    expect((await lock.inspect()).ignored).toEqual(['9000000000000000', '9999999999999999.free']);
  });

  it('is refused at the last number that there can be, with a word why', async () => {
    const hosts = await Hosts.begun();
    await hosts.put('8999999999999999.free');
    await expect(hosts.host().lock().acquire()).rejects.toMatchObject({ code: 'EUNSAFESTORAGE' });
  });

  it('is nobody’s way but its own: entries of others do not matter', async () => {
    const hosts = await Hosts.begun();
    for (const name of ['.nfs0001', 'Thumbs.db', '41', 'x.beat'])
      await hosts.truth.writeFile(`/lockfile-deploy/${name}`, '');
    expect((await hosts.host().lock().acquire()).token).toBe(1001);
  });
});

describe('a claim whose outcome is unknown', () => {
  const lost = failure('ECONN', { outcome: 'unknown' });

  it.each(KINDS)(
    'never counts on %s storage; what landed is freed if it is known to be ours, or goes stale',
    async (kind) => {
      const hosts = await Hosts.begun(STORAGES[kind]);
      const host = hosts.host();
      host.hold('make 1001').goButFail(lost);
      await expect(host.lock().tryAcquire()).rejects.toBe(lost);
      await hosts.time.settle();
      const asFiles = host.vfs.capabilities.claimAs === 'file';
      expect((await hosts.ledger()).includes('1001.free')).toBe(asFiles);
      const from = hosts.time.now;
      const lease = await hosts.time.runUntil(hosts.host().lock().acquire());
      expect(lease.token).toBe(1002);
      expect(hosts.time.now - from >= 9_999).toBe(!asFiles);
    },
  );

  it('is tried again by one whose storage had answered before, with another number', async () => {
    const hosts = await Hosts.begun(STORAGES.network);
    const host = hosts.host();
    await rounds(host, 1);
    host.hold('make 1002').goButFail(lost);
    const lease = await hosts.time.runUntil(host.lock().acquire());
    // 1002 stands in the way, and shows no life.
    expect(lease.token).toBe(1003);
    expect(hosts.time.now).toBeGreaterThanOrEqual(9_999.9);
    expect(host.calls.filter((call) => call === 'make 1002')).toHaveLength(1);
  });

  it('is not marked as over while it is somebody else’s', async () => {
    const hosts = await Hosts.begun();
    const [host, other] = [hosts.host(), hosts.host()];
    const claim = host.hold('make 1001');
    const refused = expect(host.lock().tryAcquire()).rejects.toBe(lost);
    await claim.arrived;
    const lease = await other.lock().acquire();
    claim.fail(lost);
    await refused;
    await hosts.time.advance(60_000);
    expect([lease.token, lease.held]).toEqual([1001, true]);
  });

  it('is marked as over when the adapter learns that it was made', async () => {
    const hosts = await Hosts.begun(STORAGES.network);
    const host = hosts.host();
    let land = (): void => undefined;
    const settled = new Promise<void>((resolve) => (land = resolve));
    host.fail('make 1001', failure('ETIMEDOUT', { outcome: 'unknown', settled }));
    await expect(host.lock().tryAcquire()).rejects.toMatchObject({ code: 'ETIMEDOUT' });
    await hosts.truth.mkdir(hosts.at('1001'));
    land();
    await hosts.time.settle();
    expect((await host.lock().tryAcquire()).token).toBe(1002);
  });

  it('is left alone when the adapter learns that it was not made', async () => {
    const hosts = await Hosts.begun(STORAGES.network);
    const host = hosts.host();
    const settled = Promise.reject(failure('EEXIST'));
    host.fail('make 1001', failure('ETIMEDOUT', { outcome: 'unknown', settled }));
    await expect(host.lock().tryAcquire()).rejects.toMatchObject({ code: 'ETIMEDOUT' });
    await hosts.time.settle();
    expect(await hosts.ledger()).toEqual(['1000.origin']);
  });
});

describe('a confirming look that fails', () => {
  it('gives the claim up', async () => {
    const hosts = await Hosts.begun();
    const host = hosts.host();
    const down = failure('EACCES', { op: 'ls' });
    host.hold('ls').go();
    host.fail('ls', down);
    await expect(host.lock().acquire()).rejects.toBe(down);
    await hosts.time.settle();
    expect((await hosts.host().lock().tryAcquire()).token).toBe(1002);
  });
});

describe('one that tries but once', () => {
  it('claims nothing if something is in its way', async () => {
    const hosts = await Hosts.begun();
    await hosts.host().lock().acquire();
    const host = hosts.host();
    for (let time = 0; time < 3; time++)
      await expect(host.lock().tryAcquire()).rejects.toMatchObject({ code: 'ELOCKED', token: 1001 });
    expect(host.calls.filter((call) => /^make \d+$/.test(call))).toEqual([]);
  });

  it('gives its claim up if another one came first, and says who', async () => {
    const hosts = await Hosts.begun();
    const [one, two] = [hosts.host(), hosts.host()];
    const claim = one.hold('make 1001');
    const attempt = one.lock().tryAcquire();
    await claim.arrived;
    const lease = await two.lock({ label: 'faster' }).acquire();
    await hosts.time.advance(150);
    claim.go();
    await expect(attempt).rejects.toMatchObject({
      code: 'ELOCKED',
      token: 1001,
      holder: { label: 'faster' },
    });
    expect(lease.held).toBe(true);
  });

  it('leaves its claim as over behind if it was made after a look that missed another', async () => {
    const hosts = await Hosts.begun();
    const [one, two] = [hosts.host(), hosts.host()];
    await rounds(one, 1);
    const two1002 = two.hold('make 1002');
    const waiting = two.lock().acquire();
    await two1002.arrived;
    two1002.go();
    const lease = await waiting;
    await hosts.put('1003.free');
    await expect(one.lock().tryAcquire()).rejects.toMatchObject({ code: 'ELOCKED', token: lease.token });
    await hosts.time.advance(30_000);
    expect(lease.held).toBe(true);
  });
});

describe('a caller that has left', () => {
  it.each(KINDS)('leaves nothing in the way on %s storage, though its claim lands later', async (kind) => {
    const hosts = await Hosts.begun(STORAGES[kind]);
    const host = hosts.host();
    const claim = host.hold('make 1001');
    const refused = expect(host.lock().acquire({ timeoutMs: 100 })).rejects.toMatchObject({
      code: 'ELOCKTIMEOUT',
    });
    await claim.arrived;
    await hosts.time.advance(100);
    await refused;
    claim.go();
    await hosts.time.settle();
    expect(await hosts.ledger()).toEqual(['1000.origin', '1001', '1001.free']);
    expect((await hosts.host().lock().tryAcquire()).token).toBe(1002);
  });

  it('is not granted what was confirmed at the moment at which it left', async () => {
    const hosts = await Hosts.begun();
    const host = hosts.host();
    const leaving = new AbortController();
    host.hold('ls').go();
    const confirming = host.hold('ls');
    const refused = expect(host.lock().acquire({ signal: leaving.signal })).rejects.toBe('left');
    await confirming.arrived;
    confirming.go();
    leaving.abort('left');
    await refused;
    await hosts.time.settle();
    expect(told(host)).not.toContain('acquired');
    expect((await hosts.host().lock().tryAcquire()).token).toBe(1002);
  });

  it('leaves nothing in the way while it waited', async () => {
    const hosts = await Hosts.begun();
    const lease = await hosts.host().lock().acquire();
    const refused = expect(hosts.host().lock().acquire({ timeoutMs: 1_000 })).rejects.toMatchObject({
      code: 'ELOCKTIMEOUT',
      timeoutMs: 1_000,
      token: 1001,
    });
    await hosts.time.advance(1_000);
    await refused;
    expect(await hosts.ledger()).toContain('1002.free');
    await lease.release();
    expect((await hosts.host().lock().tryAcquire()).token).toBe(1003);
  });

  it('leaves at once, also while the storage does not answer', async () => {
    const hosts = await Hosts.begun();
    const lease = await hosts.host().lock().acquire();
    const host = hosts.host();
    const refused = expect(host.lock().acquire({ timeoutMs: 5_000 })).rejects.toMatchObject({
      code: 'ELOCKTIMEOUT',
    });
    await hosts.time.advance(1_000);
    for (let call = 0; call < 50; call++) host.hold(/./);
    await hosts.time.advance(4_000);
    await refused;
    expect(lease.held).toBe(true);
  });

  it('with a timeout of 0 tries once', async () => {
    const hosts = await Hosts.begun();
    expect((await hosts.host().lock().acquire({ timeoutMs: 0 })).held).toBe(true);
    await expect(hosts.host().lock().acquire({ timeoutMs: 0 })).rejects.toMatchObject({
      code: 'ELOCKTIMEOUT',
      timeoutMs: 0,
      token: 1001,
    });
    expect(hosts.time.now).toBe(0);
  });

  it('before it came asks the storage nothing', async () => {
    const hosts = await Hosts.begun();
    const host = hosts.host();
    const signal = AbortSignal.abort('too late');
    await expect(host.lock().acquire({ signal })).rejects.toBe('too late');
    await expect(host.lock().tryAcquire({ signal })).rejects.toBe('too late');
    expect(host.calls).toEqual([]);
  });

  it('by a crash is passed after its window', async () => {
    const hosts = await Hosts.begun();
    const host = hosts.host();
    const claim = host.hold('make 1001');
    void host.lock().acquire();
    await claim.arrived;
    crash(host);
    claim.go();
    await hosts.time.settle();
    expect((await hosts.time.runUntil(hosts.host().lock().acquire())).token).toBe(1002);
  });
});

/** Whether a claim stands in a ledger, and is not over. */
function standsIn(names: readonly string[], claim: string): boolean {
  return names.includes(claim) && !names.includes(`${claim}.free`);
}
