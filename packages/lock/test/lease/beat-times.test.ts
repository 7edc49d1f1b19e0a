import type { Lease } from '@holdfast/lock';
import { expect, it } from 'vitest';
import { Hosts } from '../hosts.fixture.js';

/** Keeps so many locks, taken 7 ms apart, and gives the moments of their beats in the course of 2 s. */
async function moments(count: number): Promise<{ beats: number; at: Set<number>; leases: Lease[] }> {
  const hosts = new Hosts();
  const host = hosts.host();
  const leases: Lease[] = [];
  const at: number[] = [];
  for (let number = 0; number < count; number++) {
    const onEvent = (event: { type: string }): void => {
      if (event.type === 'beat') at.push(host.clock.monotonic());
    };
    leases.push(await host.lock({ id: `job-${number}`, heartbeatMs: 2_000, onEvent }).acquire());
    await hosts.time.advance(7);
  }
  await hosts.time.advance(30_000);
  at.length = 0;
  await hosts.time.advance(2_000);
  return { beats: at.length, at: new Set(at), leases };
}

it('a few claims of a process beat when each is due', async () => {
  const { beats, at } = await moments(20);
  expect([beats, at.size]).toEqual([20, 20]);
});

it('many gather at 64 common moments, and none of them beats more rarely', async () => {
  const { beats, at, leases } = await moments(200);
  expect(beats).toBeGreaterThanOrEqual(200);
  expect(beats).toBeLessThan(210);
  expect(at.size).toBeLessThanOrEqual(65);
  expect(leases.every((lease) => lease.held)).toBe(true);
});
