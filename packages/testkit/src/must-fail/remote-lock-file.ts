import { isVFSError } from '@holdfast/vfs';
import type { ActorScript, ActorWorld, Hold, Scenario } from '../explore/index.js';

const LOCK = '/lockfile-x';
const BEAT = `${LOCK}/x.lock`;

/** Milliseconds between two beats; twice that without one is stale. */
const PERIOD_MS = 45;
const RETRY_MS = 10;

/** One process's lock: taken by mkdir, kept alive by a file's mtime, given back by removing the directory. */
class RemoteLockFile {
  readonly #world: ActorWorld;
  #beating: { stopped: boolean } | undefined;

  constructor(world: ActorWorld) {
    this.#world = world;
  }

  async lock(): Promise<Hold> {
    while (!(await this.#tryLock()))
      await new Promise<void>((resolve) => this.#world.clock.schedule(resolve, RETRY_MS));
    const beating = this.#beating;
    return {
      get held() {
        return beating?.stopped === false;
      },
    };
  }

  async unlock(): Promise<void> {
    if (this.#beating !== undefined) this.#beating.stopped = true;
    await missingIsFine(this.#world.vfs.rm(LOCK, { recursive: true }));
  }

  async #tryLock(): Promise<boolean> {
    try {
      await this.#world.vfs.mkdir(LOCK);
    } catch (error) {
      if (!isVFSError(error, 'EEXIST')) throw error;
      if (!(await this.#isStale())) return false;
      // As the original does: it asks again, and then removes whatever is there by now.
      if (await this.#isStale()) await this.unlock();
      return this.#tryLock();
    }
    const beating = { stopped: false };
    this.#beating = beating;
    this.#beat(beating);
    return true;
  }

  #beat(beating: { stopped: boolean }): void {
    const { vfs, clock } = this.#world;
    const beat = async (): Promise<void> => {
      if (beating.stopped) return;
      await missingIsFine(vfs.writeFile(BEAT, `alive @ ${clock.wall()}`));
      clock.schedule(() => void beat(), PERIOD_MS - 1);
    };
    void beat();
  }

  async #isStale(): Promise<boolean> {
    const { vfs, clock } = this.#world;
    try {
      const files = await vfs.ls(LOCK);
      const { mtimeMs = 0 } = await vfs.stat(files.length === 0 ? LOCK : BEAT);
      return clock.wall() - mtimeMs > 2 * PERIOD_MS;
    } catch (error) {
      if (isVFSError(error, 'ENOENT')) return false;
      throw error;
    }
  }
}

async function missingIsFine(call: Promise<void>): Promise<void> {
  try {
    await call;
  } catch (error) {
    if (!isVFSError(error, 'ENOENT')) throw error;
  }
}

function contender(rounds = 1): ActorScript {
  return async (world) => {
    const lock = new RemoteLockFile(world);
    for (let round = 0; round < rounds; round++) {
      world.granted(await lock.lock());
      await world.step('work');
      await lock.unlock();
    }
  };
}

/**
 * The algorithm of `RemoteLockFile` in Arm's golang-utils, with stale locks overridden.
 *
 * Source: github.com/ARM-software/golang-utils, utils/filesystem/lockfile.go
 */
export const remoteLockFile: { readonly afterDeath: Scenario; readonly paused: Scenario } = {
  /** Two contenders find a lock whose holder died. */
  afterDeath: {
    name: 'RemoteLockFile, a dead holder and two contenders',
    setup: (vfs) => vfs.mkdir(LOCK),
    actors: { A: contender(), B: contender() },
    clocks: 'one',
    capabilities: { mtimeGranularityMs: 1 },
    tickMs: 50,
    ticks: 2,
  },
  /** A holder and a contender, where the holder may be stopped for a while. */
  paused: {
    name: 'RemoteLockFile, a holder that stands still',
    actors: { A: contender(), B: contender() },
    clocks: 'one',
    capabilities: { mtimeGranularityMs: 1 },
    tickMs: 50,
    ticks: 2,
  },
};
