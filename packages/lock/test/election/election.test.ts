import { describe, expect, it } from 'vitest';
import { crash, Hosts, KINDS, STORAGES } from '../hosts.fixture.js';
import { election, ledger, observed, valueOf } from './hosts.fixture.js';

describe.each(KINDS)('an election on %s storage', (kind) => {
  const windowMs = kind === 'metered' ? 60_000 : 10_000;

  it('has one leader, whose value all can read under its token', async () => {
    const hosts = new Hosts(STORAGES[kind]);
    const leadership = await election(hosts.host(), 'http://a').campaign();
    expect(leadership).toMatchObject({ held: true, value: 'http://a', token: expect.any(Number) });
    let second: unknown;
    void election(hosts.host(), 'http://b')
      .campaign()
      .then((won) => (second = won));
    await hosts.time.advance(windowMs * 3);
    expect(second).toBeUndefined();
    const reader = election(hosts.host());
    expect(await reader.leader()).toMatchObject({ token: leadership.token, value: 'http://a' });
    expect(await reader.inspect()).toMatchObject({
      kind: 'election',
      holders: [{ token: leadership.token }],
      waiters: [{}],
      ignored: [],
    });
  });

  it('goes on to the next candidate when the leader resigns, and when it dies', async () => {
    const hosts = new Hosts(STORAGES[kind]);
    const [first, second, third] = [hosts.host(), hosts.host(), hosts.host()];
    const one = await election(first, 'one').campaign();
    const watched = observed(election(hosts.host()));
    await hosts.time.advance(500);
    const later = election(second, 'two').campaign();
    await hosts.time.advance(500);
    const last = election(third, 'three').campaign();
    await hosts.time.advance(500);
    await one.resign();
    const two = await hosts.time.runUntil(later);
    await hosts.time.advance(windowMs);
    crash(second);
    const from = hosts.time.now;
    const three = await hosts.time.runUntil(last);
    expect(hosts.time.now - from).toBeLessThanOrEqual(windowMs * 1.3);
    expect(two.token).toBeGreaterThan(one.token);
    expect(three.token).toBeGreaterThan(two.token);
    await hosts.time.advance(windowMs);
    expect(watched.seen.filter((value) => value !== undefined)).toEqual(['one', 'two', 'three']);
    expect(watched.tokens.filter((token) => token !== undefined)).toEqual([
      one.token,
      two.token,
      three.token,
    ]);
  });

  it('has no leader once that was seen without a sign of life for its window, though nobody takes its place', async () => {
    const hosts = new Hosts(STORAGES[kind]);
    const dying = hosts.host();
    await election(dying, 'gone').campaign();
    const reader = election(hosts.host());
    const watched = observed(election(hosts.host()));
    await hosts.time.advance(windowMs);
    expect(valueOf(await hosts.time.runUntil(reader.leader()))).toBe('gone');
    crash(dying);
    await hosts.time.advance(windowMs * 0.5);
    expect(watched.seen).toEqual(['gone']);
    await hosts.time.advance(windowMs * 0.8);
    expect(watched.seen).toEqual(['gone', undefined]);
    expect(await hosts.time.runUntil(reader.leader())).toBeUndefined();
    expect(await hosts.time.runUntil(election(hosts.host()).leader())).toBeUndefined();
  });

  it('changes the value by a proclamation, and keeps one file of it', async () => {
    const hosts = new Hosts(STORAGES[kind]);
    const candidate = election(hosts.host(), 'first');
    const leadership = await candidate.campaign();
    const watched = observed(election(hosts.host()));
    await hosts.time.advance(100);
    for (const value of ['second', 'third']) {
      await candidate.proclaim(value);
      expect(leadership.value).toBe(value);
      expect(valueOf(await election(hosts.host()).leader())).toBe(value);
      await hosts.time.advance(windowMs / 3);
    }
    expect(watched.seen).toEqual(['first', 'second', 'third']);
    expect((await ledger(hosts)).filter((name) => name.includes('.value.'))).toEqual([
      expect.stringMatching(/^\d+\.value\.2$/),
    ]);
  });
});

describe('a candidate', () => {
  it('that leads already gets the leadership it has; two campaigns of one come to one', async () => {
    const hosts = new Hosts();
    const candidate = election(hosts.host(), 'a');
    expect(candidate.leadership).toBeUndefined();
    const [one, two] = await Promise.all([candidate.campaign(), candidate.campaign()]);
    expect(one).toBe(two);
    expect(await candidate.campaign()).toBe(one);
    expect(candidate.leadership).toBe(one);
    await candidate.resign();
    await candidate.resign();
    const next = await candidate.campaign();
    expect(next.token).toBeGreaterThan(one.token);
    expect([one.held, next.held]).toEqual([false, true]);
  });

  it('whose campaign is ended leaves nothing behind; a second one of it goes on', async () => {
    const hosts = new Hosts();
    const leadership = await election(hosts.host(), 'a').campaign();
    const candidate = election(hosts.host(), 'b');
    const controller = new AbortController();
    const ended = expect(candidate.campaign({ signal: controller.signal })).rejects.toBe('enough');
    const second = candidate.campaign();
    const outOfTime = expect(candidate.campaign({ timeoutMs: 500 })).rejects.toMatchObject({
      code: 'ELOCKTIMEOUT',
    });
    await hosts.time.advance(100);
    controller.abort('enough');
    await ended;
    await hosts.time.advance(1_000);
    await outOfTime;
    expect(await candidate.inspect()).toMatchObject({ waiters: [{}] });
    await leadership.resign();
    expect((await hosts.time.runUntil(second)).held).toBe(true);
    await expect(election(hosts.host()).campaign({ timeoutMs: 0 })).rejects.toMatchObject({
      code: 'ELOCKTIMEOUT',
    });
  });

  it('that does not lead proclaims nothing', async () => {
    const hosts = new Hosts();
    const candidate = election(hosts.host(), 'a');
    await expect(candidate.proclaim('b')).rejects.toMatchObject({ code: 'ENOTLEADER', id: 'chief' });
    const leadership = await candidate.campaign();
    await leadership.resign();
    await expect(candidate.proclaim('b')).rejects.toMatchObject({ code: 'ELOCKLOST', reason: 'released' });
    expect(await candidate.leader()).toBeUndefined();
  });

  it.each([
    ['too long', 'x'.repeat(4_097)],
    ['too long in UTF-8', '€'.repeat(1_366)],
    ['no well-formed text', '\uD800'],
    ['no text', 7 as unknown as string],
  ])('is refused a value that is %s', async (_, value) => {
    const hosts = new Hosts();
    expect(() => election(hosts.host(), value)).toThrow(expect.objectContaining({ code: 'ELOCKOPTION' }));
    const leadership = await election(hosts.host(), 'fine').campaign();
    await expect(leadership.proclaim(value)).rejects.toMatchObject({ code: 'ELOCKOPTION' });
    expect(leadership.value).toBe('fine');
  });

  it.each(['', '\0'.repeat(4_096), '€'.repeat(1_365), '{"token":1}', '\u2028"\\'])(
    'can publish %j',
    async (value) => {
      const hosts = new Hosts();
      await election(hosts.host(), value).campaign();
      expect(await election(hosts.host()).leader()).toMatchObject({ value });
    },
  );

  it('is told that it lost, before another one leads, and its late words change nothing', async () => {
    const hosts = new Hosts();
    const frozen = hosts.host();
    const leadership = await election(frozen, 'old').campaign();
    await hosts.time.advance(1_000);
    const late = frozen.hold(/value\.1$/);
    const proclaimed = leadership.proclaim('too late').catch((error: unknown) => error);
    await late.arrived;
    frozen.clock.suspend('process');
    const next = await hosts.time.runUntil(election(hosts.host(), 'new').campaign());
    frozen.clock.resume();
    expect(leadership.held).toBe(false);
    expect(leadership.signal.reason).toMatchObject({ code: 'ELOCKLOST', token: leadership.token });
    late.go();
    expect(await hosts.time.runUntil(proclaimed)).toMatchObject({ code: 'ELOCKLOST' });
    expect(await ledger(hosts)).toEqual(expect.arrayContaining([`${leadership.token}.value.1`]));
    expect(await election(hosts.host()).leader()).toMatchObject({ token: next.token, value: 'new' });
    await next.resign();
    expect(await election(hosts.host()).leader()).toBeUndefined();
  });
});
