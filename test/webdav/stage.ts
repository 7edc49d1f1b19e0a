import { VirtualClock } from '@holdfast/testkit';
import { intercept, type VFS } from '@holdfast/vfs';

const STEP_MS = 20;
const HOUR_MS = 3_600_000;

/**
 * Time of the test's own, that stands still while a call is on its way to the server: however slow that or the machine
 * is, no lease runs out over it.
 */
export class Stage {
  /** Begins when the server's clock, the machine's, says so too: how old a beat looks goes by both. */
  readonly time: VirtualClock = new VirtualClock({ wallMs: Date.now() });
  #onTheirWay = 0;

  /** `vfs`, whose calls stop the time. */
  watching(vfs: VFS): VFS {
    return intercept(vfs, async (call, next) => {
      this.#onTheirWay++;
      try {
        return await next(call);
      } finally {
        this.#onTheirWay--;
      }
    });
  }

  /** Lets the time go on, whenever nobody waits for the server, until `promise` settles. */
  async play<T>(promise: Promise<T>): Promise<T> {
    const state = { settled: false };
    const mark = (): void => {
      state.settled = true;
    };
    promise.then(mark, mark);
    const end = this.time.now + HOUR_MS;
    while (!state.settled && this.time.now < end) {
      if (this.#onTheirWay === 0) await this.time.advance(STEP_MS);
      else await new Promise((resolve) => setTimeout(resolve, 1));
    }
    return promise;
  }
}
