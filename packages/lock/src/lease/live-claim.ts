import type { ConfirmedClaim } from '../claim/index.js';
import { LockLostError, type LossReason } from '../errors/index.js';
import type { Claim, Look, Mode, Wish } from '../ledger/index.js';
import type { LockState } from '../lock-state.js';
import { firstTrustMs, type Settings } from '../options.js';
import { detach, retryUntil, stopwatchOf, waitAtMost } from '../time/index.js';
import { checkClocks } from './clock-check.js';
import { Cleanup } from './cleanup.js';
import { Heartbeat } from './heartbeat.js';

type State =
  | { readonly kind: 'alive' }
  /** Its owner wants it no more. */
  | { readonly kind: 'ended' }
  | { readonly kind: 'lost'; readonly error: LockLostError };

/** For how many milliseconds it is tried to mark a claim as over while the storage fails. */
const LONGEST_RELEASE_MS = 10_000;

/** How long the end of a claim waits for the clean-up that it has begun, in milliseconds. */
const CLEANUP_MS = 250;

/**
 * A claim of this process that is kept alive: a place in the queue, and in the end the lock itself. Waiting and holding are
 * one thing; what it means to be granted is for its owner to know. Rules 4 and 7.
 */
export class LiveClaim implements Claim, Wish {
  readonly number: number;
  readonly origin: number;
  readonly permits: number;
  mode: Mode;
  /** It is the lock itself, and no longer a place in the queue. */
  granted = false;
  /** Other processes want the lock too: it waited for one of them, or one waited behind it when its turn came. */
  contended = false;
  readonly #state: LockState;
  readonly #settings: Settings;
  readonly #heartbeat: Heartbeat;
  readonly #stopChecking: () => void;
  /** Up to when it may be relied on, by the stopwatch. */
  #trustedUntil: number;
  #fate: State = { kind: 'alive' };
  #onLoss: ((error: LockLostError) => void) | undefined;
  #plan: (() => Cleanup | undefined) | undefined;
  #cleanup: Cleanup | undefined;
  #freed: Promise<void> | undefined;

  /** `firstBeat`: the number of its first beat. `handovers`: see `Numbered`. Both are 0 for a new claim. */
  constructor(
    state: LockState,
    settings: Settings,
    claim: ConfirmedClaim,
    { firstBeat = 0, handovers = 0 }: { readonly firstBeat?: number; readonly handovers?: number } = {},
  ) {
    this.number = claim.number;
    this.origin = claim.origin;
    this.permits = claim.permits;
    this.mode = claim.mode;
    this.#state = state;
    this.#settings = settings;
    this.#trustedUntil = claim.startedAt + firstTrustMs(settings);
    this.#heartbeat = new Heartbeat(state, settings, { claim: this, record: claim.record, firstBeat }, this);
    this.#stopChecking = checkClocks(settings.clock, settings.heartbeatMs, this);
    state.records.note(claim.record, handovers);
    state.add(this);
    this.#heartbeat.start();
  }

  /**
   * Whether it may be relied on at this very moment. Asks the clocks, not the storage: it is right even if the process or
   * the machine has stood still since the last line of code.
   */
  get alive(): boolean {
    if (this.#fate.kind === 'alive' && this.remainingMs <= 0) this.onLoss('expired');
    return this.#fate.kind === 'alive';
  }

  /** Milliseconds for which it may still be relied on. */
  get remainingMs(): number {
    return this.#trustedUntil - stopwatchOf(this.#settings.clock).now();
  }

  /** How it was lost; `undefined` if it was not. */
  get loss(): LockLostError | undefined {
    return this.#fate.kind === 'lost' ? this.#fate.error : undefined;
  }

  /** Has `listener` called once if it is lost, at once if it is already. */
  whenLost(listener: (error: LockLostError) => void): void {
    this.#onLoss = listener;
    if (this.#fate.kind === 'lost') listener(this.#fate.error);
  }

  /** Asked from time to time, since timers sleep with the machine. */
  check(): void {
    void this.alive;
  }

  /**
   * What is to be cleaned up once it is granted. It is begun beside the work on slow storage, and where calls are as fast
   * as function calls not before the work is done, or has lasted a while: never on the way to a grant. Rule 9.
   */
  cleanUp(look: Look, passed: Iterable<number>): void {
    if (look.highest > this.number && this.#isWantedByOthers(look)) this.contended = true;
    const local = this.#state.ledger.vfs.capabilities.cost === 'local';
    const contended = local && this.#state.isContended(this, this.#settings.clock.monotonic());
    this.#plan = () => {
      this.#state.prune(look.numbers);
      return Cleanup.of(this.#state, this.#settings, { own: this.number, look, passed, contended });
    };
    if (!local) this.#startCleanUp();
  }

  #isWantedByOthers({ numbers }: Look): boolean {
    for (const number of numbers.keys())
      if (number > this.number && !this.#state.own.has(number)) return true;
    return false;
  }

  #startCleanUp(): Cleanup | undefined {
    const plan = this.#plan;
    this.#plan = undefined;
    if (plan !== undefined) this.#cleanup = plan();
    this.#cleanup?.start();
    return this.#cleanup;
  }

  onBeat(startedAt: number): void {
    // A beat that comes home too late revives nothing: others may have judged by its absence. Rule 4.
    if (!this.alive) return;
    const { staleAfterMs, marginMs } = this.#settings;
    this.#trustedUntil = Math.max(this.#trustedUntil, startedAt + staleAfterMs - marginMs);
    this.#startCleanUp();
  }

  onLoss(reason: LossReason, cause?: unknown): void {
    if (this.#fate.kind !== 'alive') return;
    const error = new LockLostError(this.#settings.id, this.number, reason, cause);
    this.#end({ kind: 'lost', error });
    this.#onLoss?.(error);
    // Others need not wait for a window to see it.
    detach(this.free());
  }

  /** It is wanted no more, and not kept alive from now on. To be followed by {@link free}, unless it is to stay. */
  end(): void {
    if (this.#fate.kind === 'alive') this.#end({ kind: 'ended' });
  }

  /** Waits until no beat is in flight, not for long. */
  idle(): Promise<void> {
    return this.#heartbeat.idle();
  }

  /** Marks it as over, whatever became of it before. Rule 7. @throws a `VFSError` if the storage did not take it */
  free(): Promise<void> {
    this.#freed ??= this.#heartbeat.busy ? this.#heartbeat.idle().then(() => this.#free()) : this.#free();
    return this.#freed;
  }

  #free(): Promise<void> {
    const { clock, staleAfterMs } = this.#settings;
    const reason = this.loss?.reason;
    const wake = (): void => this.#state.wake();
    // In a ledger that is gone there is nothing to be said, and what was marked as over is so already.
    if (reason === 'removed' || reason === 'broken') return Promise.resolve(wake());
    const markFree = (): Promise<void> => this.#state.ledger.markFree(this.number);
    const forMs = Math.min(staleAfterMs, LONGEST_RELEASE_MS);
    return markFree().then(wake, (error: unknown) =>
      retryUntil(markFree, { clock, forMs, failed: error }).finally(wake),
    );
  }

  /** Waits, not for long, for what is being cleaned up: many short leases should remove as much as they leave. */
  cleanedUp(): Promise<void> | undefined {
    const cleanup = this.#startCleanUp();
    if (cleanup === undefined) return undefined;
    return waitAtMost(this.#settings.clock, CLEANUP_MS, cleanup.done);
  }

  /** The one way out of `alive`. */
  #end(fate: State): void {
    this.#fate = fate;
    this.#heartbeat.stop();
    this.#stopChecking();
    this.#state.remove(this);
  }
}
