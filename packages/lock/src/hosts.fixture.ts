import { memoryStore, memoryVFS, type MemoryVFSOptions } from '@holdfast/memory';
import { VirtualClock, type ActorClock, type ActorClockOptions } from '@holdfast/testkit';
import { intercept, type Call, type VFS } from '@holdfast/vfs';
import type { LockEvent } from './events.js';
import { Lock } from './lock.js';
import type { LockOptions } from './options.js';

export interface Host {
  readonly vfs: VFS;
  readonly clock: ActorClock;
  readonly events: LockEvent[];
  /** Every call to the storage, as `op name`. */
  readonly calls: string[];
  lock(options?: Partial<LockOptions>): Lock;
  /** Makes the next call for which `matches` holds wait; it has not been sent until `go` or `fail`. */
  hold(matches: (call: Call) => boolean): Held;
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

/** Several hosts on one store and one virtual time. */
export class Hosts {
  readonly time = new VirtualClock();
  #hosts = 0;
  readonly store = memoryStore({ clock: this.time });
  /** The storage as it is, past everything that the hosts are told. */
  readonly truth: VFS = memoryVFS({ store: this.store });

  host(clockOptions: ActorClockOptions = {}, vfsOptions: MemoryVFSOptions = {}): Host {
    const clock = this.time.actor(clockOptions);
    const random = randomFrom(++this.#hosts);
    const calls: string[] = [];
    const events: LockEvent[] = [];
    const gates: { matches: (call: Call) => boolean; pass: (call: Call, send: Send) => Promise<unknown> }[] =
      [];
    const inner = memoryVFS({ store: this.store, watch: false, ...vfsOptions });
    const vfs = intercept(inner, async (call, next) => {
      calls.push(`${call.op} ${call.path.slice(call.path.lastIndexOf('/') + 1)}`);
      const at = gates.findIndex(({ matches }) => matches(call));
      if (at < 0) return next(call);
      const [gate] = gates.splice(at, 1);
      return gate?.pass(call, () => next(call));
    });
    return {
      vfs,
      clock,
      calls,
      events,
      lock: (options = {}) =>
        new Lock(vfs, {
          id: 'deploy',
          clock,
          random,
          onEvent: (event) => events.push(event),
          ...options,
        }),
      hold: (matches) => {
        const gate = new Gate();
        gates.push({ matches, pass: (call, send) => gate.pass(call, send) });
        return gate;
      },
    };
  }

  /** The names in the lock's directory. */
  async ledger(id = 'deploy'): Promise<string[]> {
    return (await this.truth.ls(`/lockfile-${id}`)).map(({ name }) => name).sort();
  }
}

type Send = () => Promise<unknown>;

class Gate implements Held {
  readonly arrived: Promise<Call>;
  #arrive: (call: Call) => void = () => undefined;
  #open: (decide: (send: Send) => Promise<unknown>) => void = () => undefined;
  readonly #opened: Promise<(send: Send) => Promise<unknown>>;

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

/** Whether a call is `op` on an entry whose name ends with `name`. */
export function on(op: Call['op'], name: string): (call: Call) => boolean {
  return (call) => call.op === op && call.path.endsWith(name);
}

/** The same numbers in every run, others for every seed. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}
