import { isVFSError } from '@holdfast/vfs';
import type { ActorScript, ActorWorld, Scenario } from '@holdfast/testkit/explore';

const LOCK = '/x.lock';
const STALE_MS = 90;
const RETRY_MS = 10;

/**
 * A takeover that looks safe: the stale lock is moved aside, which only one contender can do, and looked at once more.
 * If it turns out to be somebody's fresh lock, it is moved back.
 */
async function acquire(world: ActorWorld): Promise<void> {
  const { vfs, clock, name } = world;
  const aside = `/aside-${name}`;
  for (;;) {
    try {
      await vfs.mkdir(LOCK);
      return;
    } catch (error) {
      if (!isVFSError(error, 'EEXIST')) throw error;
    }
    try {
      const { mtimeMs: seen = 0 } = await vfs.stat(LOCK);
      if (clock.wall() - seen > STALE_MS) {
        await vfs.rename(LOCK, aside);
        const { mtimeMs: got } = await vfs.stat(aside);
        if (got === seen) await vfs.rm(aside);
        else await vfs.rename(aside, LOCK);
        continue;
      }
    } catch (error) {
      if (!isVFSError(error, 'ENOENT', 'EEXIST', 'ENOTEMPTY')) throw error;
    }
    await new Promise<void>((resolve) => clock.schedule(resolve, RETRY_MS));
  }
}

const contender: ActorScript = async (world) => {
  await acquire(world);
  const state = { held: true };
  world.granted(state);
  await world.step('work');
  state.held = false;
  await world.vfs.rm(LOCK);
};

/** Moving a stale lock aside, and giving it back if that was wrong. */
export const renameAside: { readonly afterDeath: Scenario } = {
  afterDeath: {
    name: 'rename aside and give back, a dead holder and three contenders',
    setup: (vfs) => vfs.mkdir(LOCK),
    actors: { A: contender, B: contender, C: contender },
    clocks: 'one',
    capabilities: { mtimeGranularityMs: 1 },
    tickMs: 50,
    ticks: 2,
  },
};
