import { describe, expect, it } from 'vitest';
import { Hosts, KINDS, STORAGES } from '../hosts.fixture.js';
import { alone, locksOf, never, refusal, Until } from './locks.fixture.js';

const AS_STOLEN = { name: 'AbortError', cause: { code: 'ELOCKLOST', reason: 'broken' } };

describe('a request that steals', () => {
  it('is granted a lock that nobody holds', async () => {
    expect(await alone().locks.request('x', { steal: true }, (lock) => lock?.mode)).toBe('exclusive');
  });

  it('takes the lock from who holds it, whose request rejects with AbortError', async () => {
    const { locks } = alone();
    const signals: (AbortSignal | undefined)[] = [];
    const holder = refusal(
      locks.request('x', (lock) => {
        signals.push(lock?.signal);
        return never;
      }),
    );
    const result = await locks.request('x', { steal: true }, async (lock) => {
      expect(signals[0]?.reason).toMatchObject({ reason: 'broken' });
      expect(await holder).toMatchObject(AS_STOLEN);
      return lock?.token;
    });
    expect(result).toEqual(expect.any(Number));
  });

  it('takes it from all that share it', async () => {
    const { locks } = alone();
    const readers = [1, 2, 3].map(() => refusal(locks.request('x', { mode: 'shared' }, () => never)));
    await locks.request('x', { steal: true }, () => undefined);
    for (const reader of readers) expect(await reader).toMatchObject(AS_STOLEN);
  });

  it('goes before those that wait, which are granted afterwards in their order', async () => {
    const { hosts, locks } = alone();
    const order: string[] = [];
    const stolen = refusal(locks.request('x', () => never));
    const waiting = ['a', 'b', 'c'].map((name) => locks.request('x', () => void order.push(name)));
    const until = new Until();
    const thief = locks.request('x', { steal: true }, () => {
      order.push('thief');
      return until.promise;
    });
    expect(await stolen).toMatchObject(AS_STOLEN);
    const { held, pending } = await locks.query();
    expect([held.length, pending.length]).toEqual([1, 3]);
    until.resolve();
    await hosts.time.runUntil(Promise.all([thief, ...waiting]));
    expect(order).toEqual(['thief', 'a', 'b', 'c']);
  });

  it('is stolen from by the next one: the last caller wins', async () => {
    const { locks } = alone();
    const first = refusal(locks.request('x', () => never));
    const second = refusal(locks.request('x', { steal: true }, () => never));
    expect(await locks.request('x', { steal: true }, () => 'last')).toBe('last');
    expect(await Promise.all([first, second])).toMatchObject([AS_STOLEN, AS_STOLEN]);
  });

  it('leaves other names alone', async () => {
    const { locks } = alone();
    const until = new Until<string>();
    const other = locks.request('y', () => until.promise);
    await locks.request('x', { steal: true }, () => undefined);
    until.resolve('kept');
    expect(await other).toBe('kept');
  });
});

describe.each(KINDS)('on %s storage, a request that steals from another host', (kind) => {
  it('goes before all others; the holder is told at its next heartbeat, and who waited has its turn', async () => {
    const hosts = new Hosts(STORAGES[kind]);
    const order: string[] = [];
    const holder = refusal(locksOf(hosts.host()).request('x', () => never));
    await hosts.time.advance(1_000);
    const waiter = locksOf(hosts.host()).request('x', () => void order.push('waiter'));
    await hosts.time.advance(1_000);
    const until = new Until();
    const thief = locksOf(hosts.host()).request('x', { steal: true }, () => {
      order.push('thief');
      return until.promise;
    });
    await hosts.time.advance(20);
    expect(order).toEqual(['thief']);
    expect(await hosts.time.runUntil(holder)).toMatchObject(AS_STOLEN);
    await hosts.time.advance(30_000);
    expect(order).toEqual(['thief']);
    until.resolve();
    await hosts.time.runUntil(Promise.all([thief, waiter]));
    expect(order).toEqual(['thief', 'waiter']);
  });
});

it('two that steal at the same moment: one of them has it in the end, the other is told', async () => {
  const hosts = new Hosts();
  const outcomes = [1, 2].map((at) =>
    locksOf(hosts.host())
      .request('x', { steal: true }, async (lock) => {
        await new Promise<void>((resolve) => hosts.time.schedule(resolve, 8_000));
        return lock?.signal.aborted === true ? 'told' : `had ${at}`;
      })
      .catch((error: unknown) => error),
  );
  const ended = await hosts.time.runUntil(Promise.all(outcomes));
  const had = ended.filter((outcome) => typeof outcome === 'string');
  expect(had).toHaveLength(1);
  expect(ended.find((outcome) => typeof outcome !== 'string')).toMatchObject(AS_STOLEN);
});
