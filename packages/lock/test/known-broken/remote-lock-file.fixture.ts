import { isVFSError } from '@holdfast/vfs';
import type { ActorScript, ActorWorld, Hold, Scenario } from '@holdfast/testkit/explore';

const LOCK = '/lockfile-x';
const BEAT = `${LOCK}/x.lock`;

/** Milliseconds between two beats; twice that without one is stale. */
const PERIOD_MS = 45;
const RETRY_MS = 10;

/** What it needs of the world. */
type Surroundings = Pick<ActorWorld, 'vfs' | 'clock'>;

/** One process's lock: taken by mkdir, kept alive by a file's mtime, given back by removing the directory. */
export class RemoteLockFile implements Hold {
  readonly #world: Surroundings;
  readonly #override: boolean;
  #beating: { stopped: boolean } | undefined;

  /** @param override what is stale; else it is reported, as the original does unless told otherwise */
  constructor(world: Surroundings, override = true) {
    this.#world = world;
    this.#override = override;
  }

  /** It has nothing else to go by. */
  get held(): boolean {
    return this.#beating?.stopped === false;
  }

  async lock(): Promise<void> {
    while (!(await this.tryLock()))
      await new Promise<void>((resolve) => this.#world.clock.schedule(resolve, RETRY_MS));
  }

  /** Gives up waiting after a time. What it had under way goes on. */
  async lockWithTimeout(timeoutMs: number): Promise<void> {
    const timeout = new Promise<never>((_, reject) =>
      this.#world.clock.schedule(() => reject(new Error('timeout')), timeoutMs),
    );
    await Promise.race([this.lock(), timeout]);
  }

  async unlock(): Promise<void> {
    if (this.#beating !== undefined) this.#beating.stopped = true;
    await missingIsFine(this.#world.vfs.rm(LOCK, { recursive: true }));
  }

  /** Throws if it is stale and may not be overridden. */
  async tryLock(): Promise<boolean> {
    try {
      await this.#world.vfs.mkdir(LOCK);
    } catch (error) {
      if (!isVFSError(error, 'EEXIST')) throw error;
      if (!(await this.#isStale())) return false;
      if (!this.#override) throw new Error('stale', { cause: error });
      // As the original does: it asks again, and then removes whatever is there by now.
      if (await this.#isStale()) await this.unlock();
      return this.tryLock();
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
      if (vfs.capabilities.chtimes) {
        const now = new Date(clock.wall());
        await missingIsFine(vfs.chtimes(BEAT, now, now));
      }
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
      await lock.lock();
      world.granted(lock);
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
