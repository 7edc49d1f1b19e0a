import type { Scenario } from '@holdfast/testkit/explore';
import { Cast, dead, entry, ledger, LOCAL, over, TICK_MS } from './parts.js';

/** Marks without a claim, seven of them, which a floor has closed: with one more number it is worth while to clean up. */
const LITTER = ['7.floor', ...[1, 2, 3, 4, 5, 6, 7].map((number) => `${number}.free`)];

/** Contenders that live, one after the other. */
export function basicScenarios(cast: Cast) {
  const contender = cast.contender.bind(cast);
  return {
    inTurn: cast.scenario({
      name: 'two contenders, one after the other',
      actors: { A: contender(), B: contender() },
      ticks: 1,
    }),
    again: cast.scenario({
      name: 'two contenders, one of them twice',
      actors: { A: contender({ rounds: 2 }), B: contender() },
      ticks: 0,
    }),
    fresh: cast.scenario({
      name: 'two contenders where there was never a lock',
      setup: async () => undefined,
      actors: { A: contender(), B: contender() },
      ticks: 0,
    }),
    three: cast.scenario({
      name: 'three contenders',
      actors: { A: contender(), B: contender(), C: contender() },
      ticks: 0,
    }),
    gap: cast.scenario({
      name: 'a number below that nobody has claimed',
      setup: ledger(...over(1), ...over(3)),
      actors: { A: contender(), B: contender() },
      ticks: 0,
    }),
    leapt: cast.scenario(
      {
        name: 'one has leapt over a number, which another one is about to make',
        setup: ledger(...over(1)),
        actors: {
          A: contender(),
          B: contender(),
          C: async (world) => {
            await world.step('leap');
            await world.vfs.mkdir(entry('3'));
            await world.vfs.mkdir(entry('3.free'));
          },
        },
        ticks: 0,
      },
      { lawless: ['C'] },
    ),
    lateClaim: cast.scenario({
      name: 'one claims late, the other goes through numbers and cleans up',
      capabilities: LOCAL,
      setup: ledger(...LITTER),
      actors: { A: contender(), B: contender({ rounds: 2 }) },
      ticks: 0,
    }),
    cleanUp: cast.scenario({
      name: 'old numbers to clean up',
      capabilities: LOCAL,
      setup: ledger(...LITTER, ...over(8)),
      actors: { A: contender(), B: contender() },
      ticks: 0,
    }),
    timeouts: cast.scenario({
      name: 'two contenders without patience',
      actors: { A: contender({ timeoutMs: TICK_MS + 4_500 }), B: contender({ timeoutMs: 4_500 }) },
      ticks: 2,
    }),
    breaking: cast.scenario(
      {
        name: 'two contenders, and one who breaks their locks',
        actors: {
          A: contender(),
          B: contender(),
          C: async (world) => {
            const lock = cast.lockOf(world);
            const { holders } = await lock.inspect();
            await world.step('break');
            for (const { token } of holders) {
              world.breaking(token);
              await lock.breakLock({ token });
            }
          },
        },
        ticks: 1,
      },
      { mayBreak: true },
    ),
    listings: cast.scenario({
      name: 'listings read in parts, forwards, while the ledger is cleaned up',
      capabilities: LOCAL,
      setup: ledger(...LITTER),
      listings: 'forwards',
      actors: { A: contender(), B: contender({ rounds: 2 }) },
      ticks: 0,
    }),
    backwards: cast.scenario({
      name: 'listings read in parts, backwards, while the ledger is cleaned up',
      capabilities: LOCAL,
      setup: ledger(...LITTER),
      listings: 'backwards',
      actors: { A: contender(), B: contender({ rounds: 2 }) },
      ticks: 0,
    }),
    scattered: cast.scenario({
      name: 'listings read in parts, here and there',
      setup: ledger(...dead(1), '1.free'),
      listings: 'scattered',
      actors: { A: contender({ rounds: 2 }), B: contender() },
      ticks: 0,
    }),
  } satisfies Record<string, Scenario>;
}
