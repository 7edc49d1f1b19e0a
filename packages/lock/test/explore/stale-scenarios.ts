import type { HostIdentity } from '@holdfast/lock';
import type { ActorScript, ActorWorld, Scenario } from '@holdfast/testkit/explore';
import { Cast, dead, deadOnMount, entry, ledger, LOCAL, MOUNT, TICK_MS, WINDOW_MS } from './parts.js';

/** Somebody has died, or may. */
export function staleScenarios(cast: Cast) {
  const contender = cast.contender.bind(cast);
  /** Knows who of the others has crashed, as the system of their host does. */
  const local: ActorScript = (world) => contender({ identity: identityOf(world) })(world);
  return {
    takeover: cast.scenario({
      name: 'a dead holder and two contenders',
      setup: ledger(...dead(1)),
      actors: { A: contender(), B: contender() },
      ticks: 2,
    }),
    threeTakeover: cast.scenario({
      name: 'a dead holder and three contenders',
      setup: ledger(...dead(1)),
      actors: { A: contender(), B: contender(), C: contender() },
      ticks: 1,
    }),
    deadWaiter: cast.scenario({
      name: 'a dead holder, a dead waiter behind it, and two contenders',
      setup: ledger(...dead(1), ...dead(2)),
      actors: { A: contender(), B: contender() },
      ticks: 1,
    }),
    unbeaten: cast.scenario({
      name: 'a claim that never beat, and two contenders with long windows',
      setup: ledger('1'),
      actors: {
        A: contender({ staleAfterMs: 2 * WINDOW_MS, heartbeatMs: 8_500 }),
        B: contender({ staleAfterMs: 2 * WINDOW_MS, heartbeatMs: 8_500 }),
      },
      ticks: 4,
    }),
    windows: cast.scenario({
      name: 'a long and a short window',
      actors: { A: contender({ staleAfterMs: 2 * WINDOW_MS, heartbeatMs: 8_500 }), B: contender() },
      ticks: 4,
      aftermath: {
        script: async (world) => world.granted(await cast.lockOf(world).acquire()),
        withinMs: 4 * WINDOW_MS,
      },
    }),
    once: cast.scenario({
      name: 'a dead holder, and two who try but once',
      setup: ledger(...dead(1)),
      actors: { A: contender({ once: true }), B: contender({ once: true }) },
      ticks: 2,
    }),
    reported: cast.scenario({
      name: 'a dead holder, one who takes over and one who only reports',
      setup: ledger(...dead(1)),
      actors: { A: contender(), B: contender({ onStale: 'fail' }) },
      ticks: 1,
    }),
    releaseIfStale: cast.scenario({
      name: 'a dead holder, a contender, and one who releases what is stale',
      setup: ledger(...dead(1)),
      actors: {
        A: contender(),
        B: async (world) => void (await cast.lockOf(world).releaseIfStale()),
      },
      ticks: 1,
    }),
    local: cast.scenario({
      name: 'a dead holder on a local disk, whose claims are files',
      capabilities: LOCAL,
      setup: ledger(...dead(1)),
      actors: { A: contender(), B: contender() },
      ticks: 1,
    }),
    proofOfDeath: cast.scenario({
      name: 'two contenders of one host, who see which of them has died',
      capabilities: LOCAL,
      actors: { A: local, B: local },
      ticks: 2,
    }),
    mount: cast.scenario({
      name: 'a dead holder on a mount, where a beat is an entry',
      capabilities: MOUNT,
      setup: ledger(...deadOnMount(1)),
      actors: { A: contender(), B: contender() },
      ticks: 1,
    }),
    kinds: cast.scenario({
      name: 'claims as files and as directories in one ledger',
      setup: ledger(...dead(1)),
      actors: {
        A: contender(),
        B: (world) => contender()({ ...world, vfs: world.view(LOCAL) }),
      },
      ticks: 1,
    }),
    oneProcess: cast.scenario({
      name: 'two Locks of one process, and a contender of another',
      actors: {
        A: async (world) => {
          await Promise.all([contender()(world), contender()(world)]);
        },
        B: contender(),
      },
      ticks: 1,
    }),
    bothViews: cast.scenario({
      name: 'one process with two views of one ledger, and a contender of another',
      actors: {
        A: async (world) => {
          const vfs = world.view({ claimAs: 'file', exclusiveWrite: true, link: true });
          await Promise.all([contender()(world), contender()({ ...world, vfs })]);
        },
        B: contender(),
      },
      ticks: 1,
    }),
    clone: cast.scenario(
      {
        name: 'somebody beats for the claim of another, as a cloned machine does',
        actors: {
          A: contender(),
          B: contender(),
          C: async (world) => {
            const { vfs } = world;
            await world.step('wake up');
            world.breaking();
            const claims = (await vfs.ls('/lockfile-x')).filter(({ name }) => /^\d+$/.test(name));
            for (const { name } of claims)
              await vfs.writeFile(`/lockfile-x/${name}.beat.${WINDOW_MS}`, 'of the clone');
          },
        },
        ticks: 2,
      },
      { lawless: ['C'] },
    ),
    former: cast.scenario(
      {
        name: 'what was sent to a ledger that is gone arrives in the one made in its place',
        setup: async () => undefined,
        actors: {
          A: contender(),
          B: contender(),
          C: async (world) => {
            const { vfs } = world;
            await world.step('send');
            const late = (call: Promise<void>): Promise<void> => call.catch(() => undefined);
            await late(vfs.mkdir(entry('5')));
            await late(vfs.mkdir(entry('5.free')));
            await late(vfs.writeFile(entry(`4.beat.${TICK_MS}`), 'late'));
            await late(vfs.mkdir(entry('6.floor')));
            await late(vfs.rm(entry('5.free')));
          },
        },
        ticks: 1,
      },
      { lawless: ['C'] },
    ),
  } satisfies Record<string, Scenario>;
}

function identityOf(world: ActorWorld): HostIdentity {
  const ofActor = (pid: number): string => String.fromCharCode(pid);
  const host = { host: 'one', boot: 'b', pidNamespace: 'p', timeNamespace: 't' };
  return {
    self: { ...host, pid: world.name.charCodeAt(0), start: '1' },
    isDead: ({ pid }) => world.name !== ofActor(pid) && world.gone(ofActor(pid)),
  };
}
