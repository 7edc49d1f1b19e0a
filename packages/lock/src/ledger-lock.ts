import type { CallOptions } from '@holdfast/vfs';
import { attachLease } from './attach.js';
import { LockLostError } from './errors/index.js';
import { assertNotHeldHere, runHolding } from './held-here.js';
import { inspectState, type LockInfo } from './inspect.js';
import type { DetachedLease, Lease } from './lease/index.js';
import { holdersAndWaiters, turnIn, type Look, type Wish } from './ledger/index.js';
import type { LockState } from './lock-state.js';
import { parseBreak, parseCall, type BreakOptions, type Settings } from './options.js';
import { cancellation, retryUntil } from './time/index.js';
import { Acquisition, attachToPass, observe } from './wait/index.js';

/** What a call asks for, once its options are checked. */
export interface Call {
  readonly wish: Wish;
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** How the options of calls are checked. Each throws a `LockOptionError`. */
export interface CallParsers<Try, Wait> {
  parseTry(options: Try | undefined): Call;
  parseWait(options: Wait | undefined): Call;
}

/** What the rest of this package may know of a lock. */
export let insideOf: <Try, Wait>(
  lock: LedgerLock<Try, Wait>,
) => {
  readonly state: LockState;
  readonly settings: Settings;
};

/** What `Lock` and `Semaphore` have in common: a place in a ledger, and a lease when it is its turn. */
export abstract class LedgerLock<Try, Wait> {
  readonly id: string;
  readonly #state: LockState;
  readonly #settings: Settings;
  readonly #parsers: CallParsers<Try, Wait>;

  /** Of use to this package alone. */
  protected constructor(state: LockState, settings: Settings, parsers: CallParsers<Try, Wait>) {
    this.id = settings.id;
    this.#state = state;
    this.#settings = settings;
    this.#parsers = parsers;
  }

  static {
    insideOf = (lock) => ({ state: lock.#state, settings: lock.#settings });
  }

  /**
   * Waits for its turn. Contenders are served in the order in which their claims reached the storage; those of one
   * process in the order of their calls.
   *
   * A claim that shows no life is passed, unless `onStale` is `'fail'`. Giving up leaves nothing behind.
   *
   * Within the work of a `with` of the same lock it rejects at once where it would wait for itself (on Node, Deno and Bun).
   *
   * @throws `LockTimeoutError`, `WouldDeadlockError`, `StaleLockError`, `UnsafeStorageError`, `LedgerError`, `LockOptionError`, the reason of
   * `signal`, or a `VFSError` if the storage cannot be reached at all, or not for a whole `staleAfterMs`
   */
  acquire(options?: Wait): Promise<Lease> {
    try {
      const call = this.#parsers.parseWait(options);
      const within =
        call.timeoutMs === 0 ? undefined : assertNotHeldHere(this.#state, this.#settings, call.wish);
      return this.#acquisition({ ...call, within }).acquire();
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Obtains the lock now, or rejects. Answers at once, with one exception: a lock that looks dead by its age is
   * observed for up to its window, so that a contender that tries but once can take over a dead lock too.
   *
   * @throws `LockedError`, `StaleLockError`, `UnsafeStorageError`, `LedgerError`, the reason of `signal`, or a `VFSError`
   */
  tryAcquire(options?: Try): Promise<Lease> {
    try {
      return this.#acquisition(this.#parsers.parseTry(options)).tryAcquire();
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Runs `work` under the lock, and releases it afterwards, whatever came of it.
   *
   * If the lease is lost meanwhile, `lease.signal` aborts; the result is a `LockLostError` even if `work` succeeded,
   * and comes once `work` has ended.
   */
  async with<T>(work: (lease: Lease) => Promise<T> | T, options?: Wait): Promise<T> {
    const lease = await this.acquire(options);
    try {
      const result = await runHolding(this.#state, lease, () => work(lease));
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

  /**
   * Takes up a lease that was detached, here or in another process: of all who attach to one handle, one gets it.
   *
   * @param handle as `Lease.detach` gave it, read from JSON if need be
   * @throws `LockLostError` if somebody else has it, or the lock was passed on; `LockOptionError` if it is no handle of this
   * lock; or a `VFSError`: if its outcome is unknown, the lock goes stale by itself
   */
  async attach(handle: DetachedLease, options?: CallOptions): Promise<Lease> {
    const { signal } = parseCall(options);
    return attachLease(this.#state, this.#settings, handle, signal);
  }

  /** What the storage shows of the lock at this moment. A glance, not a verdict; changes nothing. */
  async inspect(options?: CallOptions): Promise<LockInfo> {
    const { signal } = parseCall(options);
    const { kind, clock, turn } = this.#settings;
    return inspectState(this.#state, { id: this.id, kind, clock, turn, signal });
  }

  /** Whether the lock is held by someone who shows no life. A verdict: may take up to a window. */
  async isStale(options?: CallOptions): Promise<boolean> {
    const { signal } = parseCall(options);
    return (await this.#staleHolders(signal)).numbers.length > 0;
  }

  /** Frees the lock if `isStale`. Resolves to whether it did. */
  async releaseIfStale(options?: CallOptions): Promise<boolean> {
    const { signal } = parseCall(options);
    const { numbers, look } = await this.#staleHolders(signal);
    let released = false;
    for (const number of numbers) {
      const attempt = look.numbers.get(number)?.detached?.attempt;
      if (attempt !== undefined && !(await attachToPass(this.#state, number, attempt))) continue;
      await this.#markFree(number);
      released = true;
    }
    return released;
  }

  /**
   * Breaks a claim although its owner may live: a person's decision, never a program's. A holder learns of it at its next
   * heartbeat, until when both it and the next holder may believe they hold the lock.
   *
   * @param options `token` names the claim that is to be broken, so that nothing newer is
   * @returns whether that claim stood, and was not over already
   */
  async breakLock(options: BreakOptions): Promise<boolean> {
    const { token, signal } = parseBreak(options);
    const numbered = (await this.#state.ledger.look(signal)).numbers.get(token);
    if (numbered?.claim === undefined || numbered.free) return false;
    await this.#markFree(token);
    return true;
  }

  /** What calls it is no async function: each one costs promises, on the way that most calls go. */
  #acquisition({ wish, timeoutMs, signal, within }: Call & { within?: Lease | undefined }): Acquisition {
    return new Acquisition(this.#state, this.#settings, { wish, timeoutMs, signal, within });
  }

  /** The holders, if all of them are stale; observed for up to their windows. */
  async #staleHolders(signal: AbortSignal | undefined): Promise<{ numbers: number[]; look: Look }> {
    const look = await this.#state.ledger.look(signal);
    const numbers = holdersAndWaiters(look, turnIn(look, this.#settings.turn)).holders.map(
      ({ number }) => number,
    );
    if (numbers.length === 0) return { numbers, look };
    const caller = cancellation(this.#settings.clock, undefined, signal);
    try {
      caller.throwIfCancelled();
      const { verdict, look: last } = await observe(this.#state, this.#settings, {
        numbers,
        look,
        cancellation: caller,
        onlyIfOld: false,
      });
      return { numbers: verdict === 'stale' ? numbers : [], look: last };
    } finally {
      caller.dispose();
    }
  }

  async #markFree(token: number): Promise<void> {
    const { clock, staleAfterMs } = this.#settings;
    await retryUntil(() => this.#state.ledger.markFree(token), { clock, forMs: staleAfterMs });
    this.#state.wake();
  }
}
