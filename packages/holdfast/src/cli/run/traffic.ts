import { intercept, type VFS } from '@holdfast/vfs';
import { setImmediate as nextTurn } from 'node:timers/promises';

/**
 * Knows when a VFS has nothing more to do. What a lock gives up it gives up behind its caller, in calls one after the
 * other; a VFS that is closed at once would leave a claim, for which others wait until it is stale.
 */
export class Traffic {
  /** The VFS whose calls are counted. */
  readonly vfs: VFS;
  #underWay = 0;
  readonly #waiting = new Set<() => void>();

  constructor(vfs: VFS) {
    this.vfs = intercept(vfs, async (call, next) => {
      this.#underWay++;
      try {
        return await next(call);
      } finally {
        if (--this.#underWay === 0) for (const look of this.#waiting) look();
      }
    });
  }

  /** Fulfils once no call is under way, and none follows from the last one. */
  async quiet(): Promise<void> {
    for (;;) {
      await nextTurn();
      if (this.#underWay === 0) return;
      await new Promise<void>((resolve) => {
        const look = (): void => {
          this.#waiting.delete(look);
          resolve();
        };
        this.#waiting.add(look);
      });
    }
  }
}
