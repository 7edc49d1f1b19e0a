import { intercept, VFSError } from '@holdfast/vfs';
import { describe, expect, it } from 'vitest';
import { Hosts, on } from './hosts.fixture.js';
import { Lock, UnsafeStorageError } from './index.js';

describe('a claim', () => {
  it('does not count if a higher number stands: it was built on an old listing', async () => {
    const hosts = new Hosts();
    const [slow, fast] = [hosts.host(), hosts.host()];
    const claim = slow.hold(on('mkdir', '000000000001'));
    const waiter = slow.lock().acquire();
    await claim.arrived;
    // Meanwhile others come and go, and the numbers that `slow` knew of are cleaned away.
    for (let round = 0; round < 4; round++) await fast.lock().with(() => undefined);
    const lease = await fast.lock().tryAcquire();
    await hosts.time.advance(2_000);
    expect(await hosts.ledger()).not.toContain('000000000001');
    claim.go();
    await hosts.time.advance(100);
    expect(await hosts.ledger()).not.toContain('000000000001');
    expect(lease.held).toBe(true);
    await lease.release();
    expect((await hosts.time.runUntil(waiter)).token).toBe(6);
  });

  it('does not count if the number that it builds on is gone', async () => {
    const hosts = new Hosts();
    const host = hosts.host();
    await host.lock().with(() => undefined);
    const look = host.hold((call) => call.op === 'ls' && host.calls.includes('mkdir 000000000002'));
    const acquired = host.lock().tryAcquire();
    await look.arrived;
    await hosts.truth.rm('/lockfile-deploy/000000000001', { recursive: true });
    await hosts.truth.rm('/lockfile-deploy/000000000001.free', { recursive: true });
    look.go();
    expect((await acquired).token).toBe(3);
    expect(await hosts.ledger()).toContain('000000000002.free');
  });

  it('does not count if the lease ran out before it was confirmed', async () => {
    const hosts = new Hosts();
    const host = hosts.host();
    const look = host.hold((call) => call.op === 'ls' && host.calls.includes('mkdir 000000000001'));
    const acquired = host.lock().tryAcquire();
    await look.arrived;
    await hosts.time.advance(9_000);
    look.go();
    expect((await acquired).token).toBe(2);
    expect(await hosts.ledger()).toContain('000000000001.free');
  });

  it('does not count if somebody marked it free before it was confirmed', async () => {
    const hosts = new Hosts();
    const host = hosts.host();
    const look = host.hold((call) => call.op === 'ls' && host.calls.includes('mkdir 000000000001'));
    const acquired = host.lock().tryAcquire();
    await look.arrived;
    await hosts.truth.mkdir('/lockfile-deploy/000000000001.free');
    look.go();
    expect((await acquired).token).toBe(2);
  });

  it('of two contenders at the same moment, one wins', async () => {
    const hosts = new Hosts();
    const [one, two] = [hosts.host(), hosts.host()];
    const claims = [one, two].map((host) => host.hold(on('mkdir', '000000000001')));
    const attempts = [one, two].map((host) => host.lock().tryAcquire());
    await Promise.all(claims.map(({ arrived }) => arrived));
    for (const claim of claims) claim.go();
    const results = await Promise.allSettled(attempts);
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(results).toContainEqual(
      expect.objectContaining({ reason: expect.objectContaining({ code: 'ELOCKED' }) }),
    );
  });

  it('comes after the window entry, so that nobody can see the one without the other', async () => {
    const hosts = new Hosts();
    const host = hosts.host();
    await host.lock({ staleAfterMs: 30_000 }).tryAcquire();
    const window = host.calls.findIndex((call) => call.startsWith('mkdir window.30000.'));
    expect(window).toBeGreaterThan(0);
    expect(window).toBeLessThan(host.calls.indexOf('mkdir 000000000001'));
  });

  it('adds no window entry where a longer one stands', async () => {
    const hosts = new Hosts();
    await hosts
      .host()
      .lock({ staleAfterMs: 30_000 })
      .with(() => undefined);
    const host = hosts.host();
    await host.lock().tryAcquire();
    expect(host.calls.filter((call) => call.includes('window'))).toEqual([]);
  });

  it('is refused at the last number there can be, with a word why', async () => {
    const hosts = new Hosts();
    await hosts.truth.mkdir('/lockfile-deploy/999999999999999.free', { recursive: true });
    await expect(hosts.host().lock().tryAcquire()).rejects.toMatchObject({ code: 'EUNSAFESTORAGE' });
  });
});

describe('a storage', () => {
  it('whose mkdir succeeds on what exists is refused before the first claim', async () => {
    const hosts = new Hosts();
    const { vfs, clock } = hosts.host();
    const lax = intercept(vfs, (call, next) =>
      call.op === 'mkdir' ? next({ ...call, options: { ...call.options, recursive: true } }) : next(call),
    );
    const attempt = new Lock(lax, { id: 'deploy', clock }).tryAcquire();
    await expect(attempt).rejects.toBeInstanceOf(UnsafeStorageError);
    expect(await hosts.ledger()).toEqual([]);
  });

  it('that cannot make a directory exclusively is refused with what it said', async () => {
    const hosts = new Hosts();
    const host = hosts.host();
    const detail = 'the server answers 501 to If-None-Match';
    host
      .hold(on('mkdir', 'lockfile-deploy'))
      .fail(new VFSError({ code: 'ENOTSUP', op: 'mkdir', path: '/', adapter: 's3', detail }));
    await expect(host.lock().tryAcquire()).rejects.toMatchObject({
      code: 'EUNSAFESTORAGE',
      evidence: detail,
    });
  });

  it('whose listings do not show what was just made is refused', async () => {
    const hosts = new Hosts();
    const { vfs, clock } = hosts.host();
    const blind = intercept(vfs, async (call, next) =>
      call.op === 'ls' ? [{ name: 'window.10000.a', type: 'directory' }] : next(call),
    );
    const attempt = new Lock(blind, { id: 'deploy', clock }).tryAcquire();
    await expect(attempt).rejects.toMatchObject({ code: 'EUNSAFESTORAGE' });
  });

  it('of a mount that shows an old listing is looked at anew after an own change', async () => {
    const hosts = new Hosts();
    const mount = { listing: 'names', cost: 'network' } as const;
    await hosts
      .host()
      .lock()
      .with(() => undefined);
    const [holder, host] = [hosts.host({}, mount), hosts.host({}, mount)];
    const old = await hosts.truth.ls('/lockfile-deploy');
    await holder.lock().tryAcquire();
    const cached = intercept(host.vfs, (call, next) =>
      call.op === 'ls' && !host.calls.some((name) => name.startsWith('mkdir look.'))
        ? Promise.resolve(old)
        : next(call),
    );
    const attempt = new Lock(cached, { id: 'deploy', clock: host.clock }).tryAcquire();
    await expect(attempt).rejects.toMatchObject({ code: 'ELOCKED', token: 2 });
  });

  it('is proved once, and beside the first look', async () => {
    const hosts = new Hosts();
    await hosts
      .host()
      .lock()
      .with(() => undefined);
    const host = hosts.host();
    const look = host.hold(on('ls', 'lockfile-deploy'));
    const acquired = host.lock().tryAcquire();
    await look.arrived;
    await hosts.time.settle();
    expect(host.calls).toEqual(['ls lockfile-deploy', 'mkdir lockfile-deploy']);
    look.go();
    await (await acquired).release();
    await host.lock({ id: 'other' }).tryAcquire();
    expect(host.calls.filter((call) => call === 'mkdir lockfile-other')).toHaveLength(1);
  });
});

describe('hostile text', () => {
  it('in ids makes a directory of its own for each, which leads back to the id', async () => {
    const hosts = new Hosts();
    const host = hosts.host();
    const ids = [
      '../../etc',
      'A',
      'a',
      'é',
      'e\u0301',
      'a b',
      '.',
      '..',
      'x.',
      '\u001b[2J',
      '%2e',
      '~41',
      'a/b',
      '名',
    ];
    for (const id of ids) await host.lock({ id }).tryAcquire();
    expect(await hosts.truth.ls('/')).toHaveLength(ids.length);
  });

  it('in a label comes back as it was, and never raw in a message', async () => {
    const hosts = new Hosts();
    const label = '\u001b[31m"}\u202e\n\\u0000';
    await hosts.host().lock({ label }).tryAcquire();
    await hosts.time.advance(5);
    const refusal = await hosts
      .host()
      .lock()
      .tryAcquire()
      .catch((error: unknown) => error);
    expect(refusal).toMatchObject({ holder: { label } });
    // eslint-disable-next-line no-control-regex -- control characters are what is looked for
    expect(String(refusal)).not.toMatch(/[\u0000-\u001f\u202e]/);
  });

  it('in a beat is no record, and bars nobody for ever', async () => {
    const hosts = new Hosts();
    const beats = ['{', '[]', '{"token":1}', `{"token":1,"nonce":"${'x'.repeat(70_000)}"}`, '\0'];
    for (const [at, beat] of beats.entries()) {
      const dir = `/lockfile-${at}`;
      await hosts.truth.mkdir(`${dir}/000000000001`, { recursive: true });
      await hosts.truth.writeFile(`${dir}/000000000001.beat`, beat);
    }
    await hosts.truth.mkdir('/lockfile-5/000000000001.beat', { recursive: true });
    await hosts.truth.mkdir('/lockfile-5/000000000001');
    for (const listing of ['names', 'versions'] as const) {
      const host = hosts.host({}, { listing });
      const locks = [0, 1, 2, 3, 4, 5].map((id) => host.lock({ id: String(id), onStale: 'fail' }));
      const info = await Promise.all(locks.map((lock) => lock.inspect()));
      expect(info.map(({ holder }) => holder)).toEqual(Array(6).fill(undefined));
      const verdicts = await hosts.time.runUntil(Promise.all(locks.map((lock) => lock.isStale())));
      expect(verdicts).toEqual(Array(6).fill(true));
    }
  });
});
