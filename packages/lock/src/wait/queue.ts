import type { Cancellation } from '../time/index.js';

/**
 * The contenders of one process for one lock, first come, first served. Only the one in front stands in the ledger; it
 * leaves the front when it is granted the lock.
 */
export class Queue {
  /** A set keeps the order, and forgets one of ten thousand at once. */
  #waiting: Set<() => void> | undefined;
  #busy = false;

  /** Whether the front was free; then it is taken. To be left by {@link leave}. */
  tryEnter(): boolean {
    if (this.#busy) return false;
    this.#busy = true;
    return true;
  }

  /** Waits for the front. Rejects with the reason if the caller leaves before; then it has left the queue. */
  enter(cancellation: Cancellation): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      let forget = (): void => undefined;
      const arrive = (): void => {
        forget();
        resolve();
      };
      this.#waiting ??= new Set();
      this.#waiting.add(arrive);
      forget = cancellation.onCancel((reason) => {
        this.#waiting?.delete(arrive);
        reject(reason);
      });
    });
  }

  /** Lets the next one to the front. */
  leave(): void {
    const [first] = this.#waiting ?? [];
    if (first === undefined) {
      this.#busy = false;
      return;
    }
    this.#waiting?.delete(first);
    first();
  }
}
