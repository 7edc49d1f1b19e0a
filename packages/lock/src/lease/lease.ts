/// <reference lib="esnext.disposable" preserve="true" />
import { isVFSError } from '@holdfast/vfs';
import { LockLostError, LockOptionError, type LossReason } from '../errors/index.js';
import { lossIn, type Mode } from '../ledger/index.js';
import type { LockState } from '../lock-state.js';
import { parse, type Settings } from '../options.js';
import { detach } from '../time/index.js';
import { detachSchema, type DetachedLease, type DetachOptions } from './detached-lease.js';
import type { LiveClaim } from './live-claim.js';

/**
 * The right to do what the lock guards, for as long as it is {@link held}.
 *
 * It is kept alive in the background, without keeping the process alive. It ends by `release`, by `detach`, or by loss: then
 * {@link signal} aborts, with a {@link LockLostError} as its reason, before anyone else may take over.
 */
export class Lease {
  readonly id: string;
  /**
   * The fencing token: greater than that of every lease of this lock before. Send it along with what the lock guards,
   * and let the receiver refuse what is lower than the highest it has seen.
   *
   * Source: Kleppmann, "How to do distributed locking" (2016).
   */
  readonly token: number;
  readonly #state: LockState;
  readonly #settings: Settings;
  readonly #claim: LiveClaim;
  #attempts: number;
  #controller: AbortController | undefined;
  /** It is a shared one to its owner, but the storage has not said that it is one to others. */
  #halfShared = false;
  #ended: 'released' | 'detached' | undefined;
  #releasing: Promise<void> | undefined;

  /**
   * Leases come from `acquire`, `tryAcquire` and `attach` of `Lock`.
   *
   * @param attempts how often it was detached or attached before
   */
  constructor(state: LockState, settings: Settings, claim: LiveClaim, attempts = 0) {
    this.id = settings.id;
    this.token = claim.number;
    this.#state = state;
    this.#settings = settings;
    this.#claim = claim;
    claim.granted = true;
    this.#attempts = attempts;
    claim.whenLost((error) => {
      settings.emit({ type: 'lost', token: this.token, error });
      this.#controller?.abort(error);
    });
  }

  /**
   * Whether the lease may be relied on at this very moment. Asks the clocks, not the storage: it is right even if the
   * process or the machine has stood still since the last line of code.
   */
  get held(): boolean {
    return this.#ended === undefined && this.#claim.alive;
  }

  /** `shared`: others may hold a shared lease beside it. */
  get mode(): Mode {
    return this.#claim.mode;
  }

  /** How many permits of a semaphore it takes; `undefined` for a lease of anything else. */
  get permits(): number | undefined {
    return this.#state.ledger.ofSemaphore ? this.#claim.permits : undefined;
  }

  /** Aborts when the lease is lost, never by a release. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      const { loss } = this.#claim;
      if (loss !== undefined) this.#controller.abort(loss);
    }
    return this.#controller.signal;
  }

  /**
   * Asks the storage whether the lease still stands. Rejects with `LockLostError` if not, or after a release; with a
   * `VFSError` if the storage cannot tell.
   */
  async verify(): Promise<void> {
    this.#assertHeld();
    const look = await this.#state.ledger.look();
    const loss = lossIn(look, this.#claim);
    if (loss !== undefined) this.#claim.onLoss(loss);
    this.#assertHeld();
  }

  /**
   * Gives the lock back: others can have it at once. May be called at any time and more than once; on a lost lease it
   * changes nothing of others. Rejects with a `VFSError` if the storage did not take it; then the lock goes stale by
   * itself.
   */
  release(): Promise<void> {
    this.#releasing ??= this.#release();
    return this.#releasing;
  }

  /** `release`, for `await using`. A failure is told to `onEvent` only: the work itself was done. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.release();
    } catch (error) {
      this.#settings.emit({ type: 'storage-error', during: 'give-up', error });
    }
  }

  /**
   * Makes an exclusive lease a shared one, without anybody in between: those who wait for a shared lease, and are next, have
   * it too. What was read or written under it so far stays guarded. There is no way back but a new `acquire`.
   *
   * @throws `LockLostError` if it is not held; `LockOptionError` if it is one of a semaphore, which knows no modes; or a
   * `VFSError` if the storage did not take it: then it may be seen as
   * either, and another call goes on with it
   */
  async downgrade(): Promise<void> {
    this.#assertHeld();
    if (this.permits !== undefined) throw new LockOptionError('a lease of a semaphore cannot be shared');
    if (this.#claim.mode === 'shared' && !this.#halfShared) return;
    this.#halfShared = true;
    // From the moment that it is sent, others may hold as well.
    this.#claim.mode = 'shared';
    try {
      await this.#state.ledger.markShared(this.token);
    } catch (error) {
      if (isVFSError(error, 'ENOENT')) this.#claim.onLoss('removed', error);
      this.#assertHeld();
      throw error;
    }
    this.#halfShared = false;
    this.#state.wake();
    this.#assertHeld();
  }

  /**
   * Stops the heartbeat, and leaves the lock to whoever attaches to the handle: another process, a later step of a job.
   * From the call on this lease is not held any more. If nobody attaches within `ttlMs`, others take the lock over.
   *
   * @returns plain data; see `Lock.attach`
   * @throws `LockLostError` if the lease was lost before the storage had answered, or a `VFSError`: then the lock is given
   * back behind the call
   */
  async detach(options: DetachOptions): Promise<DetachedLease> {
    const { ttlMs } = parse(detachSchema, options);
    this.#assertHeld();
    const attempt = ++this.#attempts;
    const { staleAfterMs } = this.#settings;
    const { origin, mode } = this.#claim;
    this.#end('detached');
    await this.#claim.idle();
    try {
      await this.#state.ledger.markDetached(this.token, attempt, ttlMs);
      // Who would pass it could have seen it as stale before this was listed.
      if (this.#claim.remainingMs <= 0) throw this.#lost('expired');
    } catch (error) {
      detach(this.#claim.free());
      throw error;
    }
    // Who waits in this process relies on being told, and from now on the claim may be over by itself.
    this.#state.wake();
    // What was passed on the way to it is to be marked as over all the same. Nobody waits for that.
    void this.#claim.cleanedUp();
    const { permits } = this;
    const handle = { id: this.id, token: this.token, mode, attempt, staleAfterMs, origin };
    return permits === undefined ? handle : { ...handle, permits };
  }

  async #release(): Promise<void> {
    // What was handed out is somebody else's.
    if (this.#ended === 'detached') return;
    if (this.#claim.alive) this.#end('released');
    try {
      await this.#claim.free();
    } catch (error) {
      if (this.#ended === 'released') throw error;
      this.#settings.emit({ type: 'storage-error', during: 'give-up', error });
    }
    if (this.#ended === 'released') this.#noteReleased();
    const cleanedUp = this.#claim.cleanedUp();
    if (cleanedUp !== undefined) await cleanedUp;
    if (this.#ended === 'released') this.#settings.emit({ type: 'released', token: this.token });
  }

  #noteReleased(): void {
    this.#state.noteReleased(this.#claim, this.#settings.clock.monotonic());
  }

  #end(how: 'released' | 'detached'): void {
    this.#ended = how;
    this.#claim.end();
  }

  #assertHeld(): void {
    if (this.held) return;
    throw this.#claim.loss ?? this.#lost(this.#ended ?? 'expired');
  }

  #lost(reason: LossReason): LockLostError {
    return new LockLostError(this.id, this.token, reason);
  }
}
