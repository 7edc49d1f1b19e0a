import type { HostIdentity, ProcessIdentity } from '@holdfast/lock';
import { describe, expect, it } from 'vitest';
import { crash, Hosts, STORAGES, told, type Host } from '../hosts.fixture.js';

const machine = { host: 'here', boot: 'b', pidNamespace: 'p', timeNamespace: 't', start: 's' } as const;

/** Processes of one machine, and which of them have died. */
class Machine {
  readonly dead: Set<number> = new Set();
  asked = 0;

  identity(pid: number): HostIdentity {
    const self: ProcessIdentity = { ...machine, pid };
    return {
      self,
      isDead: (other) => {
        this.asked++;
        return other.host === 'here' && other.boot === 'b' && this.dead.has(other.pid);
      },
    };
  }
}

/** Acquires as process 7, and crashes. */
async function crashed(hosts: Hosts, machineOf: Machine): Promise<Host> {
  const host = hosts.host();
  void host.lock({ identity: machineOf.identity(7) }).acquire();
  await hosts.time.advance(150);
  crash(host);
  machineOf.dead.add(7);
  return host;
}

describe('a holder that is proved dead', () => {
  it.each(['local', 'local names'] as const)('is followed at once on %s storage', async (kind) => {
    const hosts = await Hosts.begun(STORAGES[kind]);
    const here = new Machine();
    await crashed(hosts, here);
    const from = hosts.time.now;
    for (const run of ['acquire', 'tryAcquire'] as const) {
      const host = hosts.host();
      const lease = await host.lock({ identity: here.identity(8) })[run]();
      expect(lease.held).toBe(true);
      await lease.release();
    }
    expect(hosts.time.now).toBe(from);
  });

  it('is told as dead', async () => {
    const hosts = await Hosts.begun();
    const here = new Machine();
    await crashed(hosts, here);
    const host = hosts.host();
    await host.lock({ identity: here.identity(8) }).acquire();
    expect(host.events).toContainEqual(
      expect.objectContaining({
        type: 'takeover',
        why: 'dead',
        claim: expect.objectContaining({ token: 1001 }),
      }),
    );
  });

  it('is reported, not passed, by one that only reports', async () => {
    const hosts = await Hosts.begun();
    const here = new Machine();
    await crashed(hosts, here);
    const lock = hosts.host().lock({ identity: here.identity(8), onStale: 'fail' });
    await expect(lock.acquire()).rejects.toMatchObject({
      code: 'ELOCKSTALE',
      token: 1001,
      holder: { pid: 7 },
    });
  });

  it.each(['network', 'mount', 'metered'] as const)(
    'is passed by the window alone on %s storage',
    async (kind) => {
      const hosts = await Hosts.begun(STORAGES[kind]);
      const here = new Machine();
      await crashed(hosts, here);
      const host = hosts.host();
      const from = hosts.time.now;
      await hosts.time.runUntil(host.lock({ identity: here.identity(8) }).acquire());
      expect(hosts.time.now - from).toBeGreaterThan(9_000);
      expect(here.asked).toBe(0);
    },
  );

  it('is passed by the window alone where nobody can prove anything', async () => {
    const hosts = await Hosts.begun();
    await crashed(hosts, new Machine());
    const from = hosts.time.now;
    await hosts.time.runUntil(hosts.host().lock().acquire());
    expect(hosts.time.now - from).toBeGreaterThan(9_000);
  });

  it('is passed by the list after the proof, not by the one before: it may have done something last', async () => {
    const hosts = await Hosts.begun();
    const here = new Machine();
    const holder = hosts.host();
    const lease = await holder.lock({ identity: here.identity(7) }).acquire();
    await hosts.time.advance(150);
    const host = hosts.host();
    here.dead.add(7);
    // The read of the record comes between the list and the proof: meanwhile the lease is detached.
    const reading = host.hold(/^readFile /);
    const refusal = expect(
      host.lock({ identity: here.identity(8) }).acquire({ timeoutMs: 60_000 }),
    ).rejects.toMatchObject({ code: 'ELOCKTIMEOUT' });
    await reading.arrived;
    const handle = await lease.detach({ ttlMs: 600_000 });
    crash(holder);
    reading.go();
    await hosts.time.advance(60_000);
    await refusal;
    expect(told(host)).not.toContain('takeover');
    expect((await hosts.host().lock().attach(handle)).held).toBe(true);
  });

  it('is not if its lease was detached and is another process’s by now', async () => {
    const hosts = await Hosts.begun();
    const here = new Machine();
    const holder = hosts.host();
    const lease = await holder.lock({ identity: here.identity(7) }).acquire();
    const handle = await lease.detach({ ttlMs: 60_000 });
    crash(holder);
    here.dead.add(7);
    const next = await hosts
      .host()
      .lock({ identity: here.identity(9) })
      .attach(handle);
    const host = hosts.host();
    const refusal = expect(
      host.lock({ identity: here.identity(8) }).acquire({ timeoutMs: 60_000 }),
    ).rejects.toMatchObject({ code: 'ELOCKTIMEOUT' });
    await hosts.time.advance(60_000);
    await refusal;
    expect(next.held).toBe(true);
  });

  it('is not by the record of another number', async () => {
    const hosts = await Hosts.begun({ claimAs: 'directory' });
    const here = new Machine();
    const holder = hosts.host();
    const lease = await holder.lock({ identity: here.identity(6) }).acquire();
    await hosts.time.advance(150);
    here.dead.add(7);
    const forged = { token: 9, nonce: 'x', staleAfterMs: 1, since: 0, process: { ...machine, pid: 7 } };
    await hosts.put('1001.beat.10000', 'deploy', JSON.stringify(forged));
    await expect(
      hosts
        .host()
        .lock({ identity: here.identity(8) })
        .tryAcquire(),
    ).rejects.toMatchObject({
      code: 'ELOCKED',
    });
    expect(lease.held).toBe(true);
  });

  it('is not by the record of a ledger that was removed', async () => {
    const hosts = new Hosts();
    const here = new Machine();
    await crashed(hosts, here);
    const lock = hosts.host().lock({ identity: here.identity(9), onStale: 'fail' });
    await expect(lock.tryAcquire()).rejects.toMatchObject({ code: 'ELOCKSTALE' });
    await hosts.removeLedger();
    await hosts
      .host()
      .lock({ identity: here.identity(8) })
      .acquire();
    await hosts.time.advance(150);
    await expect(lock.tryAcquire()).rejects.toMatchObject({ code: 'ELOCKED', holder: { pid: 8 } });
  });

  it('is asked about for the first few in the way, not for all of a long queue', async () => {
    const hosts = await Hosts.begun();
    const here = new Machine();
    for (let pid = 100; pid < 110; pid++) {
      void hosts
        .host()
        .lock({ identity: here.identity(pid) })
        .acquire();
      await hosts.time.advance(1);
    }
    await hosts.time.advance(150);
    here.asked = 0;
    await expect(
      hosts
        .host()
        .lock({ identity: here.identity(8) })
        .acquire({ timeoutMs: 0 }),
    ).rejects.toMatchObject({
      code: 'ELOCKTIMEOUT',
    });
    expect(here.asked).toBeLessThanOrEqual(3);
  });
});
