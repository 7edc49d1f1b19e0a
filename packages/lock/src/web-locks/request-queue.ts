import type { Clock, VFS } from '@holdfast/vfs';
import type { Mode } from '../ledger/index.js';

/** What became of a request so far. */
export type RequestState = 'undecided' | 'pending' | 'held' | 'over';

/** Counts requests and grants of this process, so that they can be put in order. */
let count = 0;

/** One request of this process, from the call of `request` until its promise has settled. */
export class LockRequest {
  readonly name: string;
  readonly mode: Mode;
  readonly clientId: string;
  /** Its place among all requests of this process, whatever they ask for. */
  readonly askedAs: number = ++count;
  /** Its place among all grants; 0 before it is granted. */
  grantedAs = 0;
  /** Settles once it is known whether it is granted at once, has to wait, or is over. Never rejects. */
  readonly decided: Promise<void>;
  /** Settles once it is granted or over. Never rejects. */
  readonly settled: Promise<void>;
  #state: RequestState = 'undecided';
  #decide: () => void = () => undefined;
  #settle: () => void = () => undefined;

  constructor(name: string, mode: Mode, clientId: string) {
    this.name = name;
    this.mode = mode;
    this.clientId = clientId;
    this.decided = new Promise((resolve) => (this.#decide = resolve));
    this.settled = new Promise((resolve) => (this.#settle = resolve));
  }

  get state(): RequestState {
    return this.#state;
  }

  become(state: Exclude<RequestState, 'undecided'>): void {
    if (this.#state === 'over' || (this.#state === 'held' && state === 'pending')) return;
    this.#state = state;
    if (state === 'held') this.grantedAs = ++count;
    this.#decide();
    if (state !== 'pending') this.#settle();
  }
}

/** The requests of this process for one name, in the order of the calls. */
export class RequestQueue {
  readonly requests: Set<LockRequest> = new Set();
  #lastDecided: Promise<unknown> = Promise.resolve();

  /** @returns what settles once all requests before it are decided */
  add(request: LockRequest): Promise<unknown> {
    const before = this.#lastDecided;
    this.requests.add(request);
    this.#lastDecided = Promise.all([before, request.decided]);
    return before;
  }
}

/** Whether `others`, what this process holds and asked for before `request`, let that be granted at once. */
export function isGrantable({ mode }: LockRequest, others: readonly LockRequest[]): boolean {
  return others.every((other) => other.state === 'over' || (mode === 'shared' && other.mode === 'shared'));
}

/** All requests of this process on one directory. */
export class Requests {
  readonly queues: Map<string, RequestQueue> = new Map();
  /** The clients of this process. */
  readonly clients: Set<string> = new Set();
  #lastDecided: Promise<unknown> = Promise.resolve();

  /**
   * The standard has one queue for all names. So that storages with slow calls are not asked for one name after the other, requests of
   * different names are made side by side here, and their callbacks alone are called in the order of the requests.
   *
   * @returns what settles once all requests before it are decided, whatever their names
   */
  inTurn(request: LockRequest): Promise<unknown> {
    const before = this.#lastDecided;
    this.#lastDecided = Promise.all([before, request.decided]);
    return before;
  }

  queue(name: string): RequestQueue {
    let queue = this.queues.get(name);
    if (queue === undefined) this.queues.set(name, (queue = new RequestQueue()));
    return queue;
  }

  remove(request: LockRequest): void {
    const queue = this.queues.get(request.name);
    queue?.requests.delete(request);
    if (queue?.requests.size === 0) this.queues.delete(request.name);
  }
}

const known = new WeakMap<VFS, WeakMap<Clock, Map<string, Requests>>>();

/** Those of `dir`: one for all lock managers on the same VFS and clock. */
export function requestsIn(vfs: VFS, clock: Clock, dir: string): Requests {
  const clocks = known.get(vfs) ?? new WeakMap<Clock, Map<string, Requests>>();
  known.set(vfs, clocks);
  const dirs = clocks.get(clock) ?? new Map<string, Requests>();
  clocks.set(clock, dirs);
  const requests = dirs.get(dir) ?? new Requests();
  dirs.set(dir, requests);
  return requests;
}
