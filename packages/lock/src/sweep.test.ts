import { describe, expect, it } from 'vitest';
import { Hosts } from './hosts.fixture.js';

describe('cleaning up', () => {
  it('goes from the oldest number to the newest, and within one from the claim to what says that it is free', async () => {
    const hosts = new Hosts();
    const host = hosts.host();
    for (let token = 1; token <= 4; token++) await (await host.lock().acquire()).release();
    host.calls.length = 0;
    await host.lock().acquire();
    await hosts.time.advance(30_000);
    const removed = host.calls.filter((call) => call.startsWith('rm '));
    const numbers = ['000000000002', '000000000003'];
    // The mark of number 1 stays.
    expect(removed).toEqual([
      'rm 000000000001',
      ...numbers.flatMap((number) => [`rm ${number}`, `rm ${number}.free`]),
    ]);
  });

  // The next holder does it: what a process that stood still removes may be in another ledger by now.
  it('ends with the lease', async () => {
    const hosts = new Hosts();
    const host = hosts.host();
    for (let token = 1; token <= 4; token++) await (await host.lock().acquire()).release();
    const removal = host.hold(({ op, path }) => op === 'rm' && path.endsWith('000000000002'));
    const lease = await host.lock().acquire();
    await hosts.time.advance(30_000);
    await removal.arrived;
    host.hold(({ op }) => op === 'writeFile');
    host.calls.length = 0;
    await hosts.time.advance(30_000);
    expect(lease.held).toBe(false);
    removal.go();
    await hosts.time.advance(30_000);
    expect(host.calls.filter((call) => call.startsWith('rm '))).toEqual([]);
  });
});
