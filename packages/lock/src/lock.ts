import type { CallOptions, VFS } from '@holdfast/vfs';
import { Acquisition } from './acquire.js';
import { ourClaim } from './assessment.js';
import { attemptWithin } from './attempt-within.js';
import { Contender, type Grant } from './contender.js';
import { LockLostError, LockedError, LockOptionError, StaleLockError } from './errors/index.js';
import { inspectPlace, type LockInfo } from './info.js';
import { Lease } from './lease.js';
import {
  parseCall,
  parseOptions,
  parseWait,
  type LockOptions,
  type Settings,
  type WaitOptions,
} from './options.js';
import { Patience } from './patience.js';
import { untilDone } from './persistence.js';
import { placeOf, type Place } from './place.js';
import { looksDead, observe } from './verdict.js';

/** How often a lost race is run again before the winner's claim is reported. */
const RACES = 8;

/**
 * A mutual-exclusion lock with fencing tokens, over any VFS.
 *
 * `Lock` objects are cheap, hold nothing open, and share what they know with others of the same VFS, directory and id.
 *
 * @example
 * const lock = new Lock(vfs, { id: 'deploy', dir: '/locks' });
 * await lock.with(async (lease) => deploy({ fence: lease.token, signal: lease.signal }));
 */
export class Lock {
  readonly id: string;
  readonly #place: Place;
  readonly #settings: Settings;
  readonly #contender: Contender;

  /** @throws `LockOptionError` */
  constructor(vfs: VFS, options: LockOptions) {
    this.#settings = parseOptions(options, vfs);
    this.id = this.#settings.id;
    const { clock, dir, directory } = this.#settings;
    this.#place = placeOf(vfs, clock, dir, directory);
    this.#contender = new Contender(this.#place, this.#settings);
  }

  /**
   * Waits for the lock. Contenders of one process are served in the order of their calls.
   *
   * A stale lock is taken over, unless `onStale` is `'fail'`. Giving up leaves nothing behind.
   *
   * @throws `LockTimeoutError`, `StaleLockError`, `UnsafeStorageError`, `LockOptionError`, the reason of `signal`, or a
   * `VFSError` if the storage cannot be reached at all, or not for a whole `staleAfterMs`
   */
  async acquire(options: WaitOptions = {}): Promise<Lease> {
    return new Acquisition(this.#place, this.#settings, this.#contender, parseWait(options)).run();
  }

  /**
   * Obtains the lock now, or rejects. Answers at once, with one exception: a lock that looks dead by its age is
   * observed for up to one window, so that a contender that tries but once can take over a dead lock too.
   *
   * @throws `LockedError`, `StaleLockError`, `UnsafeStorageError`, the reason of `signal`, or a `VFSError`
   */
  async tryAcquire(options: CallOptions = {}): Promise<Lease> {
    const { signal } = parseCall(options);
    const { clock, emit } = this.#settings;
    const patience = new Patience(clock, undefined, signal);
    try {
      patience.signal.throwIfAborted();
      const ours = ourClaim(this.#place);
      if (ours !== undefined) throw new LockedError(this.id, ours);
      const grant = await this.#obtainNow(patience);
      emit({ type: 'acquired', token: grant.token, waitedMs: 0 });
      return new Lease(this.#place, this.#settings, grant);
    } finally {
      patience.dispose();
    }
  }

  /**
   * Runs `work` under the lock, and releases it afterwards, whatever came of it.
   *
   * If the lease is lost meanwhile, `lease.signal` aborts; the result is a `LockLostError` even if `work` succeeded,
   * and comes once `work` has ended.
   */
  async with<T>(work: (lease: Lease) => Promise<T> | T, options: WaitOptions = {}): Promise<T> {
    const lease = await this.acquire(options);
    try {
      const result = await work(lease);
      // Asking whether it is held is what finds out that it ran out.
      if (!lease.held && lease.signal.aborted) throw lease.signal.reason;
      return result;
    } catch (error) {
      const loss: unknown = lease.signal.reason;
      if (!(loss instanceof LockLostError) || error === loss) throw error;
      throw new LockLostError(loss.id, loss.token, loss.reason, error);
    } finally {
      await lease[Symbol.asyncDispose]();
    }
  }

  /** What the storage shows of the lock at this moment. A glance, not a verdict; changes nothing. */
  async inspect(options: CallOptions = {}): Promise<LockInfo> {
    const { signal } = parseCall(options);
    return inspectPlace(this.#place, this.id, this.#settings.clock, signal);
  }

  /** Whether the lock is held by someone who shows no life. A verdict: may take up to a window. */
  async isStale(options: CallOptions = {}): Promise<boolean> {
    const { signal } = parseCall(options);
    return (await observe(this.#place, this.#settings, signal)).state === 'stale';
  }

  /** Frees the lock if `isStale`. Resolves to whether it did. */
  async releaseIfStale(options: CallOptions = {}): Promise<boolean> {
    const { signal } = parseCall(options);
    const { state, token } = await observe(this.#place, this.#settings, signal);
    if (state !== 'stale') return false;
    await this.#markFree(token);
    return true;
  }

  /**
   * Frees the lock although its holder may live: a person's decision, never a program's. The holder learns of it at
   * its next heartbeat, until when both it and the next holder may believe they hold the lock.
   *
   * @param token the claim that is to be broken, so that nothing newer is
   * @returns whether that claim was the current one, and was not free already
   */
  async breakLock({ token, signal }: { readonly token: number } & CallOptions): Promise<boolean> {
    if (!Number.isSafeInteger(token) || token < 1)
      throw new LockOptionError('token: must be a whole number above 0');
    const { highest } = await this.#place.ledger.look(signal);
    if (highest === undefined || highest.token !== token || highest.freed) return false;
    await this.#markFree(token);
    return true;
  }

  async #obtainNow(patience: Patience): Promise<Grant> {
    let observed = false;
    for (let races = 0; ;) {
      const attempt = await attemptWithin(patience, this.#contender);
      switch (attempt.kind) {
        case 'granted':
          return attempt.grant;
        case 'stale':
          throw new StaleLockError(this.id, attempt.claim);
        case 'held':
          if (observed || !(await this.#provesDead(patience))) throw new LockedError(this.id, attempt.claim);
          observed = true;
          break;
        case 'outrun':
          if (++races > RACES) {
            // Each time somebody was faster, and is done again: the last of them is named.
            const { token, holder, since } = await this.inspect({ signal: patience.signal });
            throw new LockedError(this.id, { token: token ?? 0, holder, since });
          }
          break;
      }
    }
  }

  /** Looks longer, if a glance makes it worth while. */
  async #provesDead({ signal }: Patience): Promise<boolean> {
    if (!(await looksDead(this.#place, this.#settings, signal))) return false;
    return (await observe(this.#place, this.#settings, signal)).state !== 'alive';
  }

  async #markFree(token: number): Promise<void> {
    const { clock, staleAfterMs } = this.#settings;
    await untilDone(() => this.#place.ledger.free(token), { clock, patienceMs: staleAfterMs });
    this.#place.queue.wake();
  }
}
