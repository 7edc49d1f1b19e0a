import { hostTime } from '@holdfast/testkit';

/** Between two changes, in milliseconds: heartbeats need the mount as well. */
const CHANGE_EVERY_MS = 100;

export interface WorkOptions {
  /** How often the lease is looked at, in milliseconds. */
  readonly everyMs: number;
  /** Whether the lease is held at this moment. */
  readonly held: () => boolean;
  /** Changes what the lease guards. Resolves to whether it could. */
  readonly change: () => Promise<boolean>;
  /** Hears of the last moment at which it worked, and of that at which it saw that it may not any more. */
  readonly onStop: (lastAt: number, stoppedAt: number) => void;
}

/** What a process does under a lease, for as long as it is held. */
export class Work {
  readonly #changes: Promise<void>;
  #resting = false;

  constructor({ everyMs, held, change, onStop }: WorkOptions) {
    let lastAt = hostTime();
    const timer = setInterval(() => {
      const at = hostTime();
      if (held()) {
        lastAt = at;
        return;
      }
      clearInterval(timer);
      onStop(lastAt, at);
    }, everyMs);
    this.#changes = this.#go(change);
    this.#changes.catch(() => undefined); // `rest` tells.
  }

  /** Makes no more changes. Resolves once none is under way; rejects if one has failed. */
  async rest(): Promise<void> {
    this.#resting = true;
    await this.#changes;
  }

  async #go(change: () => Promise<boolean>): Promise<void> {
    while (!this.#resting && (await change())) {
      await new Promise((resolve) => setTimeout(resolve, CHANGE_EVERY_MS));
    }
  }
}
