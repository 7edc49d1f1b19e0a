/// <reference lib="esnext.disposable" preserve="true" />
import type { Lease } from '../lease/index.js';

/** Several leases that are of use together alone. Comes from `lockAll`. */
export class LeaseSet {
  /** In the order in which the locks were given. */
  readonly leases: readonly Lease[];
  #controller: AbortController | undefined;

  constructor(leases: readonly Lease[]) {
    this.leases = leases;
  }

  /** Whether all of them may be relied on at this very moment. */
  get held(): boolean {
    return this.leases.every(({ held }) => held);
  }

  /** Aborts when one of them is lost, with its `LockLostError` as the reason; never by a release. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      const controller = (this.#controller = new AbortController());
      for (const { signal } of this.leases) {
        if (signal.aborted) controller.abort(signal.reason);
        else signal.addEventListener('abort', () => controller.abort(signal.reason), { once: true });
      }
    }
    return this.#controller.signal;
  }

  /** Gives all of them back. Rejects with the error of the first that the storage did not take; the others are given back. */
  async release(): Promise<void> {
    const outcomes = await Promise.allSettled(this.leases.map((lease) => lease.release()));
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
  }

  /** `release`, for `await using`. Failures are told to `onEvent` only. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.leases.map((lease) => lease[Symbol.asyncDispose]()));
  }
}
