import type { Cancellation } from '../time/index.js';

/**
 * Those of one process who want the same, first come, first served: the contenders for one lock, of which only the one in
 * front stands in the ledger, and leaves the front when it is granted the lock.
 */
export class Queue {
  /** A set keeps the order, and forgets one of ten thousand at once. */
  #waiting: Set<() => void> | undefined;
  readonly #most: number;
  #inFront = 0;

  /** @param most so many are in front at once */
  constructor(most = 1) {
    this.#most = most;
  }

  /** Whether the front was free; then it is taken. To be left by {@link leave}. */
  tryEnter(): boolean {
    if (this.#inFront >= this.#most) return false;
    this.#inFront++;
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
      this.#inFront--;
      return;
    }
    this.#waiting?.delete(first);
    first();
  }
}
