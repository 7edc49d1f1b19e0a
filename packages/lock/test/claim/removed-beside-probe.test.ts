import { expect, test } from 'vitest';
import { Hosts } from '../hosts.fixture.js';

test('a ledger that goes between the first look and the probe beside it is begun anew, and no number of it used again', async () => {
  const hosts = await Hosts.begun();
  const owner = await hosts.host().lock().acquire();
  const host = hosts.host();
  const probe = host.hold('make lockfile-deploy');
  const acquired = host.lock().acquire();
  await probe.arrived;
  await hosts.time.settle();
  await hosts.truth.rm('/lockfile-deploy', { recursive: true });
  probe.go();
  const lease = await hosts.time.runUntil(acquired);
  expect(lease.token).toBeGreaterThan(owner.token + 1);
  expect(host.calls.some((call) => call.endsWith(String(owner.token + 1)))).toBe(false);
  await lease.release();
});
