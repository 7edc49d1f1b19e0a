/** The right of one request to be on its way. */
export interface Slot {
  /**
   * Its request has had no answer for a while: it counts no longer, so that others may go past it. `giveUp` is called
   * should there come to be too many of these; those that waited longest go first.
   */
  stepAside(giveUp: () => void): void;
  /** Its request is over. Twice is fine. */
  leave(): void;
}

/** How many may have stepped aside, for each one that may be on its way. */
const ASIDE_FOR_EACH = 16;

/** Limits how many requests are on their way at a time, in order of arrival. */
export class Slots {
  readonly #most: number;
  #taken = 0;
  readonly #waiting = new Set<() => void>();
  /** Oldest first. */
  readonly #aside = new Set<() => void>();

  constructor(most: number) {
    this.#most = most;
  }

  /** Resolves when there is room. Rejects with the reason of `signal`, which must be the caller's own. */
  take(signal: AbortSignal): Promise<Slot> {
    if (signal.aborted) return Promise.reject(signal.reason);
    if (this.#taken < this.#most) {
      this.#taken++;
      return Promise.resolve(this.#slot());
    }
    return new Promise((resolve, reject) => {
      const enter = (): void => {
        signal.removeEventListener('abort', onAbort);
        resolve(this.#slot());
      };
      const onAbort = (): void => {
        this.#waiting.delete(enter);
        reject(signal.reason);
      };
      this.#waiting.add(enter);
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }

  #slot(): Slot {
    let counts = true;
    let aside: (() => void) | undefined;
    const makeRoom = (): void => {
      if (!counts) return;
      counts = false;
      const [next] = this.#waiting;
      if (next === undefined) {
        this.#taken--;
      } else {
        this.#waiting.delete(next);
        next();
      }
    };
    return {
      stepAside: (giveUp) => {
        if (!counts) return;
        aside = giveUp;
        this.#aside.add(giveUp);
        makeRoom();
        if (this.#aside.size <= this.#most * ASIDE_FOR_EACH) return;
        const [oldest] = this.#aside;
        oldest?.();
      },
      leave: () => {
        if (aside !== undefined) this.#aside.delete(aside);
        makeRoom();
      },
    };
  }
}
