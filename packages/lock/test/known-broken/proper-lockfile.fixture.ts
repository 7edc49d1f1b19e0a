import { isVFSError } from '@holdfast/vfs';
import type { ActorScript, ActorWorld, Hold, Scenario } from '@holdfast/testkit/explore';

const LOCK = '/x.lock';
const STALE_MS = 90;
const UPDATE_MS = 45;
const RETRY_MS = 10;

/** What it needs of the world. */
interface Surroundings extends Pick<ActorWorld, 'vfs' | 'clock'> {
  /** Told of what nobody catches. */
  readonly uncaught?: (error: unknown) => void;
}

/**
 * The lock is a directory, its mtime the sign of life. A holder takes an mtime that is not the one it set for the sign
 * that it has lost the lock.
 */
export async function properLock(world: Surroundings): Promise<Hold & { release(): Promise<void> }> {
  const { vfs, clock, uncaught = (): void => undefined } = world;
  while (!(await acquired(world, true)))
    await new Promise<void>((resolve) => clock.schedule(resolve, RETRY_MS));
  const mtime = { ms: clock.wall() };
  await vfs.chtimes(LOCK, new Date(mtime.ms), new Date(mtime.ms));
  const state = { over: false };
  const update = async (): Promise<void> => {
    try {
      const { mtimeMs } = await vfs.stat(LOCK);
      if (mtimeMs !== mtime.ms) state.over = true;
      if (state.over) return;
      const now = clock.wall();
      await vfs.chtimes(LOCK, new Date(now), new Date(now));
      mtime.ms = now;
      timer = clock.schedule(() => void update(), UPDATE_MS);
    } catch (error) {
      state.over = true;
      // Its default for `onCompromised` is to throw, out of a timer: that is the end of the process.
      uncaught(error);
    }
  };
  let timer = clock.schedule(() => void update(), UPDATE_MS);
  return {
    get held() {
      return !state.over;
    },
    release: async () => {
      if (state.over) return;
      state.over = true;
      timer.cancel();
      await remove(world);
    },
  };
}

async function acquired(world: Surroundings, staleCheck: boolean): Promise<boolean> {
  const { vfs, clock } = world;
  try {
    await vfs.mkdir(LOCK);
    return true;
  } catch (error) {
    if (!isVFSError(error, 'EEXIST')) throw error;
  }
  if (!staleCheck) return false;
  try {
    const { mtimeMs = 0 } = await vfs.stat(LOCK);
    if (mtimeMs >= clock.wall() - STALE_MS) return false;
  } catch (error) {
    if (!isVFSError(error, 'ENOENT')) throw error;
    return acquired(world, false);
  }
  await remove(world);
  return acquired(world, false);
}

async function remove({ vfs }: Surroundings): Promise<void> {
  try {
    await vfs.rm(LOCK);
  } catch (error) {
    if (!isVFSError(error, 'ENOENT')) throw error;
  }
}

const contender: ActorScript = async (world) => {
  const held = await properLock(world);
  world.granted(held);
  await world.step('work');
  await held.release();
};

/**
 * The algorithm of proper-lockfile.
 *
 * Source: github.com/moxystudio/node-proper-lockfile, lib/lockfile.js; the race is its issue 121.
 */
export const properLockfile: { readonly afterDeath: Scenario; readonly coarse: Scenario } = {
  /** Two contenders find a lock whose holder died. */
  afterDeath: {
    name: 'proper-lockfile, a dead holder and two contenders',
    setup: (vfs) => vfs.mkdir(LOCK),
    actors: { A: contender, B: contender },
    clocks: 'one',
    capabilities: { chtimes: true, mtimeGranularityMs: 1 },
    tickMs: 50,
    ticks: 2,
  },
  /** The same, on storage whose mtimes are too coarse to tell one takeover from another. */
  coarse: {
    name: 'proper-lockfile, a holder that stands still, and coarse mtimes',
    actors: { A: contender, B: contender },
    clocks: 'one',
    capabilities: { chtimes: true, mtimeGranularityMs: 1000 },
    tickMs: 50,
    ticks: 2,
  },
};
