/// <reference lib="esnext.disposable" preserve="true" />
import { isVFSError, type CallOptions } from '@holdfast/vfs';
import { LockLostError } from '../errors/index.js';
import type { Lease } from '../lease/index.js';
import type { LockState } from '../lock-state.js';
import { parse, parseCall, valueSchema, type Settings } from '../options.js';
import { cancellation, detach, retryUntil } from '../time/index.js';
import { encodePublished } from './published.js';

/** The lead in an election, for as long as it is {@link held}. Comes from `Election.campaign`. */
export class Leadership {
  readonly #state: LockState;
  readonly #settings: Settings;
  readonly #lease: Lease;
  /** Values are published one after the other, so that a later one has a higher number. */
  #last: Promise<void> = Promise.resolve();
  #sequence = 0;
  #value = '';

  constructor(state: LockState, settings: Settings, lease: Lease) {
    this.#state = state;
    this.#settings = settings;
    this.#lease = lease;
  }

  get id(): string {
    return this.#lease.id;
  }

  /** The fencing token: greater than that of every leadership before. */
  get token(): number {
    return this.#lease.token;
  }

  /** Aborts when the lead is lost, with a `LockLostError` as its reason, before anyone else can have it. */
  get signal(): AbortSignal {
    return this.#lease.signal;
  }

  /** Whether it may be relied on at this very moment. Asks the clocks, not the storage. */
  get held(): boolean {
    return this.#lease.held;
  }

  /** What was proclaimed last. */
  get value(): string {
    return this.#value;
  }

  /**
   * Changes what others read.
   *
   * @throws `LockLostError` if the lead is lost, `LockOptionError`, or a `VFSError`: if its outcome is unknown, the value may be
   * read by others yet, until another one is proclaimed
   */
  async proclaim(value: string, options?: CallOptions): Promise<void> {
    const checked = parse(valueSchema, value);
    const { signal } = parseCall(options);
    signal?.throwIfAborted();
    const turn = this.#last.then(() => this.#publish(checked, signal));
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  /** Asks the storage whether it still leads. Rejects with `LockLostError` if not. */
  verify(): Promise<void> {
    return this.#lease.verify();
  }

  /** Gives the lead up: others can have it at once. May be called at any time and more than once. */
  resign(): Promise<void> {
    return this.#lease.release();
  }

  /** `resign`, for `await using`. A failure is told to `onEvent` only. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#lease[Symbol.asyncDispose]();
  }

  async #publish(value: string, signal: AbortSignal | undefined): Promise<void> {
    this.#assertHeld();
    const { ledger } = this.#state;
    const { clock, staleAfterMs } = this.#settings;
    // Never a number twice, whatever became of it: what is late must not be taken for what came after it.
    const sequence = this.#sequence++;
    const { token } = this;
    const content = encodePublished({ token, sequence, value });
    const write = (): Promise<void> => {
      signal?.throwIfAborted();
      this.#assertHeld();
      return ledger.writeValue(token, sequence, content, signal);
    };
    // A call that is not answered must not keep anybody who has lost the lead.
    const lead = cancellation(clock, undefined, this.signal);
    try {
      await lead.race(retryUntil(write, { clock, forMs: staleAfterMs }));
    } catch (error) {
      // The directory is gone, which the lease will find out.
      if (isVFSError(error, 'ENOENT')) await this.#lease.verify();
      throw error;
    } finally {
      lead.dispose();
    }
    this.#assertHeld();
    this.#value = value;
    this.#state.wake();
    if (sequence > 0) detach(this.#removeBefore(sequence));
  }

  async #removeBefore(sequence: number): Promise<void> {
    const { ledger } = this.#state;
    const { emit } = this.#settings;
    try {
      // Those whose outcome was unknown may be there too.
      const values = (await ledger.look()).numbers.get(this.token)?.values ?? [];
      for (const each of values) if (each < sequence) await ledger.removeValue(this.token, each);
    } catch (error) {
      emit({ type: 'storage-error', during: 'cleanup', error });
    }
  }

  #assertHeld(): void {
    if (this.#lease.held) return;
    const reason: unknown = this.signal.reason;
    throw reason instanceof LockLostError ? reason : new LockLostError(this.id, this.token, 'released');
  }
}
