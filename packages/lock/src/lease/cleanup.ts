import { planCleanup, type CleanupPlan, type Look, type Removal } from '../ledger/index.js';
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

/** So many numbers are removed by one of those who are granted the lock one after the other. */
const SHARE = 8;

/** With so much to remove, whoever had begun with it is taken to have died. */
const ABANDONED = 48;

/** Marks as over what was passed, and removes what earlier claims left behind. Rules 3 and 9. */
export class Cleanup {
  readonly #state: LockState;
  readonly #settings: Settings;
  readonly #passed: readonly number[];
  readonly #plan: CleanupPlan | undefined;
  /** Others have the same plan: who makes its floor follows it. */
  readonly #shared: boolean;
  #done: Promise<void> | undefined;
  #stopped = false;

  /** `undefined` if there is nothing to do. */
  static of(
    state: LockState,
    settings: Settings,
    { own, look, passed, contended }: CleanupInit,
  ): Cleanup | undefined {
    const numbers = Array.from(passed);
    const whole = planCleanup(look, own);
    const plan = contended ? shareOf(whole, look) : whole;
    if (plan === undefined && numbers.length === 0) return undefined;
    return new Cleanup(state, settings, numbers, plan, contended);
  }

  private constructor(
    state: LockState,
    settings: Settings,
    passed: readonly number[],
    plan: CleanupPlan | undefined,
    shared: boolean,
  ) {
    this.#state = state;
    this.#settings = settings;
    this.#passed = passed;
    this.#plan = plan;
    this.#shared = shared;
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
    if (this.#plan === undefined || this.#stopped) return;
    const end = this.#state.beginCleaning(this.#settings.clock.monotonic());
    if (end === undefined) return; // Another one of this process does the same.
    try {
      await this.#follow(this.#plan);
    } finally {
      end();
    }
  }

  async #follow({ floor, removals, rest }: CleanupPlan): Promise<void> {
    const { ledger } = this.#state;
    if (floor !== undefined && !(await this.#close(floor))) return;
    const left = removals.values();
    const most = ledger.vfs.capabilities.cost === 'local' ? AT_ONCE.local : AT_ONCE.remote;
    const atOnce = Math.min(most, removals.length);
    await Promise.all(Array.from({ length: atOnce }, () => this.#remove(left)));
    await this.#remove([{ number: 0, claim: undefined, marks: rest }]);
  }

  /** A claim before its marks. What cannot be removed keeps them, so that it still shows that it is over. */
  async #remove(removals: Iterable<Removal>): Promise<void> {
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

  /** @returns whether what `floor` closes is to be removed by this one */
  async #close(floor: number): Promise<boolean> {
    const { ledger } = this.#state;
    if (!this.#shared) return this.#attempt(ledger.makeFloor(floor));
    let first = false;
    return (await this.#attempt(ledger.makeFloorFirst(floor).then((made) => void (first = made)))) && first;
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

/**
 * Those who are granted the lock one after the other all see the same to be removed. So each removes what one floor closes,
 * a floor that all of them would name alike and that one of them makes.
 */
function shareOf(plan: CleanupPlan | undefined, look: Look): CleanupPlan | undefined {
  if (plan === undefined || plan.removals.length === 0 || plan.removals.length >= ABANDONED) return plan;
  const highest = plan.removals.at(-1)?.number ?? 0;
  const floor = highest - (highest % SHARE);
  const begun = look.floors.findLast((each) => each % SHARE === 0) ?? 0;
  const removals = plan.removals.filter(({ number }) => number > begun && number <= floor);
  return removals.length === 0 ? undefined : { floor, removals, rest: plan.rest };
}
