import type { VFS } from '@holdfast/vfs';
import { nonce } from '../claim/index.js';
import { isLockError, LockOptionError } from '../errors/index.js';
import { directoryName } from '../id.js';
import type { Lease } from '../lease/index.js';
import { lockStateOf } from '../lock-state.js';
import { parseOptions, type LockOptions, type Settings } from '../options.js';
import { detach } from '../time/index.js';
import { Acquisition, steal } from '../wait/index.js';
import { parseArguments, type RequestArguments } from './arguments.js';
import { asStandard, domException } from './dom-exception.js';
import { isGrantable, LockRequest, requestsIn, type Requests } from './request-queue.js';
import { snapshot } from './snapshot.js';
import type { StorageLock, StorageLockManager, WebLockManagerSnapshot } from './types.js';

/** As those of `Lock`, for all locks of the manager. `dir` is what an origin is in a browser. */
export type LockManagerOptions = Omit<LockOptions, 'id'>;

/**
 * The Web Locks API of the W3C over a storage: what `navigator.locks` is to the pages of one origin, this is to all processes
 * and hosts that reach `dir`. The lock called `x` is the one of `new Lock(vfs, { id: 'x', dir })`.
 *
 * @example
 * const locks = lockManager(vfs, { dir: '/locks' });
 * await locks.request('report', { ifAvailable: true }, async (lock) => {
 *   if (lock !== null) await write({ fence: lock.token, signal: lock.signal });
 * });
 *
 * @throws `LockOptionError`
 */
export function lockManager(vfs: VFS, options: LockManagerOptions = {}): StorageLockManager {
  const given: object = typeof options === 'object' && options !== null ? options : { options };
  if ('id' in given) throw new LockOptionError('id: the names of locks are given to request');
  const settings = parseOptions({ ...given, id: ANY }, vfs);
  return new Manager(vfs, { ...settings, client: nonce(settings.random) + nonce(settings.random) });
}

/** Stands for the names of locks until they are known. */
const ANY = 'any';

class Manager implements StorageLockManager {
  readonly #vfs: VFS;
  readonly #settings: Settings;
  readonly #client: string;
  readonly #requests: Requests;

  constructor(vfs: VFS, settings: Settings) {
    this.#vfs = vfs;
    this.#settings = settings;
    this.#client = settings.client ?? '';
    this.#requests = requestsIn(vfs, settings.clock, settings.dir);
    this.#requests.clients.add(this.#client);
  }

  get [Symbol.toStringTag](): string {
    return 'LockManager';
  }

  /** Runs without a pause up to where the request has its place. */
  async request<T>(...given: readonly unknown[]): Promise<Awaited<T>> {
    const request = parseArguments(given);
    const { name, mode, signal } = request;
    const entry = new LockRequest(name, mode, this.#client);
    const queue = this.#requests.queue(name);
    const earlier = [...queue.requests];
    const [before, turn] = [queue.add(entry), this.#requests.inTurn(entry)];
    try {
      await (signal === undefined ? before : orAborted(before, signal));
      const isRefused = request.ifAvailable && !isGrantable(entry, earlier);
      for (;;) {
        const lease = isRefused ? undefined : await this.#obtain(request, entry);
        await (signal === undefined ? turn : orAborted(turn, signal).catch(() => undefined));
        if (signal?.aborted === true) {
          if (lease !== undefined) detach(lease.release());
          throw signal.reason;
        }
        if (lease === undefined) return await this.#refuse(entry, request);
        if (lease.held) return await this.#hold(lease, entry, request);
        // Lost before its callback was called: it has lost its place, and queues again.
        await lease[Symbol.asyncDispose]();
      }
    } finally {
      entry.become('over');
      this.#requests.remove(entry);
    }
  }

  async query(): Promise<WebLockManagerSnapshot> {
    return snapshot(this.#vfs, this.#settings, this.#requests).catch((error: unknown) => {
      throw asStandard(error);
    });
  }

  /** @returns `undefined` if it is not available */
  async #obtain(request: RequestArguments, entry: LockRequest): Promise<Lease | undefined> {
    const { id, mode, signal } = request;
    const settings = { ...this.#settings, id, directory: directoryName(id) ?? '' };
    const state = lockStateOf(this.#vfs, settings.clock, settings);
    const wish = { mode, permits: 1 };
    const onQueued = (): void => entry.become('pending');
    try {
      if (request.steal) return await steal(state, settings);
      const acquisition = new Acquisition(state, settings, { wish, timeoutMs: undefined, signal, onQueued });
      return await (request.ifAvailable ? acquisition.tryAcquire() : acquisition.acquire());
    } catch (error) {
      if (request.ifAvailable && isLockError(error, 'ELOCKED')) return undefined;
      throw error === signal?.reason ? error : asStandard(error);
    }
  }

  async #refuse<T>(entry: LockRequest, { callback }: RequestArguments): Promise<Awaited<T>> {
    entry.become('over');
    return (await callback(null)) as Awaited<T>;
  }

  /** Holds the lock until what the callback returned has settled, or it is lost: then the callback is not waited for. */
  async #hold<T>(
    lease: Lease,
    entry: LockRequest,
    { name, mode, callback }: RequestArguments,
  ): Promise<Awaited<T>> {
    entry.become('held');
    const { signal } = lease;
    let forget = (): void => undefined;
    const lost = new Promise<never>((_, reject) => {
      const onLoss = (): void => {
        entry.become('over');
        const error: unknown = signal.reason;
        const why = error instanceof Error ? error.message : 'it was lost';
        reject(domException('AbortError', `The lock was stolen or lost. ${why}`, error));
      };
      if (signal.aborted) onLoss();
      signal.addEventListener('abort', onLoss);
      forget = () => signal.removeEventListener('abort', onLoss);
    });
    try {
      const run = async (): Promise<unknown> => callback(grantedLock(name, mode, lease));
      return (await Promise.race([run(), lost])) as Awaited<T>;
    } finally {
      forget();
      await lease[Symbol.asyncDispose]();
    }
  }
}

function grantedLock(name: string, mode: StorageLock['mode'], { token, signal }: Lease): StorageLock {
  return Object.freeze({ name, mode, token, signal, [Symbol.toStringTag]: 'Lock' });
}

/** `work`, or the reason of `signal` if that aborts first. */
function orAborted(work: Promise<unknown>, signal: AbortSignal): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const leave = (): void => reject(signal.reason);
    if (signal.aborted) leave();
    signal.addEventListener('abort', leave, { once: true });
    void work.then((result) => {
      signal.removeEventListener('abort', leave);
      resolve(result);
    });
  });
}
