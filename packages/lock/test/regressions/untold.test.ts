import type { Lease } from '@holdfast/lock';
import { intercept, type Entry, type FileInfo, type VFS } from '@holdfast/vfs';
import { Lock } from '@holdfast/lock';
import { describe, expect, test } from 'vitest';
import { crash, Hosts, KINDS, ORIGIN, STORAGES, type Host, type StorageKind } from '../hosts.fixture.js';
import { Outcome } from './hosts.fixture.js';

const WINDOW_MS = 10_000;
const TIMING = { staleAfterMs: WINDOW_MS } as const;

/** The storage of `host`, which tells nothing of files but that they are there. */
function silent({ vfs }: Host): VFS {
  return intercept(vfs, async (call, next) => {
    const answer = await next(call);
    if (call.op === 'stat') return { type: (answer as FileInfo).type };
    if (call.op !== 'ls') return answer;
    return (answer as Entry[]).map(({ name, type }) => ({ name, type }));
  });
}

test('a beat of which the storage tells nothing does not pass for one that did not change', async () => {
  for (const kind of ['network', 'local', 'local names', 'metered'] as const) {
    const hosts = await Hosts.begun(STORAGES[kind]);
    const lease = await hosts.host().lock(TIMING).acquire();
    await hosts.time.advance(1_000);
    const contender = hosts.host();
    const lock = new Lock(silent(contender), {
      ...TIMING,
      id: 'deploy',
      clock: contender.clock,
      random: () => 0.5,
    });
    const wanted = new Outcome(lock.acquire());
    await hosts.time.advance(10 * WINDOW_MS);
    expect([kind, lease.held, wanted.value]).toEqual([kind, true, undefined]);
  }
});

describe('a call that is never answered', () => {
  const CALLS: readonly [StorageKind, string, RegExp][] = [
    ['network', 'beat', /^write .*beat/],
    ['network', 'listing', /^ls$/],
    ['mount', 'beat', /^make .*beat/],
    ['mount', 'listing', /^ls$/],
    ['metered', 'beat', /^write .*beat/],
  ];
  test.each(CALLS)('on %s storage, a %s, ends no healthy lease', async (kind, _, call) => {
    const hosts = await Hosts.begun(STORAGES[kind]);
    const holder = hosts.host();
    const lease = await holder.lock(TIMING).acquire();
    await hosts.time.advance(5_000);
    holder.hold(call);
    await hosts.time.advance(30 * WINDOW_MS);
    expect([lease.held, lease.signal.aborted]).toEqual([true, false]);
  });
});

describe.each(KINDS)('a file that nobody of us wrote, on %s storage,', (kind) => {
  /** Puts the beat of a holder that died, as `spoil` has it, into a ledger, and has somebody take over. */
  async function heirOf(spoil: (hosts: Hosts, name: string) => Promise<void>): Promise<Lease | undefined> {
    const hosts = await Hosts.begun(STORAGES[kind]);
    await hosts.put(String(ORIGIN + 1));
    await spoil(hosts, `${ORIGIN + 1}.beat.${WINDOW_MS}`);
    const heir = new Outcome(hosts.host().lock(TIMING).acquire());
    await hosts.time.advance(3 * WINDOW_MS);
    return heir.value;
  }

  test('huge, ends nobody and bars nothing', async () => {
    expect((await heirOf((hosts, name) => hosts.put(name, 'deploy', 'x'.repeat(5_000_000))))?.held).toBe(
      true,
    );
  });

  test('a directory where a beat should be, neither', async () => {
    expect((await heirOf((hosts, name) => hosts.truth.mkdir(hosts.at(name))))?.held).toBe(true);
  });

  test('that cannot be read, neither', async () => {
    const hosts = await Hosts.begun(STORAGES[kind]);
    const dead = hosts.host();
    await dead.lock(TIMING).acquire();
    await hosts.time.advance(3_000);
    crash(dead);
    const heir = hosts.host();
    const vfs = intercept(heir.vfs, (call, next) =>
      call.op === 'readFile' ? Promise.reject(new TypeError('no rights')) : next(call),
    );
    const lock = new Lock(vfs, { ...TIMING, id: 'deploy', clock: heir.clock, random: () => 0.5 });
    const wanted = new Outcome(lock.acquire());
    await hosts.time.advance(3 * WINDOW_MS);
    expect(wanted.value?.held).toBe(true);
  });
});
