import { Lock, type Lease, type LockOptions } from '@holdfast/lock';
import { memoryStore, memoryVFS, type MemoryVFSOptions } from '@holdfast/memory';
import type { VFS } from '@holdfast/vfs';
import { VirtualClock, type ActorClock, type ActorClockOptions } from '@holdfast/testkit/clock';
import { FaultPlan, faulty } from '@holdfast/testkit/faults';

/** A machine with one process on it: its view of the storage, and its clock. */
export interface Host {
  readonly name: string;
  readonly vfs: VFS;
  readonly clock: ActorClock;
  lock(options?: Partial<LockOptions>): Lock;
}

export const STALE_AFTER_MS = 1_000;

/** What most storages are: a call is a round trip, and claims are directories. */
const NETWORK = { cost: 'network', claimAs: 'directory', link: false } as const;

/** Several machines on one storage, in a world where nothing happens unless a test says so. */
export class Hosts {
  readonly time: VirtualClock = new VirtualClock();
  readonly plan: FaultPlan = new FaultPlan();
  readonly #store = memoryStore({ clock: this.time });

  /** The storage as it is. */
  readonly storage: VFS = memoryVFS({ store: this.#store });

  /** With a ledger that stands already, so that the first token is 1001. */
  static async begun(): Promise<Hosts> {
    const hosts = new Hosts();
    await hosts.storage.mkdir('/lockfile-x');
    await hosts.storage.mkdir('/lockfile-x/0000000000001000.origin');
    return hosts;
  }

  host(name: string, clockOptions: ActorClockOptions = {}, vfsOptions: MemoryVFSOptions = {}): Host {
    const clock = this.time.actor(clockOptions);
    const inner = memoryVFS({ store: this.#store, watch: false, ...NETWORK, ...vfsOptions });
    const vfs = faulty(inner, this.plan, { actor: name, clock });
    // Jitter in the middle of its range: no test depends on it.
    let state = name.length + name.charCodeAt(0);
    const random = (): number => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
    return {
      name,
      vfs,
      clock,
      lock: (options = {}) =>
        new Lock(vfs, { id: 'x', clock, random, staleAfterMs: STALE_AFTER_MS, ...options }),
    };
  }

  /** The names in the lock's directory, without the zeros in front. */
  async ledger(): Promise<string[]> {
    return (await this.storage.ls('/lockfile-x')).map(({ name }) => name.replace(/^0+/, '')).sort();
  }
}

/** What a call came to, by the time that all has settled: the lease or its like, the error, or nothing yet. */
export class Outcome<T> {
  value: T | undefined;
  error: unknown;

  constructor(promise: Promise<T>) {
    promise.then(
      (value) => (this.value = value),
      (error: unknown) => (this.error = error),
    );
  }
}

/** Those of `leases` that are held at this moment, by their own judgement. */
export function holdersAmong(...leases: (Pick<Lease, 'held'> | undefined)[]): number {
  return leases.filter((lease) => lease?.held === true).length;
}
