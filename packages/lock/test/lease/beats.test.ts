import { describe, expect, it } from 'vitest';
import { crash, failure, Hosts, STORAGES, told, type Host } from '../hosts.fixture.js';

describe('the mtime of a beat', () => {
  it.each(['local', 'local names'] as const)(
    'is set by chtimes where a rewrite does not move it, on %s storage',
    async (kind) => {
      const hosts = await Hosts.begun({
        ...STORAGES[kind],
        mtimeOnRewrite: 'stays',
        mtimeGranularityMs: 1_000,
      });
      await hosts.host().lock().acquire();
      await hosts.time.advance(60_000);
      const { mtimeMs } = await hosts.truth.stat(hosts.at('1001.beat.10000'));
      expect(hosts.time.wall() - (mtimeMs ?? 0)).toBeLessThan(3_000);
      expect(await hosts.host().lock().inspect()).toMatchObject({ state: 'held' });
    },
  );

  it('costs nothing where a rewrite moves it, once that was seen', async () => {
    const hosts = await Hosts.begun(STORAGES['local names']);
    const host = hosts.host();
    await host.lock().acquire();
    await hosts.time.advance(20_000);
    host.calls.length = 0;
    await hosts.time.advance(20_000);
    expect(new Set(host.calls)).toEqual(new Set(['write 1001.beat.10000', 'ls']));
  });

  it('is left alone where times cannot be set', async () => {
    const hosts = await Hosts.begun({ mtimeOnRewrite: 'stays', chtimes: false });
    const host = hosts.host();
    const lease = await host.lock().acquire();
    await hosts.time.advance(60_000);
    expect(host.calls.filter((call) => call.startsWith('chtimes'))).toEqual([]);
    expect(lease.held).toBe(true);
  });

  it('that cannot be set although it should is reported once, and costs no lease', async () => {
    const hosts = await Hosts.begun({ mtimeOnRewrite: 'stays' });
    const host = hosts.host();
    const lease = await host.lock().acquire();
    host.fail(/^chtimes/, failure('EACCES', { op: 'chtimes' }), 100);
    await hosts.time.advance(60_000);
    expect(told(host).filter((type) => type === 'storage-error')).toHaveLength(1);
    expect(told(host)).not.toContain('beat-failed');
    expect(lease.held).toBe(true);
  });
});

describe('a beat on a mount', () => {
  /** A host whose opens never end: another host, that does not answer, has the file leased. */
  const behindALease = (hosts: Hosts): Host => {
    const host = hosts.host();
    for (let open = 0; open < 100; open++) host.hold(/^readFile /);
    return host;
  };

  it('is a new name, and the one before is removed', async () => {
    const hosts = await Hosts.begun(STORAGES.mount);
    const host = hosts.host();
    await host.lock().acquire();
    await hosts.time.advance(20_500);
    const beats = (await hosts.ledger()).filter((name) => name.startsWith('1001.'));
    expect(beats).toEqual(['1001.beat.10000', '1001.beat.10000.10']);
    expect(host.calls.filter((call) => call === 'write 1001.beat.10000')).toHaveLength(1);
  });

  it('comes before the record, so that nobody ever judges by content', async () => {
    const hosts = await Hosts.begun(STORAGES.mount);
    const host = hosts.host();
    await host.lock().acquire();
    await hosts.time.advance(150);
    const order = host.calls.filter((call) => call.includes('.beat'));
    expect(order).toEqual(['make 1001.beat.10000.0', 'write 1001.beat.10000']);
  });

  it('keeps the lock, though no host can open the record, which is asked for once at a time', async () => {
    const hosts = await Hosts.begun(STORAGES.mount);
    const lease = await hosts.host().lock().acquire();
    await hosts.time.advance(150);
    const host = behindALease(hosts);
    const refusal = expect(host.lock().acquire({ timeoutMs: 60_000 })).rejects.toMatchObject({
      code: 'ELOCKTIMEOUT',
      token: 1001,
      holder: undefined,
    });
    await hosts.time.advance(60_000);
    await refusal;
    expect(lease.held).toBe(true);
    expect(host.calls.filter((call) => call.startsWith('readFile'))).toHaveLength(1);
  });

  it('that does not come is noticed within the window and two polls, though opening the record hangs', async () => {
    const hosts = await Hosts.begun(STORAGES.mount);
    const dead = hosts.host();
    void dead.lock().acquire();
    await hosts.time.advance(150);
    const waiting = behindALease(hosts).lock().acquire();
    await hosts.time.advance(30_000);
    crash(dead);
    const from = hosts.time.now;
    expect((await hosts.time.runUntil(waiting)).token).toBe(1002);
    expect(hosts.time.now - from).toBeLessThanOrEqual(12_000);
  });

  it('comes in time though the names of earlier ones cannot be removed for now', async () => {
    const hosts = await Hosts.begun(STORAGES.mount);
    const host = hosts.host();
    const lease = await host.lock().acquire();
    await hosts.time.advance(1_000);
    const stuck = host.hold(/^rm .*beat/);
    await hosts.time.advance(30_000);
    expect(lease.held).toBe(true);
    stuck.fail(failure('EIO', { op: 'rm' }));
    await hosts.time.advance(4_000);
    expect((await hosts.ledger()).filter((name) => name.includes('.beat.10000.'))).toHaveLength(1);
  });

  it('has its record written later if that fails at first', async () => {
    const hosts = await Hosts.begun(STORAGES.mount);
    const host = hosts.host();
    host.fail('write 1001.beat.10000', failure('EIO'));
    await host.lock({ label: 'nightly' }).acquire();
    await hosts.time.advance(3_000);
    expect(await hosts.host().lock().inspect()).toMatchObject({
      holders: [{ holder: { label: 'nightly' } }],
    });
  });

  it('that lands late, after its claim was swept away, is removed by a later holder', async () => {
    const hosts = await Hosts.begun(STORAGES.mount);
    await hosts.put('1001.beat.10000.9');
    for (let number = 1002; number <= 1010; number++) await hosts.put(`${number}.free`);
    await hosts.host().lock().acquire();
    await hosts.time.advance(5_000);
    expect((await hosts.ledger()).filter((name) => name.startsWith('1001.'))).toEqual([]);
  });
});

/** What a holder never writes. */
const HOSTILE: readonly (readonly [what: string, put: (hosts: Hosts) => Promise<void>])[] = [
  ['is no record', (hosts) => hosts.put('1001.beat.10000', 'deploy', '{')],
  ['is of another shape', (hosts) => hosts.put('1001.beat.10000', 'deploy', '[]')],
  [
    'is of another claim',
    (hosts) => hosts.put('1001.beat.10000', 'deploy', '{"token":7,"nonce":"x","staleAfterMs":1,"since":0}'),
  ],
  ['is huge', (hosts) => hosts.put('1001.beat.10000', 'deploy', ' '.repeat(20_000_000))],
  ['is binary', (hosts) => hosts.put('1001.beat.10000', 'deploy', '\u0000\u0001')],
  ['is a directory', (hosts) => hosts.truth.mkdir(hosts.at('1001.beat.10000'))],
];

describe.each(['local', 'local names', 'network', 'mount', 'metered'] as const)('on %s storage', (kind) => {
  it.each(HOSTILE)('a beat that %s bars nobody for ever, and ends no contender', async (_, put) => {
    const hosts = await Hosts.begun(STORAGES[kind]);
    await hosts.put('1001');
    await put(hosts);
    const host = hosts.host();
    expect(await hosts.time.runUntil(host.lock().inspect())).toMatchObject({
      state: 'held',
      holders: [{ token: 1001, holder: undefined, windowMs: 10_000 }],
    });
    const lease = await hosts.time.runUntil(host.lock().acquire());
    expect(lease.token).toBe(1002);
    expect(hosts.time.now).toBeLessThanOrEqual(13_000);
  });
});

describe('a beat that may not be opened', () => {
  const unreadable = async (hosts: Hosts): Promise<Host> => {
    await hosts.put('1001');
    await hosts.put('1001.beat.10000', 'deploy', 'secret');
    const host = hosts.host();
    host.fail(/^readFile /, failure('EACCES', { op: 'readFile' }), 1_000);
    return host;
  };

  it.each(['local', 'local names', 'network', 'metered'] as const)(
    'bars nobody on %s storage',
    async (kind) => {
      const hosts = await Hosts.begun(STORAGES[kind]);
      const host = await unreadable(hosts);
      expect((await hosts.time.runUntil(host.lock().acquire())).token).toBe(1002);
      expect(hosts.time.now).toBeLessThanOrEqual(13_000);
    },
  );

  it('on a mount tells nothing, since nothing but its content is fresh there: nobody is passed', async () => {
    const hosts = await Hosts.begun(STORAGES.mount);
    const host = await unreadable(hosts);
    const refusal = expect(host.lock().acquire({ timeoutMs: 60_000 })).rejects.toMatchObject({
      code: 'ELOCKTIMEOUT',
      token: 1001,
    });
    await hosts.time.advance(60_000);
    await refusal;
  });
});

describe('a beat of which the storage tells nothing', () => {
  it('does not pass for one that did not change: nobody is passed', async () => {
    const hosts = await Hosts.begun({ listing: 'names' });
    const holder = hosts.host();
    const lease = await holder.lock().acquire();
    const host = hosts.host();
    host.fail(/^stat /, failure('EACCES', { op: 'stat' }), 2_000);
    const refusal = expect(host.lock().acquire({ timeoutMs: 60_000 })).rejects.toMatchObject({
      code: 'ELOCKTIMEOUT',
    });
    await hosts.time.advance(60_000);
    await refusal;
    expect(lease.held).toBe(true);
  });
});
