import { describe, expect, it } from 'vitest';
import { Hosts } from './hosts.fixture.js';

describe('the mtime of a beat', () => {
  for (const listing of ['names', 'versions'] as const) {
    it(`is set by chtimes where a rewrite does not move it (listing ${listing})`, async () => {
      const hosts = new Hosts();
      const host = hosts.host({}, { mtimeOnRewrite: 'stays', mtimeGranularityMs: 1_000, listing });
      await host.lock().tryAcquire();
      await hosts.time.advance(60_000);
      const { mtimeMs } = await hosts.truth.stat('/lockfile-deploy/000000000001.beat');
      expect(hosts.time.wall() - (mtimeMs ?? 0)).toBeLessThan(3_000);
      expect(await hosts.host().lock().inspect()).toMatchObject({ state: 'held' });
    });

    it(`costs nothing where a rewrite moves it, once that was seen (listing ${listing})`, async () => {
      const hosts = new Hosts();
      const host = hosts.host({}, { listing });
      const lease = await host.lock().tryAcquire();
      await hosts.time.advance(20_000);
      host.calls.length = 0;
      await hosts.time.advance(20_000);
      expect(new Set(host.calls)).toEqual(new Set(['writeFile 000000000001.beat', 'ls lockfile-deploy']));
      await lease.release();
    });
  }

  it('is left alone where times cannot be set', async () => {
    const hosts = new Hosts();
    const host = hosts.host({}, { mtimeOnRewrite: 'stays', chtimes: false });
    const lease = await host.lock().tryAcquire();
    await hosts.time.advance(60_000);
    expect(host.calls.filter((call) => call.startsWith('chtimes'))).toEqual([]);
    expect(lease.held).toBe(true);
  });

  it('that cannot be set although it should is reported, and costs no lease', async () => {
    const hosts = new Hosts();
    const host = hosts.host({}, { mtimeOnRewrite: 'stays' });
    const lease = await host.lock().tryAcquire();
    await hosts.time.advance(20_000);
    host.hold(({ op }) => op === 'chtimes').fail(new Error('no'));
    await hosts.time.advance(20_000);
    expect(host.events.filter(({ type }) => type === 'storage-error')).toHaveLength(1);
    expect(host.events.filter(({ type }) => type === 'beat-failed')).toEqual([]);
    expect(lease.held).toBe(true);
  });
});
