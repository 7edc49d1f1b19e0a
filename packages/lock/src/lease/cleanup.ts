import { planCleanup, type CleanupPlan, type Look } from '../ledger/index.js';
import type { LockState } from '../lock-state.js';
import type { Settings } from '../options.js';
import { isTransient } from '../time/index.js';

/** So many removals at once, where a call takes a round trip, and where it is done when it returns. */
const AT_ONCE = { remote: 4, local: 16 };

interface CleanupInit {
  /** The own number, which is confirmed. */
  readonly own: number;
  readonly look: Look;
  /** Stale claims that were passed, and are to be marked as over. */
  readonly passed: Iterable<number>;
  /** Others are granted the lock right before and after, and see the same to be removed. */
  readonly contended: boolean;
}

/** Of those who are granted the lock one after the other, one in so many cleans up. */
const ON_DUTY = 8;

/** With so much to remove, whoever comes along does it. */
const PLENTY = 16;

/** Marks as over what was passed, and removes what earlier claims left behind. Rules 3 and 9. */
export class Cleanup {
  readonly #state: LockState;
  readonly #settings: Settings;
  readonly #passed: readonly number[];
  readonly #plan: CleanupPlan | undefined;
  #done: Promise<void> | undefined;
  #stopped = false;

  /** `undefined` if there is nothing to do. */
  static of(
    state: LockState,
    settings: Settings,
    { own, look, passed, contended }: CleanupInit,
  ): Cleanup | undefined {
    const numbers = Array.from(passed);
    const plan = planCleanup(look, own);
    if (plan === undefined && numbers.length === 0) return undefined;
    if (contended && numbers.length === 0 && plan !== undefined && !isOnDuty(own, plan)) return undefined;
    return new Cleanup(state, settings, numbers, plan);
  }

  private constructor(
    state: LockState,
    settings: Settings,
    passed: readonly number[],
    plan: CleanupPlan | undefined,
  ) {
    this.#state = state;
    this.#settings = settings;
    this.#passed = passed;
    this.#plan = plan;
  }

  /** Begins, once, in the background. */
  start(): void {
    this.#done ??= this.#run();
  }

  /** Fulfils when all is done that can be. */
  get done(): Promise<void> {
    return this.#done ?? Promise.resolve();
  }

  async #run(): Promise<void> {
    const { ledger } = this.#state;
    for (const number of this.#passed) await this.#attempt(ledger.markFree(number));
    if (this.#state.cleaning) return; // Another one of this process does the same.
    this.#state.cleaning = true;
    try {
      if (this.#plan !== undefined && !this.#stopped) await this.#follow(this.#plan);
    } finally {
      this.#state.cleaning = false;
    }
  }

  async #follow({ floor, removals, rest }: CleanupPlan): Promise<void> {
    const { ledger } = this.#state;
    if (floor !== undefined && !(await this.#attempt(ledger.makeFloor(floor)))) return;
    const left = removals.values();
    const most = ledger.vfs.capabilities.cost === 'local' ? AT_ONCE.local : AT_ONCE.remote;
    const atOnce = Math.min(most, removals.length);
    await Promise.all(Array.from({ length: atOnce }, () => this.#remove(left)));
    await this.#remove([{ claim: undefined, marks: rest }]);
  }

  /** A claim before its marks. What cannot be removed keeps them, so that it still shows that it is over. */
  async #remove(removals: Iterable<CleanupPlan['removals'][number]>): Promise<void> {
    const { ledger } = this.#state;
    for (const { claim, marks } of removals) {
      try {
        if (this.#stopped) return;
        if (claim !== undefined) await ledger.remove(claim);
        for (const mark of marks) await ledger.remove(mark);
      } catch (error) {
        this.#note(error);
      }
    }
  }

  async #attempt(work: Promise<void>): Promise<boolean> {
    try {
      await work;
      return true;
    } catch (error) {
      this.#note(error);
      return false;
    }
  }

  /** What cannot be removed now may be by the next holder; it must not keep the rest from being removed. */
  #note(error: unknown): void {
    this.#settings.emit({ type: 'storage-error', during: 'cleanup', error });
    // The storage is in trouble: leave it alone.
    if (isTransient(error)) this.#stopped = true;
  }
}

/** Those who are granted the lock one after the other all see the same to be removed. */
function isOnDuty(own: number, { removals, rest }: CleanupPlan): boolean {
  return own % ON_DUTY === 0 || removals.length >= PLENTY || (removals.length === 0 && rest.length > 0);
}
