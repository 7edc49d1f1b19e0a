import { expect, test } from 'vitest';
import { Hosts, STORAGES } from '../hosts.fixture.js';

test('a claim that is closed is removed again on a disk, before its mark, and stays marked elsewhere', async () => {
  for (const kind of ['local', 'network'] as const) {
    const hosts = await Hosts.begun(STORAGES[kind]);
    const host = hosts.host();
    const claim = host.hold('make 1001');
    const acquired = host.lock().acquire();
    await claim.arrived;
    await hosts.put('1001.floor');
    claim.go();
    await acquired;
    const own = host.calls.filter((call) => call.includes('1001'));
    expect(own.filter((call) => call.startsWith('rm'))).toEqual(
      kind === 'local' ? ['rm 1001', 'rm 1001.free'] : [],
    );
    expect((await hosts.ledger()).includes('1001.free')).toBe(kind !== 'local');
  }
});
