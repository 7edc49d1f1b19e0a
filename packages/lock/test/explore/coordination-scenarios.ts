import { Election, isLockError, Semaphore } from '@holdfast/lock';
import type { ActorScript, ActorWorld, Scenario } from '@holdfast/testkit/explore';
import { isVFSError, type VFS } from '@holdfast/vfs';
import { ledgerRules } from './ledger-rules.js';
import { NETWORK, TICK_MS, TIMING, WINDOW_MS, work } from './parts.js';

const SLOTS = '/semaphore-x';
const CHIEF = '/election-x';

/** The real semaphore and the real election, as the lock is explored. */
export const coordinationScenarios = {
  semaphore: scenarioOf(SLOTS, {
    name: 'a semaphore of two, and three contenders',
    sharing: { permits: 2 },
    setup: begun(SLOTS, 'permits.2'),
    actors: { A: taker(), B: taker(), C: taker() },
  }),
  severalPermits: scenarioOf(SLOTS, {
    name: 'a semaphore of two, one who takes both, and two who take one',
    sharing: { permits: 2 },
    setup: begun(SLOTS, 'permits.2'),
    actors: { A: taker({ count: 2 }), B: taker(), C: taker() },
  }),
  firstOfAll: scenarioOf(SLOTS, {
    name: 'a semaphore that two begin',
    sharing: { permits: 1 },
    setup: () => Promise.resolve(),
    actors: { A: taker({ permits: 1 }), B: taker({ permits: 1 }) },
  }),
  twoNumbers: scenarioOf(SLOTS, {
    name: 'a semaphore that two begin with different numbers',
    sharing: { permits: 2 },
    setup: () => Promise.resolve(),
    actors: { A: taker({ permits: 2, count: 2 }), B: taker({ permits: 1 }) },
  }),
  candidates: scenarioOf(CHIEF, {
    name: 'two candidates',
    setup: begun(CHIEF),
    actors: { A: candidate, B: candidate },
  }),
  proclaiming: scenarioOf(CHIEF, {
    name: 'one who proclaims, and another candidate',
    setup: begun(CHIEF),
    actors: { A: proclaiming, B: candidate },
  }),
} satisfies Record<string, Scenario>;

function scenarioOf(
  directory: string,
  given: Pick<Scenario, 'name' | 'actors' | 'setup'> & Partial<Scenario>,
): Scenario {
  const { sharing = 'nobody' } = given;
  const last = directory === CHIEF ? candidate : anyTaker;
  return {
    rules: ledgerRules(directory, { sharing }),
    tolerates: (error) =>
      isVFSError(error) || isLockError(error, 'ELOCKED', 'ELOCKLOST') || isOfPermits(error),
    ticks: 0,
    tickMs: TICK_MS,
    keepsHolds: true,
    noticesWithinMs: WINDOW_MS,
    capabilities: NETWORK,
    aftermath: { script: last, withinMs: 3 * WINDOW_MS },
    ...given,
  };
}

/** Who came with the larger of two numbers is refused. */
function isOfPermits(error: unknown): boolean {
  return isLockError(error, 'ELEDGER') && error.fault === 'permits';
}

function begun(directory: string, ...names: readonly string[]): (vfs: VFS) => Promise<void> {
  return async (vfs) => {
    await vfs.mkdir(directory);
    for (const name of [...names, '0000000000001000.origin']) await vfs.mkdir(`${directory}/${name}`);
  };
}

function taker({ permits = 2, count = 1 }: { permits?: number; count?: number } = {}): ActorScript {
  return async (world) => {
    const { vfs, clock, random } = world;
    const semaphore = new Semaphore(vfs, { ...TIMING, id: 'x', permits, clock, random });
    const lease = await semaphore.acquire({ count });
    world.granted(lease);
    await work(world, lease);
  };
}

/** By the number that counts, whichever that is. */
async function anyTaker(world: ActorWorld): Promise<void> {
  const { vfs, clock, random } = world;
  const of = (permits: number): Semaphore =>
    new Semaphore(vfs, { ...TIMING, id: 'x', permits, clock, random });
  const { permits = 1 } = await of(1).inspect();
  world.granted(await of(permits).acquire());
}

function electionOf({ vfs, clock, random, name }: ActorWorld): Election {
  return new Election(vfs, { ...TIMING, id: 'x', value: name, clock, random });
}

async function candidate(world: ActorWorld): Promise<void> {
  const leadership = await electionOf(world).campaign();
  world.granted(leadership);
  await world.step('lead');
  world.releasing(leadership);
  await leadership.resign();
}

async function proclaiming(world: ActorWorld): Promise<void> {
  const leadership = await electionOf(world).campaign();
  world.granted(leadership);
  await leadership.proclaim('other');
  world.releasing(leadership);
  await leadership.resign();
}
