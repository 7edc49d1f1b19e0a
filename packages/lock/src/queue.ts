/**
 * The contenders of one process for one lock, first come, first served. Only the one in front looks at the storage.
 */
export class Queue {
  readonly #waiting: (() => void)[] = [];
  #front: symbol | undefined;
  readonly #listeners = new Set<() => void>();

  /** Somebody is at the front already. */
  get busy(): boolean {
    return this.#front !== undefined;
  }

  /** Waits for the front. Settles when there, or rejects as soon as `gaveUp` does; then it has left the queue. */
  async enter(gaveUp: Promise<never>): Promise<Turn> {
    const ticket = Symbol('turn');
    if (this.#front === undefined) {
      this.#front = ticket;
    } else {
      await new Promise<void>((resolve, reject) => {
        const arrive = (): void => {
          this.#front = ticket;
          resolve();
        };
        this.#waiting.push(arrive);
        gaveUp.catch((reason: unknown) => {
          const at = this.#waiting.indexOf(arrive);
          if (at >= 0) this.#waiting.splice(at, 1);
          reject(reason);
        });
      });
    }
    return {
      leave: () => {
        if (this.#front !== ticket) return;
        this.#front = undefined;
        this.#waiting.shift()?.();
      },
    };
  }

  /** Wakes whoever waits at the front: the lock may be free. */
  wake(): void {
    for (const listener of Array.from(this.#listeners)) listener();
  }

  /** Calls `listener` at each {@link wake}, until the returned function is called. */
  onWake(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

export interface Turn {
  /** Lets the next one to the front. May be called twice. */
  leave(): void;
}
