import { inspectAll } from '@holdfast/lock';
import { describe, expect, it } from 'vitest';
import { crash, failure, Hosts, KINDS, STORAGES } from '../hosts.fixture.js';

describe.each(KINDS)('on %s storage', (kind) => {
  it('holders and waiters are shown in order, with who they are and since when', async () => {
    const hosts = await Hosts.begun(STORAGES[kind]);
    const settings = { staleAfterMs: 10_000 };
    await hosts
      .host()
      .lock({ ...settings, label: 'reader 1' })
      .acquire({ mode: 'shared' });
    await hosts
      .host()
      .lock({ ...settings, label: 'reader 2' })
      .acquire({ mode: 'shared' });
    for (const [label, mode] of [
      ['writer', 'exclusive'],
      ['reader 3', 'shared'],
    ] as const) {
      void hosts
        .host()
        .lock({ ...settings, label })
        .acquire({ mode });
      await hosts.time.advance(10);
    }
    await hosts.time.advance(30_150);
    const info = await hosts.host().lock().inspect();
    const claim = (token: number, label: string, mode: string): object => ({
      token,
      mode,
      holder: { label },
      windowMs: 10_000,
      state: 'alive',
      since: expect.any(Date),
      lastBeat: expect.any(Date),
    });
    expect(info).toMatchObject({
      id: 'deploy',
      state: 'held',
      holders: [claim(1001, 'reader 1', 'shared'), claim(1002, 'reader 2', 'shared')],
      waiters: [claim(1003, 'writer', 'exclusive'), claim(1004, 'reader 3', 'shared')],
      ignored: [],
    });
    for (const { ageMs } of [...info.holders, ...info.waiters]) expect(ageMs).toBeLessThanOrEqual(2_300);
  });

  it('a holder that has crashed is suspect by its age, and stale by verdict', async () => {
    const hosts = await Hosts.begun(STORAGES[kind]);
    const dead = hosts.host();
    void dead.lock({ staleAfterMs: 10_000 }).acquire();
    await hosts.time.advance(150);
    crash(dead);
    const lock = hosts.host().lock();
    expect(await lock.inspect()).toMatchObject({ state: 'held', holders: [{ state: 'alive' }] });
    await hosts.time.advance(60_000);
    expect(await lock.inspect()).toMatchObject({ state: 'suspect', holders: [{ state: 'suspect' }] });
    const from = hosts.time.now;
    expect(await hosts.time.runUntil(lock.isStale())).toBe(true);
    expect(hosts.time.now - from).toBeLessThanOrEqual(11_000);
    expect(await hosts.time.runUntil(lock.releaseIfStale())).toBe(true);
    expect(await lock.inspect()).toMatchObject({ state: 'free', holders: [], waiters: [] });
    expect((await lock.tryAcquire()).token).toBe(1002);
  });

  it('a holder that lives is not stale, as soon as its next beat shows', async () => {
    const hosts = await Hosts.begun(STORAGES[kind]);
    const lease = await hosts.host().lock({ staleAfterMs: 10_000 }).acquire();
    await hosts.time.advance(10_000);
    const lock = hosts.host().lock({ pollMs: 500 });
    const from = hosts.time.now;
    expect(await hosts.time.runUntil(lock.isStale())).toBe(false);
    expect(hosts.time.now - from).toBeLessThanOrEqual(3_000);
    expect(await hosts.time.runUntil(lock.releaseIfStale())).toBe(false);
    expect(lease.held).toBe(true);
    await expect(lease.verify()).resolves.toBeUndefined();
  });

  it('inspecting changes nothing', async () => {
    const hosts = await Hosts.begun(STORAGES[kind]);
    await hosts.put('1001');
    const host = hosts.host();
    const before = await hosts.ledger();
    await host.lock().inspect();
    expect(await hosts.ledger()).toEqual(before);
    expect(host.calls.filter((call) => !/^(ls|stat|readFile)\b/.test(call))).toEqual([]);
  });
});

describe('a lock', () => {
  it('that nobody ever had is free, and stays unmade', async () => {
    const hosts = new Hosts();
    const lock = hosts.host().lock();
    expect(await lock.inspect()).toEqual({
      id: 'deploy',
      kind: 'lock',
      permits: undefined,
      state: 'free',
      holders: [],
      waiters: [],
      ignored: [],
    });
    expect([await lock.isStale(), await lock.releaseIfStale(), await lock.breakLock({ token: 1 })]).toEqual([
      false,
      false,
      false,
    ]);
    expect(await hosts.truth.ls('/')).toEqual([]);
  });

  it('says which names in its directory are nobody’s', async () => {
    const hosts = await Hosts.begun();
    await hosts.truth.writeFile('/lockfile-deploy/Thumbs.db', '');
    await hosts.put('9000000000000000');
    expect((await hosts.host().lock().inspect()).ignored.toSorted()).toEqual([
      '9000000000000000',
      'Thumbs.db',
    ]);
  });

  it('of this very process is not stale, and needs no look to tell', async () => {
    const hosts = await Hosts.begun();
    const host = hosts.host();
    await host.lock().acquire();
    const from = hosts.time.now;
    expect([await host.lock().isStale(), hosts.time.now]).toEqual([false, from]);
  });

  it('that is shared is stale only if all that hold it are', async () => {
    const hosts = await Hosts.begun();
    const dead = hosts.host();
    void dead.lock().acquire({ mode: 'shared' });
    const lease = await hosts.host().lock().acquire({ mode: 'shared' });
    await hosts.time.advance(150);
    crash(dead);
    await hosts.time.advance(60_000);
    const lock = hosts.host().lock();
    expect(await lock.inspect()).toMatchObject({
      state: 'held',
      holders: [{ state: 'suspect' }, { state: 'alive' }],
    });
    expect(await hosts.time.runUntil(lock.isStale())).toBe(false);
    expect(lease.held).toBe(true);
  });

  it('whose time to live is over is freed by releaseIfStale, which attaches first', async () => {
    const hosts = await Hosts.begun();
    const handle = await (await hosts.host().lock().acquire()).detach({ ttlMs: 5_000 });
    const host = hosts.host();
    const released = host.lock().releaseIfStale();
    expect(await hosts.time.runUntil(released)).toBe(true);
    const marks = host.calls.filter((call) => call.startsWith('make 1001.'));
    expect(marks).toEqual(['make 1001.attached.1', 'make 1001.free']);
    await expect(hosts.host().lock().attach(handle)).rejects.toMatchObject({ code: 'ELOCKLOST' });
  });

  it('that somebody attaches to meanwhile is not freed by releaseIfStale', async () => {
    const hosts = await Hosts.begun();
    const handle = await (await hosts.host().lock().acquire()).detach({ ttlMs: 5_000 });
    const host = hosts.host();
    const attaching = host.hold('make 1001.attached.1');
    const released = host.lock().releaseIfStale();
    await hosts.time.advance(5_300);
    await attaching.arrived;
    const lease = await hosts.host().lock().attach(handle);
    attaching.go();
    expect(await hosts.time.runUntil(released)).toBe(false);
    await hosts.time.advance(30_000);
    expect(lease.held).toBe(true);
  });

  it('is broken by its token alone, and its holder learns of it at the next beat', async () => {
    const hosts = await Hosts.begun();
    const lease = await hosts.host().lock().acquire();
    const person = hosts.host().lock();
    expect(await person.breakLock({ token: 1002 })).toBe(false);
    expect(await person.breakLock({ token: 1001 })).toBe(true);
    expect(await person.breakLock({ token: 1001 })).toBe(false);
    const { signal } = lease;
    await hosts.time.advance(2_000);
    expect(signal.reason).toMatchObject({ code: 'ELOCKLOST', reason: 'broken' });
  });

  it('ends a verdict with the reason of an abort', async () => {
    const hosts = await Hosts.begun();
    await hosts.put('1001');
    const leaving = new AbortController();
    const verdict = expect(hosts.host().lock().isStale({ signal: leaving.signal })).rejects.toBe('left');
    await hosts.time.advance(1_000);
    leaving.abort('left');
    await verdict;
  });
});

describe('all locks of a directory', () => {
  it('are shown by id, and one that cannot be looked at ends nothing', async () => {
    const hosts = new Hosts();
    await hosts.host().lock({ id: 'Ünïcode/1' }).acquire();
    await hosts.host().lock({ id: 'deploy' }).acquire();
    await hosts.truth.writeFile('/lockfile-a-file', '');
    await hosts.truth.mkdir('/semaphore-x');
    await hosts.truth.mkdir('/semaphore-X');
    await hosts.truth.mkdir('/lockfile-old');
    await hosts.truth.mkdir('/lockfile-old/000000000001');
    await hosts.truth.mkdir('/lockfile-denied');
    const host = hosts.host();
    host.hold('ls').go();
    host.fail('ls', failure('EACCES', { op: 'ls' }));
    const infos = await inspectAll(host.vfs, '/', { clock: host.clock });
    expect(infos.map(({ id, state }) => [id, state])).toEqual([
      ['denied', 'unreadable'],
      ['deploy', 'held'],
      ['old', 'unreadable'],
      ['x', 'free'],
      ['Ünïcode/1', 'held'],
    ]);
  });

  it('are none where there is no directory', async () => {
    expect(await inspectAll(new Hosts().truth, '/nowhere')).toEqual([]);
  });
});

it.each(['local', 'metered'] as const)(
  'a lease that was handed out at once shows who has handed it out on %s storage, until somebody else has it',
  async (kind) => {
    const hosts = await Hosts.begun(STORAGES[kind]);
    const lease = await hosts.host().lock({ label: 'deploy' }).acquire();
    const handle = await lease.detach({ ttlMs: 600_000 });
    const shown = async (): Promise<unknown> => (await hosts.host().lock().inspect()).holders[0]?.holder;
    expect(await shown()).toMatchObject({ label: 'deploy' });
    await hosts.host().lock({ label: 'test' }).attach(handle);
    expect(await shown()).not.toMatchObject({ label: 'deploy' });
    await hosts.time.advance(10_000);
    expect(await shown()).toMatchObject({ label: 'test' });
  },
);
