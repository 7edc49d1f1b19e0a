import { describe, expect, it } from 'vitest';
import { crash, Hosts, KINDS, STORAGES } from '../hosts.fixture.js';
import { alone, locksOf, never, Until } from './locks.fixture.js';

describe('query', () => {
  it('answers with two arrays, empty where there is nothing, and makes nothing', async () => {
    const { hosts, locks } = alone();
    expect(await locks.query()).toStrictEqual({ held: [], pending: [] });
    expect(await hosts.truth.ls('/')).toEqual([]);
  });

  it('includes every request that was made before it, decided, in the order of the calls', async () => {
    const { locks } = alone();
    for (const [name, mode] of [
      ['x', 'exclusive'],
      ['x', 'shared'],
      ['y', 'shared'],
      ['x', 'exclusive'],
      ['y', 'shared'],
      ['y', 'exclusive'],
    ] as const)
      void locks.request(name, { mode }, () => never);
    const { held, pending } = await locks.query();
    const shown = (infos: typeof held, of: string): string[] =>
      infos.filter(({ name }) => name === of).map(({ mode }) => mode);
    expect([shown(held, 'x'), shown(pending, 'x')]).toEqual([['exclusive'], ['shared', 'exclusive']]);
    expect([shown(held, 'y'), shown(pending, 'y')]).toEqual([['shared', 'shared'], ['exclusive']]);
    expect(new Set([...held, ...pending].map(({ clientId }) => clientId)).size).toBe(1);
    expect(held[0]).toStrictEqual({ name: 'x', mode: 'exclusive', clientId: expect.any(String) });
  });

  it('tells of what is pending in the order of the calls, and of what is held in that of the grants', async () => {
    const { hosts, locks } = alone();
    const [one, two, three] = [new Until(), new Until(), new Until()];
    const names = ({
      held,
      pending,
    }: {
      held: { name: string }[];
      pending: { name: string }[];
    }): string[] => [held.map(({ name }) => name).join(' '), pending.map(({ name }) => name).join(' ')];
    const first = [
      locks.request('1', () => one.promise),
      locks.request('2', () => two.promise),
      locks.request('3', () => three.promise),
    ];
    for (const name of ['3', '2', '1', '3']) void locks.request(name, { mode: 'shared' }, () => never);
    expect(names(await locks.query())).toEqual(['1 2 3', '3 2 1 3']);
    for (const until of [two, three, one]) {
      until.resolve();
      await hosts.time.advance(100);
    }
    await hosts.time.runUntil(Promise.all(first));
    expect(names(await locks.query())).toEqual(['2 3 3 1', '']);
  });

  it('shows what is granted once others were released, as soon as their requests are settled', async () => {
    const { hosts, locks } = alone();
    const [writes, reads, writesAgain] = [new Until(), new Until(), new Until()];
    const writer = locks.request('x', () => writes.promise);
    const readers = [1, 2, 3, 4, 5].map(() => locks.request('x', { mode: 'shared' }, () => reads.promise));
    const second = locks.request('x', () => writesAgain.promise);
    for (let reader = 0; reader < 5; reader++) void locks.request('x', { mode: 'shared' }, () => never);
    const modes = async (): Promise<string[]> => {
      const { held, pending } = await hosts.time.runUntil(locks.query());
      return [held, pending].map((infos) => infos.map(({ mode }) => mode[0]).join(''));
    };
    expect(await modes()).toEqual(['e', 'sssssesssss']);
    writes.resolve();
    await writer;
    expect(await modes()).toEqual(['sssss', 'esssss']);
    reads.resolve();
    await hosts.time.runUntil(Promise.all(readers));
    expect(await modes()).toEqual(['e', 'sssss']);
    writesAgain.resolve();
    await hosts.time.runUntil(second);
    expect(await modes()).toEqual(['sssss', '']);
  });

  it('calls the callback of what is granted before it answers', async () => {
    const { locks } = alone();
    const order: string[] = [];
    void locks.request('x', () => void order.push('granted'));
    await locks.query().then(() => order.push('answered'));
    expect(order).toEqual(['granted', 'answered']);
  });

  it('shows what was held when it was asked, whatever ends meanwhile', async () => {
    const { locks } = alone();
    const until = new Until();
    const held = locks.request('x', () => until.promise);
    await locks.query();
    const answer = locks.query();
    until.resolve();
    expect((await answer).held).toHaveLength(1);
    await held;
    expect((await locks.query()).held).toHaveLength(0);
  });

  it('leaves out what was aborted, or not available', async () => {
    const { locks } = alone();
    await locks.request('x', async () => {
      const controller = new AbortController();
      const aborted = locks.request('x', { signal: controller.signal }, () => 1).catch(() => 2);
      const refused = locks.request('x', { ifAvailable: true }, () => 3);
      controller.abort();
      expect((await locks.query()).pending).toEqual([]);
      expect(await Promise.all([aborted, refused])).toEqual([2, 3]);
    });
  });

  it('shows what two lock managers of one process hold, by their own ids', async () => {
    const { host, locks } = alone();
    const other = locksOf(host);
    void other.request('x', { mode: 'shared' }, () => never);
    await other.query();
    void locks.request('x', { mode: 'shared' }, () => never);
    const { held } = await locks.query();
    expect(held.map(({ mode }) => mode)).toEqual(['shared', 'shared']);
    expect(new Set(held.map(({ clientId }) => clientId)).size).toBe(2);
    expect(await other.query()).toEqual({ held, pending: [] });
  });
});

describe.each(KINDS)('query on %s storage', (kind) => {
  it('shows a deadlock between two hosts by the ids of their lock managers', async () => {
    const hosts = new Hosts(STORAGES[kind]);
    const [one, two] = [locksOf(hosts.host()), locksOf(hosts.host())];
    void one.request('a', () => never);
    void two.request('b', () => never);
    await hosts.time.advance(2_000);
    void one.request('b', () => never);
    void two.request('a', () => never);
    await hosts.time.advance(2_000);
    const views = await hosts.time.runUntil(Promise.all([one.query(), two.query()]));
    for (const { held, pending } of views) {
      const client = (infos: typeof held, of: string): string[] =>
        infos.filter(({ name }) => name === of).map(({ clientId }) => clientId);
      const [a, b] = [client(held, 'a'), client(held, 'b')];
      expect([a.length, b.length]).toEqual([1, 1]);
      expect(a).not.toEqual(b);
      expect([client(pending, 'a'), client(pending, 'b')]).toEqual([b, a]);
    }
  });
});

describe('what others do', () => {
  it('is shown with this process’s queue where its front stands', async () => {
    const hosts = new Hosts();
    const [locks, other, third] = [1, 2, 3].map(() => locksOf(hosts.host()));
    if (locks === undefined || other === undefined || third === undefined) throw new Error('three hosts');
    void other.request('x', () => never);
    await hosts.time.advance(100);
    void locks.request('x', () => never);
    void locks.request('x', { mode: 'shared' }, () => never);
    await hosts.time.advance(100);
    void third.request('x', { mode: 'shared' }, () => never);
    void third.request('x', () => never);
    await hosts.time.advance(100);
    const { held, pending } = await locks.query();
    const [mine] = pending.map(({ clientId }) => clientId);
    const [theirs] = (await third.query()).pending.slice(-1).map(({ clientId }) => clientId);
    expect(held).toHaveLength(1);
    // Of the third host the front alone can be seen.
    expect(pending.map(({ mode, clientId }) => [mode, clientId])).toEqual([
      ['exclusive', mine],
      ['shared', mine],
      ['shared', theirs],
    ]);
  });

  it('is shown for a Lock too, by its process; other ids and foreign directories are left out', async () => {
    const hosts = new Hosts();
    const host = hosts.host();
    const identity = { self: { host: 'db-1', pid: 4711 }, isDead: () => false };
    await host.lock({ id: 'x', identity }).acquire();
    await host.lock({ id: 'y' }).acquire();
    await host.lock({ id: '-reserved' }).acquire();
    await hosts.truth.mkdir('/lockfile-old');
    await hosts.truth.mkdir('/lockfile-old/000000000001');
    await hosts.truth.mkdir('/semaphore-s');
    await hosts.truth.writeFile('/lockfile-file', '');
    const { held } = await locksOf(hosts.host()).query();
    expect(held).toEqual([
      { name: 'x', mode: 'exclusive', clientId: 'db-1/4711' },
      { name: 'y', mode: 'exclusive', clientId: 'unknown' },
    ]);
  });

  it('is granted to this process once the other one died', async () => {
    const hosts = new Hosts();
    const dying = hosts.host();
    void locksOf(dying).request('x', () => never);
    await hosts.time.advance(1_000);
    const next = locksOf(hosts.host()).request('x', (lock) => lock?.mode);
    await hosts.time.advance(1_000);
    crash(dying);
    expect(await hosts.time.runUntil(next)).toBe('exclusive');
  });
});
