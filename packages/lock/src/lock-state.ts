import { joinPath, type Clock, type VFS } from '@holdfast/vfs';
import type { LedgerKind } from './id.js';
import { Ledger, type Claim, type ClaimRecord, type Look } from './ledger/index.js';
import type { LiveClaim } from './lease/index.js';
import type { Settings } from './options.js';
import { Observer, Queue, Records } from './wait/index.js';

/** For so long after a release, in milliseconds, the next number is known where many may follow in no time. */
const RECENT_MS = 5;

/**
 * For so long, in milliseconds, the next claim of a process may be one more name of the last one's file, which then tells
 * people to so much when its owner asked.
 */
const ALIKE_MS = 1000;

/** After so many milliseconds a clean-up that has not ended keeps no other one from beginning. */
const LONGEST_CLEANING_MS = 60_000;

/** For so long after others were seen to want the lock they are taken to, in milliseconds. */
const CONTENDED_MS = 100;

/**
 * A system often wakes who waits for the lock on the very processor that released it. So the next one has the lock only
 * once this process rests: for so long, in milliseconds, it does before it queues again. Measured: 1.6 ms a hand-over
 * without, 0.8 with it. And of four processes that want the lock all the time, most find it free when they come.
 */
const POLITE_MS = 1;

/**
 * One lock as this process knows it, shared by all `Lock` objects on the same VFS, path and clock: what was observed, who
 * waits, which claims are its own.
 */
export class LockState {
  readonly ledger: Ledger;
  readonly queue: Queue = new Queue();
  /** Those who are about to claim, any lock of this VFS. */
  readonly attempts: Queue;
  readonly records: Records = new Records();
  /** The directory is there, and `mkdir` was seen to refuse what exists. */
  proven = false;
  readonly #own = new Map<number, LiveClaim>();
  /** A process may hold thousands of locks for which nobody waits: what only waiters need is made for them. */
  #observer: Observer | undefined;
  #listeners: Set<() => void> | undefined;
  /** When it last released the lock, on the monotonic clock. */
  #releasedAt = -Infinity;
  /** When others were last seen to want the lock too, on the monotonic clock. */
  #contendedAt = -Infinity;
  /** When it last passed the lock on to somebody who may have waited for it, on the monotonic clock. */
  #passedOnAt = -Infinity;
  /** The highest number that this process has claimed. */
  #claimed = 0;
  /** The clean-up of this process that is under way, and since when, on the monotonic clock. */
  #cleaning: { readonly since: number } | undefined;
  #next: (Claim & { readonly afterExclusive: boolean }) | undefined;
  #last: { readonly number: number; readonly record: ClaimRecord; readonly settings: Settings } | undefined;

  constructor(ledger: Ledger) {
    this.ledger = ledger;
    this.attempts = attemptsOn(ledger.vfs);
  }

  get observer(): Observer {
    this.#observer ??= new Observer();
    return this.#observer;
  }

  /** Forgets what is known of claims that `keep` no longer lists, if that is much. */
  prune(keep: { has(number: number): boolean }): void {
    this.records.prune(keep);
    this.#observer?.prune(keep);
  }

  /** The claims of this process that are kept alive, waiting and granted, by their numbers. */
  get own(): ReadonlyMap<number, LiveClaim> {
    return this.#own;
  }

  add(claim: LiveClaim): void {
    this.#own.set(claim.number, claim);
  }

  remove(claim: LiveClaim): void {
    this.#own.delete(claim.number);
    this.records.delete(claim.number);
  }

  /** A claim of this process is about to be made. */
  noteClaiming({ number }: Claim): void {
    this.#claimed = Math.max(this.#claimed, number);
  }

  /**
   * Begins a clean-up, `now` on the monotonic clock, unless one is under way. One of which nothing has come for long is not
   * waited for: a call may go without an answer for ever. @returns what ends it
   */
  beginCleaning(now: number): (() => void) | undefined {
    if (this.#cleaning !== undefined && now - this.#cleaning.since < LONGEST_CLEANING_MS) return undefined;
    const mine = (this.#cleaning = { since: now });
    return () => {
      if (this.#cleaning === mine) this.#cleaning = undefined;
    };
  }

  /** The claim was made as a file, or as one more name of one. */
  noteMade(record: ClaimRecord, settings: Settings): void {
    this.#last = { number: record.token, record, settings };
  }

  /**
   * The last claim of this process, if another one by the same `settings` would have the same record but for its number.
   *
   * @param wallMs by the wall clock
   * @param look what stood in the ledger just now, if that is known
   */
  lastMade(
    settings: Settings,
    wallMs: number,
    look: Look | undefined,
  ): { readonly number: number; readonly record: ClaimRecord } | undefined {
    const last = this.#last;
    if (last?.settings !== settings || !this.ledger.asFiles || !this.ledger.canLink) return undefined;
    if (look !== undefined && !look.numbers.has(last.number)) return undefined;
    const ageMs = wallMs - last.record.since;
    return ageMs >= 0 && ageMs < ALIKE_MS ? last : undefined;
  }

  /** Whether others want the lock at about this time, `now` on the monotonic clock. */
  isContended({ contended }: LiveClaim, now: number): boolean {
    if (contended) this.#contendedAt = now;
    return now - this.#contendedAt < CONTENDED_MS;
  }

  /**
   * A granted claim of this process is over, so the number after it may be the next: no look is needed to try. Where others
   * want the lock too, it is mostly taken.
   */
  noteReleased({ number, origin, mode, contended }: LiveClaim, at: number): void {
    if (contended) this.#passedOnAt = at;
    this.#releasedAt = at;
    if (this.#own.size > 0 || contended) return;
    this.#next = {
      number: number + 1,
      origin,
      afterExclusive: mode === 'exclusive' && !this.ledger.ofSemaphore,
    };
  }

  /**
   * What to claim without a look, at most once after each release. Rule 2 holds for it as for any claim: it was made
   * after a look, however old.
   *
   * @param unobstructed whether nothing may be in the way: what was below an exclusive claim that was granted is over
   * @param now on the monotonic clock. Where a look is cheap, the number is not tried once it may long be used up
   */
  takeNext(unobstructed: boolean, now: number): Claim | undefined {
    const next = this.#next;
    this.#next = undefined;
    if (next === undefined || !this.proven || next.number <= this.#claimed) return undefined;
    const isLocal = this.ledger.vfs.capabilities.cost === 'local';
    if (isLocal && now - this.#releasedAt > RECENT_MS) return undefined;
    return next.afterExclusive || !unobstructed ? next : undefined;
  }

  /** For how many milliseconds it is polite to do nothing yet: above 0 on a disk alone, where a hand-over is that short. */
  politeMs(now: number): number {
    if (this.ledger.vfs.capabilities.cost !== 'local') return 0;
    return this.#passedOnAt + POLITE_MS - now;
  }

  /** Tells whoever of this process waits that a claim of this process is over. */
  wake(): void {
    if (this.#listeners === undefined) return;
    for (const listener of Array.from(this.#listeners)) listener();
  }

  /** Calls `listener` at each {@link wake}, until the returned function is called. */
  onWake(listener: () => void): () => void {
    this.#listeners ??= new Set();
    this.#listeners.add(listener);
    return () => this.#listeners?.delete(listener);
  }
}

/**
 * So many locks of one disk are claimed at a time. Calls on a disk are made one after the other anyway, and ten thousand half
 * done claims at once would keep the heartbeats of the locks that are held waiting, and cost four times the memory.
 */
const MOST_AT_ONCE = 64;
const attempts = new WeakMap<VFS, Queue>();

function attemptsOn(vfs: VFS): Queue {
  let queue = attempts.get(vfs);
  if (queue === undefined) {
    queue = new Queue(vfs.capabilities.cost === 'local' ? MOST_AT_ONCE : Infinity);
    attempts.set(vfs, queue);
  }
  return queue;
}

const states = new WeakMap<VFS, WeakMap<Clock, Map<string, WeakRef<LockState>>>>();
const forgotten = new FinalizationRegistry<() => void>((forget) => forget());

/** The state of the lock directory `directory` in `dir`. It lives as long as a `Lock` or `Lease` has it. */
export function lockStateOf(
  vfs: VFS,
  clock: Clock,
  { dir, directory, kind }: { dir: string; directory: string; kind: LedgerKind },
): LockState {
  const path = joinPath(dir, directory);
  const clocks = states.get(vfs) ?? new WeakMap<Clock, Map<string, WeakRef<LockState>>>();
  states.set(vfs, clocks);
  const paths = clocks.get(clock) ?? new Map<string, WeakRef<LockState>>();
  clocks.set(clock, paths);

  const known = paths.get(path)?.deref();
  if (known !== undefined) return known;
  const state = new LockState(new Ledger(vfs, path, clock, { ofSemaphore: kind === 'semaphore' }));
  const reference = new WeakRef(state);
  paths.set(path, reference);
  forgotten.register(state, () => {
    if (paths.get(path) === reference) paths.delete(path);
  });
  return state;
}
