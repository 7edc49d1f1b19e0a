import { describe, expect, it } from 'vitest';
import { Hosts, on } from './hosts.fixture.js';

describe('a lease whose claim was slow', () => {
  it('runs from before the claim was sent, not from when it was confirmed', async () => {
    const hosts = new Hosts();
    const host = hosts.host();
    const claim = host.hold(on('mkdir', '000000000001'));
    const acquiring = host.lock({ staleAfterMs: 10_000, marginMs: 1_000 }).acquire();
    await claim.arrived;
    await hosts.time.advance(5_000);
    claim.go();
    const lease = await acquiring;
    host.hold(on('writeFile', '.beat'));
    await hosts.time.advance(3_999);
    expect(lease.held).toBe(true);
    await hosts.time.advance(1);
    expect([lease.signal.aborted, lease.held]).toEqual([true, false]);
  });
});
