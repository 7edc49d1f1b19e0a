import { describe, expect, it } from 'vitest';
import { Hosts, STORAGES, type Host } from '../hosts.fixture.js';

/** The token in the record of the claim called `name`: that of the claim whose file it is. */
async function recorded(hosts: Hosts, name: string): Promise<unknown> {
  const text = new TextDecoder().decode(await hosts.truth.readFile(hosts.at(name)));
  return (JSON.parse(text) as { token: unknown }).token;
}

async function cycle(host: Host): Promise<void> {
  await host.lock({ label: 'backup' }).with(() => undefined);
}

describe('where a file can have several names', () => {
  it('the claims that a process makes within a second are names of one file', async () => {
    const hosts = await Hosts.begun(STORAGES.local);
    const host = hosts.host();
    const lock = host.lock();
    for (let round = 0; round < 3; round++) await lock.with(() => undefined);
    expect(await Promise.all(['1001', '1002', '1003'].map((name) => recorded(hosts, name)))).toEqual([
      1001, 1001, 1001,
    ]);
    await hosts.time.advance(1_000);
    await lock.with(() => undefined);
    expect(await recorded(hosts, '1004')).toBe(1004);
  });

  it('a claim is a file of its own if another Lock, with other settings, makes it', async () => {
    const hosts = await Hosts.begun(STORAGES.local);
    const host = hosts.host();
    await cycle(host);
    await cycle(host);
    expect(await recorded(hosts, '1002')).toBe(1002);
  });

  it('others are told whose it is, and under which token', async () => {
    const hosts = await Hosts.begun(STORAGES.local);
    const [host, other] = [hosts.host(), hosts.host()];
    const lock = host.lock({ label: 'backup' });
    await lock.with(() => undefined);
    await hosts.time.advance(500);
    const lease = await lock.acquire();
    await expect(other.lock().tryAcquire()).rejects.toMatchObject({
      code: 'ELOCKED',
      token: lease.token,
      holder: { label: 'backup' },
    });
    const [holder] = (await other.lock().inspect()).holders;
    expect(holder).toMatchObject({ token: 1002, holder: { label: 'backup' } });
  });

  it('an earlier claim that somebody has removed meanwhile is no hindrance', async () => {
    const hosts = await Hosts.begun(STORAGES.local);
    const host = hosts.host();
    const lock = host.lock();
    await lock.with(() => undefined);
    await hosts.remove('1001');
    const lease = await lock.acquire();
    expect([lease.token, lease.held, await recorded(hosts, '1002')]).toEqual([1002, true, 1002]);
  });

  it('a claim whose token is above the number of its name is nobody of ours', async () => {
    const hosts = await Hosts.begun(STORAGES.local);
    await hosts.put(
      '1001',
      'deploy',
      JSON.stringify({ token: 1002, nonce: 'n', staleAfterMs: 10_000, since: 0 }),
    );
    await expect(hosts.host().lock().tryAcquire()).rejects.toMatchObject({ token: 1001, holder: undefined });
  });
});

it('a link of unknown outcome is not followed by a file: it may be there', async () => {
  const hosts = await Hosts.begun(STORAGES.local);
  const host = hosts.host();
  const lock = host.lock();
  await lock.with(() => undefined);
  host
    .hold('make 1002')
    .goButFail(new Error('a defect of an adapter, which says nothing of what became of it'));
  await expect(lock.acquire()).rejects.toBeDefined();
  expect(host.calls.filter((call) => call === 'make 1002')).toHaveLength(1);
});

it('a watch that never begins keeps nobody from claiming where the storage is not a disk', async () => {
  const hosts = await Hosts.begun({ ...STORAGES.network, watch: true });
  const [host, other] = [hosts.host(), hosts.host()];
  const lease = await host.lock().acquire();
  other.hold(/^watch/);
  const waiting = other.lock().acquire();
  await hosts.time.advance(3_000);
  await lease.release();
  expect((await hosts.time.runUntil(waiting)).token).toBe(1002);
});

it('who waits lists before and after its claim, and once more when it is told', async () => {
  const hosts = await Hosts.begun({ ...STORAGES.local, watch: true });
  const [host, other] = [hosts.host(), hosts.host()];
  const lease = await host.lock().acquire();
  await other.lock({ id: 'other' }).with(() => undefined);
  const waiting = other.lock().acquire();
  await hosts.time.settle();
  await lease.release();
  await hosts.time.settle();
  const next = await waiting;
  expect(next.token).toBe(1002);
  // It also reads whom it waits for, since somebody listens to its events.
  const calls = other.calls
    .slice(other.calls.indexOf('make 1002'))
    .filter((call) => call !== 'readFile 1001');
  expect(calls).toEqual(['make 1002', 'watch 1001', 'ls', 'ls']);
});
