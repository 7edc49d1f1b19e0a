import type { DetachedLease, Lease } from '@holdfast/lock';
import type { ActorScript, ActorWorld, Scenario } from '@holdfast/testkit/explore';
import { Cast, TICK_MS, work, WINDOW_MS } from './parts.js';

const HANDLE = '/handle';

/** Holds that are shared, and holds that are handed on. */
export function sharingScenarios(cast: Cast) {
  const contender = cast.contender.bind(cast);
  const reader = contender({ mode: 'shared' });
  const detaching = (ttlMs: number): ActorScript =>
    contender({
      use: async (world, lease) => {
        await world.step('work');
        world.releasing(lease);
        const handle = await lease.detach({ ttlMs });
        await world.vfs.writeFile(HANDLE, JSON.stringify(handle));
      },
    });
  const attaching: ActorScript = async (world) => {
    const handle = await handleFrom(world);
    if (handle === undefined) return;
    const lease = await cast.lockOf(world).attach(handle);
    world.resumed(lease);
    await work(world, lease);
  };
  return {
    shared: cast.scenario({
      name: 'two who share, and one who does not',
      sharing: 'modes',
      actors: { A: reader, B: reader, C: contender() },
      ticks: 1,
    }),
    readersWriter: cast.scenario({
      name: 'one who shares twice, and one who does not',
      sharing: 'modes',
      actors: { A: contender({ mode: 'shared', rounds: 2 }), B: contender() },
      ticks: 1,
    }),
    downgrade: cast.scenario({
      name: 'one who lets another in, and goes on',
      sharing: 'modes',
      actors: { A: contender({ use: downgrading }), B: reader },
      ticks: 2,
    }),
    handedOn: cast.scenario({
      name: 'a lease that is handed on, and another contender',
      actors: { A: detaching(2 * WINDOW_MS), B: attaching, C: contender() },
      ticks: 1,
    }),
    twoAttach: cast.scenario({
      name: 'two who attach to one lease',
      actors: { A: detaching(2 * WINDOW_MS), B: attaching, C: attaching },
      ticks: 1,
    }),
    attachOrPass: cast.scenario({
      name: 'one attaches to a lease as another takes it over',
      actors: { A: detaching(TICK_MS), B: attaching, C: contender() },
      ticks: 3,
    }),
  } satisfies Record<string, Scenario>;
}

async function downgrading(world: ActorWorld, lease: Lease): Promise<void> {
  await world.step('write');
  await lease.downgrade();
  await work(world, lease);
}

/** The handle that another actor has left, once it is there: looks whenever something else has happened. */
async function handleFrom(world: ActorWorld): Promise<DetachedLease | undefined> {
  await world.step('ask for the handle');
  try {
    const bytes = await world.vfs.readFile(HANDLE);
    // What stands there was written by `detaching`.
    return JSON.parse(new TextDecoder().decode(bytes)) as DetachedLease;
  } catch {
    return undefined;
  }
}
