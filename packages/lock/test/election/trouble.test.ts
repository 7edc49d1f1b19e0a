import { describe, expect, it } from 'vitest';
import { failure, Hosts, KINDS, STORAGES } from '../hosts.fixture.js';
import { election, ledger, observed, valueOf } from './hosts.fixture.js';

describe('a value', () => {
  it('that is torn, or another’s, is not read: the one before is, until there is a whole one', async () => {
    const hosts = new Hosts();
    const leadership = await election(hosts.host(), 'whole').campaign();
    const at = (sequence: number): string =>
      `/election-chief/${String(leadership.token).padStart(16, '0')}.value.${sequence}`;
    const reader = election(hosts.host());
    const published = JSON.stringify({ token: leadership.token, sequence: 1, value: 'next' });
    for (const content of [
      '',
      published.slice(0, -1),
      '\0'.repeat(published.length),
      published.replace('1', '2'),
      published.replace('"next"', '7'),
      published.replace(String(leadership.token), String(leadership.token - 1)),
      'x'.repeat(40_000),
    ]) {
      await hosts.truth.writeFile(at(1), content);
      expect(valueOf(await reader.leader())).toBe('whole');
    }
    await hosts.truth.writeFile(at(1), published);
    expect(valueOf(await reader.leader())).toBe('next');
    await hosts.truth.rm(at(1));
    await hosts.truth.mkdir(at(1));
    expect(valueOf(await election(hosts.host()).leader())).toBe('whole');
  });

  it('of a claim that is over, was removed, or stands in nobody’s name is nobody’s', async () => {
    const hosts = new Hosts();
    const host = hosts.host();
    const leadership = await election(host, 'a').campaign();
    await hosts.truth.writeFile('/election-chief/0000000000000003.value.0', '{}');
    expect(valueOf(await election(hosts.host()).leader())).toBe('a');
    await election(hosts.host()).inspect();
    await leadership.resign();
    const later = String(leadership.token + 50).padStart(16, '0');
    const content = JSON.stringify({ token: leadership.token + 50, sequence: 0, value: 'nobody' });
    await hosts.truth.writeFile(`/election-chief/${later}.value.0`, content);
    expect(await election(hosts.host()).leader()).toBeUndefined();
    const next = await election(hosts.host(), 'b').campaign();
    expect(next.token).toBeGreaterThan(leadership.token + 50);
    expect(valueOf(await election(hosts.host()).leader())).toBe('b');
  });

  it('whose outcome is unknown is followed by one with a higher number; what lands late changes nothing', async () => {
    const hosts = new Hosts();
    const host = hosts.host();
    const leadership = await election(host, 'a').campaign();
    const lost = host.hold(/value\.1$/);
    const first = leadership.proclaim('lost').catch((error: unknown) => error);
    await lost.arrived;
    lost.goButFail(failure('EACCES', { outcome: 'unknown' }));
    expect(await hosts.time.runUntil(first)).toMatchObject({ code: 'EACCES' });
    expect(leadership.value).toBe('a');
    await leadership.proclaim('b');
    expect(valueOf(await election(hosts.host()).leader())).toBe('b');
    await hosts.time.advance(100);
    expect((await ledger(hosts)).filter((name) => name.includes('value'))).toEqual([
      `${leadership.token}.value.2`,
    ]);
  });

  it('is written one after the other by calls made at once', async () => {
    const hosts = new Hosts();
    const campaign = election(hosts.host({ callMs: 20 }), '0').campaign();
    const leadership = await hosts.time.runUntil(campaign);
    const work = ['1', '2', '3'].map((value) => leadership.proclaim(value));
    await hosts.time.runUntil(Promise.all(work));
    expect(valueOf(await election(hosts.host()).leader())).toBe('3');
  });

  it('of leaders before are cleaned up', async () => {
    const hosts = new Hosts();
    for (let turn = 0; turn < 40; turn++) {
      const leadership = await election(hosts.host(), `${turn}`).campaign();
      await hosts.time.advance(200);
      await leadership.resign();
    }
    expect((await ledger(hosts)).filter((name) => name.includes('value')).length).toBeLessThan(20);
  });
});

describe('a campaign', () => {
  it('whose value cannot be published gives the lead back', async () => {
    const hosts = new Hosts();
    const host = hosts.host();
    host.fail(/value\.0$/, failure('EACCES'));
    await expect(election(host, 'a').campaign()).rejects.toMatchObject({ code: 'EACCES' });
    expect(await election(hosts.host()).inspect()).toMatchObject({ state: 'free' });
    expect((await election(hosts.host(), 'b').campaign()).held).toBe(true);
  });

  it('that loses the lead while a call is not answered does not wait for it', async () => {
    const hosts = new Hosts();
    const host = hosts.host();
    const leadership = await election(host, 'a').campaign();
    host.hold(/value\.1$/);
    const proclaimed = leadership.proclaim('b').catch((error: unknown) => error);
    await hosts.time.advance(1_000);
    await election(hosts.host()).inspect();
    await hosts.truth.rm('/election-chief', { recursive: true });
    expect(await hosts.time.runUntil(proclaimed)).toMatchObject({ code: 'ELOCKLOST', reason: 'removed' });
  });

  it('that loses the lead while it publishes goes on', async () => {
    const hosts = new Hosts();
    const host = hosts.host();
    const held = host.hold(/value\.0$/);
    const campaign = election(host, 'a').campaign();
    await held.arrived;
    const { holders } = await election(hosts.host()).inspect();
    const token = holders[0]?.token ?? 0;
    await hosts.truth.writeFile(`/election-chief/${String(token).padStart(16, '0')}.free`, '');
    await hosts.time.advance(5_000);
    held.go();
    const leadership = await hosts.time.runUntil(campaign);
    expect(leadership.token).toBeGreaterThan(token);
    expect(valueOf(await election(hosts.host()).leader())).toBe('a');
  });

  it.each(KINDS)('on %s storage can be ended, or die, at any step', async (kind) => {
    for (const how of ['end', 'die'] as const) {
      for (let at = 1; ; at++) {
        const hosts = new Hosts(STORAGES[kind]);
        await (await election(hosts.host(), 'before').campaign()).resign();
        const host = hosts.host();
        const controller = new AbortController();
        const campaign = { over: false };
        const outcome = election(host, 'a')
          .campaign({ signal: controller.signal })
          .then(
            () => 'led',
            (error: unknown) => error,
          )
          .finally(() => (campaign.over = true));
        for (let turn = 0; host.calls.length < at && !campaign.over && turn < 2_000; turn++)
          await Promise.resolve();
        if (campaign.over) break;
        if (how === 'end') controller.abort('ended');
        else host.clock.suspend('process');
        const said = how === 'end' ? await hosts.time.runUntil(outcome) : 'ended';
        expect(said).toBe('ended');
        const next = await hosts.time.runUntil(election(hosts.host(), 'b').campaign());
        expect([at, valueOf(await election(hosts.host()).leader())]).toEqual([at, 'b']);
        await next.resign();
      }
    }
  });

  it('finds out that its directory was removed, and so do those who look', async () => {
    const hosts = new Hosts();
    const old = await election(hosts.host(), 'old').campaign();
    const watched = observed(election(hosts.host()));
    await hosts.time.advance(3_000);
    await hosts.truth.rm('/election-chief', { recursive: true });
    await expect(old.proclaim('gone')).rejects.toMatchObject({ code: 'ELOCKLOST', reason: 'removed' });
    const next = await hosts.time.runUntil(election(hosts.host(), 'next').campaign());
    await hosts.time.advance(5_000);
    expect(next.token).toBeGreaterThan(old.token);
    expect([watched.seen[0], watched.seen.at(-1), old.held]).toEqual(['old', 'next', false]);
  });
});

describe('observe', () => {
  it('waits for the first leader, and ends when its signal aborts', async () => {
    const hosts = new Hosts();
    const controller = new AbortController();
    const watched = observed(election(hosts.host()), controller.signal);
    await hosts.time.advance(5_000);
    expect(watched.seen).toEqual([]);
    await election(hosts.host(), 'a').campaign();
    await hosts.time.advance(3_000);
    expect(watched.seen).toEqual(['a']);
    controller.abort();
    expect(await watched.ended).toBe('ended');
    const already = observed(election(hosts.host()), AbortSignal.abort());
    expect([await already.ended, already.seen]).toEqual(['ended', []]);
  });

  it('is told of changes at once where the storage tells of them', async () => {
    const hosts = new Hosts({ watch: true });
    const leadership = await election(hosts.host(), 'a').campaign();
    const watched = observed(election(hosts.host()));
    await hosts.time.advance(200);
    await leadership.proclaim('b');
    await hosts.time.advance(100);
    expect(watched.seen).toEqual(['a', 'b']);
    await leadership.resign();
    await hosts.time.advance(100);
    expect(watched.seen).toEqual(['a', 'b', undefined]);
  });

  it('goes on through a short outage, and ends with the error of a long one', async () => {
    const hosts = new Hosts();
    const host = hosts.host();
    await election(hosts.host(), 'a').campaign();
    const watched = observed(election(host));
    await hosts.time.advance(3_000);
    host.fail('ls', failure('ECONN', { op: 'ls' }), 3);
    await hosts.time.advance(6_000);
    expect(watched.seen).toEqual(['a']);
    host.fail('ls', failure('ECONN', { op: 'ls' }), 1_000);
    expect(await hosts.time.runUntil(watched.ended)).toMatchObject({ code: 'ECONN' });
  });

  it('does not fall for a wall clock that jumps', async () => {
    const hosts = new Hosts();
    await election(hosts.host(), 'a').campaign();
    const host = hosts.host();
    const watched = observed(election(host));
    for (const ms of [3_600_000, -7_200_000, 3_600_000]) {
      await hosts.time.advance(4_000);
      host.clock.jumpWall(ms);
      expect(valueOf(await hosts.time.runUntil(election(host).leader()))).toBe('a');
    }
    await hosts.time.advance(20_000);
    expect(watched.seen).toEqual(['a']);
  });
});

it('a value that may not be read is no reason to name another leader', async () => {
  const hosts = new Hosts();
  await election(hosts.host(), 'a').campaign();
  const host = hosts.host();
  host.fail(/readFile .*value/, failure('EACCES', { op: 'readFile' }), 10);
  await expect(election(host).leader()).rejects.toMatchObject({ code: 'EACCES' });
});
