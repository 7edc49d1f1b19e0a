import { Lock, type LockEvent, type LockOptions } from '@holdfast/lock';
import { memoryStore, memoryVFS, type MemoryVFSOptions } from '@holdfast/memory';
import { VirtualClock, type ActorClock, type ActorClockOptions } from '@holdfast/testkit/clock';
import { intercept, VFSError, type Call, type VFS, type VFSErrorCode } from '@holdfast/vfs';

/** The storages that a lock works on in different ways. */
export const STORAGES = {
  /** A local disk, where claims are files and marks are hard links to them. */
  local: {},
  /** A local disk as Node lists it: names alone, so each beat is asked for by itself. */
  'local names': { listing: 'names' },
  /** SFTP or WebDAV: claims are directories, and a listing shows versions. */
  network: { cost: 'network', claimAs: 'directory', link: false },
  /** NFS or SMB, where each beat is a new name. */
  mount: { cost: 'network', claimAs: 'directory', link: false, listing: 'names' },
  /** S3: claims are files, without links. */
  metered: { cost: 'metered', link: false },
} as const satisfies Record<string, MemoryVFSOptions>;

export type StorageKind = keyof typeof STORAGES;
export const KINDS: readonly StorageKind[] = Object.keys(STORAGES) as StorageKind[];

export interface HostOptions extends ActorClockOptions {
  /** What kind of storage it sees. Default that of the `Hosts`. */
  readonly storage?: MemoryVFSOptions;
  /** How long each call to the storage takes, half of it before it has its effect. Default 0. */
  readonly callMs?: number;
}

export interface Host {
  readonly vfs: VFS;
  readonly clock: ActorClock;
  readonly events: LockEvent[];
  /**
   * Every call to the storage: `ls`, `make NAME` for whatever creates exclusively (mkdir, a file, a link), `write NAME`, or
   * `OP NAME`. Numbers are without their zeros.
   */
  readonly calls: string[];
  lock(options?: Partial<LockOptions>): Lock;
  /** Makes the next call that is described so wait. It has not been sent until it is let go. */
  hold(call: string | RegExp): Held;
  /** Has the next calls that are described so fail, without having been sent. */
  fail(call: string | RegExp, error: unknown, times?: number): void;
}

export interface Held {
  /** Settles once the call has arrived. */
  readonly arrived: Promise<Call>;
  /** Sends it. */
  go(): void;
  /** Sends it, but lets the caller see `error`. */
  goButFail(error: unknown): void;
  /** Does not send it. */
  fail(error: unknown): void;
}

type Send = () => Promise<unknown>;
type Decide = (send: Send) => Promise<unknown>;

/** The number that the ledgers of {@link Hosts.begun} begin above, so that the first token is 1001. */
export const ORIGIN = 1_000;

/** Several hosts on one store and one virtual time. */
export class Hosts {
  readonly time: VirtualClock = new VirtualClock();
  readonly store: ReturnType<typeof memoryStore> = memoryStore({ clock: this.time });
  /** The storage as it is, past everything that the hosts are told. */
  readonly truth: VFS = memoryVFS({ store: this.store });
  readonly #storage: MemoryVFSOptions;
  #hosts = 0;

  constructor(storage: MemoryVFSOptions = {}) {
    this.#storage = storage;
  }

  /** With a ledger of the lock `deploy` that has an origin and nothing else. */
  static async begun(storage: MemoryVFSOptions = {}): Promise<Hosts> {
    const hosts = new Hosts(storage);
    await hosts.begin();
    return hosts;
  }

  /** Makes a ledger anew, or for the first time. */
  async begin(origin: number = ORIGIN, id = 'deploy'): Promise<void> {
    await this.truth.mkdir(`/lockfile-${id}`, { recursive: true });
    await this.put(`${origin}.origin`, id);
  }

  /** Puts an entry into the ledger, as somebody else would. */
  async put(name: string, id = 'deploy', content = ''): Promise<void> {
    await this.truth.writeFile(this.at(name, id), content);
  }

  async remove(name: string, id = 'deploy'): Promise<void> {
    await this.truth.rm(this.at(name, id), { recursive: true });
  }

  async removeLedger(id = 'deploy'): Promise<void> {
    await this.truth.rm(`/lockfile-${id}`, { recursive: true });
  }

  /** The path of what is called `name` without zeros in front. */
  at(name: string, id = 'deploy'): string {
    const full = name.replace(/^\d+/, (digits) => digits.padStart(16, '0'));
    return `/lockfile-${id}/${full}`;
  }

  /** The names in the lock's directory, without zeros in front, in order. */
  async ledger(id = 'deploy'): Promise<string[]> {
    const entries = await this.truth.ls(`/lockfile-${id}`);
    return entries
      .map(({ name }) => name)
      .sort()
      .map(short);
  }

  host({ storage = this.#storage, callMs = 0, ...clockOptions }: HostOptions = {}): Host {
    const clock = this.time.actor(clockOptions);
    const random = randomFrom(++this.#hosts);
    const calls: string[] = [];
    const events: LockEvent[] = [];
    const gates: { call: string | RegExp; decide: (call: Call, send: Send) => Promise<unknown> }[] = [];
    const inner = memoryVFS({ store: this.store, watch: false, ...storage });
    const pass = async (): Promise<void> => {
      if (callMs > 0) await new Promise<void>((resolve) => clock.schedule(resolve, callMs / 2));
    };
    const vfs = intercept(inner, async (call, next) => {
      const described = describeCall(call);
      calls.push(described);
      const at = gates.findIndex((gate) =>
        typeof gate.call === 'string' ? gate.call === described : gate.call.test(described),
      );
      const send = async (): Promise<unknown> => {
        await pass();
        const result = await next(call);
        await pass();
        return result;
      };
      const [gate] = at < 0 ? [] : gates.splice(at, 1);
      return gate === undefined ? send() : gate.decide(call, send);
    });
    return {
      vfs,
      clock,
      calls,
      events,
      lock: (options = {}) =>
        new Lock(vfs, { id: 'deploy', clock, random, onEvent: (event) => events.push(event), ...options }),
      hold: (call) => {
        const gate = new Gate();
        gates.push({ call, decide: (held, send) => gate.pass(held, send) });
        return gate;
      },
      fail: (call, error, times = 1) => {
        for (let time = 0; time < times; time++) gates.push({ call, decide: () => Promise.reject(error) });
      },
    };
  }
}

/** What has crashed: its timers never run again. */
export function crash(host: Host): void {
  host.clock.suspend('process');
}

/** A name in a ledger without the zeros in front. */
export function short(name: string): string {
  return name.replace(/^0+(?=\d)/, '');
}

/** What a storage says that fails. */
export function failure(
  code: VFSErrorCode,
  init: Partial<ConstructorParameters<typeof VFSError>[0]> = {},
): VFSError {
  return new VFSError({ code, op: 'writeFile', path: '/', adapter: 'memory', ...init });
}

/** The types of what was told, in order. */
export function told(host: Host): string[] {
  return host.events.map(({ type }) => type);
}

function describeCall(call: Call): string {
  const path = call.op === 'link' ? call.to : call.path;
  const name = short(path.slice(path.lastIndexOf('/') + 1));
  if (call.op === 'ls') return 'ls';
  if (call.op === 'mkdir' || call.op === 'link') return `make ${name}`;
  if (call.op !== 'writeFile') return `${call.op} ${name}`;
  return call.options.exclusive === true ? `make ${name}` : `write ${name}`;
}

class Gate implements Held {
  readonly arrived: Promise<Call>;
  #arrive: (call: Call) => void = () => undefined;
  #open: (decide: Decide) => void = () => undefined;
  readonly #opened: Promise<Decide>;

  constructor() {
    this.arrived = new Promise((resolve) => (this.#arrive = resolve));
    this.#opened = new Promise((resolve) => (this.#open = resolve));
  }

  async pass(call: Call, send: Send): Promise<unknown> {
    this.#arrive(call);
    return (await this.#opened)(send);
  }

  go(): void {
    this.#open((send) => send());
  }

  goButFail(error: unknown): void {
    this.#open(async (send) => {
      await send();
      throw error;
    });
  }

  fail(error: unknown): void {
    this.#open(() => Promise.reject(error));
  }
}

/** The same numbers in every run, others for every seed. */
function randomFrom(seed: number): () => number {
  let state = seed * 1_234_567;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}
