import type { Scenario } from '@holdfast/testkit/explore';
import { Cast, dead, DIRECTORY, ledger } from './parts.js';

const HOUR_MS = 3_600_000;

/** Something comes from outside: the directory is removed, a clock is set, clocks do not run alike. */
export function outsideScenarios(cast: Cast) {
  const contender = cast.contender.bind(cast);
  return {
    removed: cast.scenario({
      name: 'the directory is removed, idle or held',
      actors: { A: contender(), B: contender() },
      events: [{ kind: 'removal', path: DIRECTORY }],
      ticks: 1,
    }),
    removedStale: cast.scenario({
      name: 'the directory of a dead holder is removed while somebody observes it',
      setup: ledger(...dead(1)),
      actors: { A: contender(), B: contender() },
      events: [{ kind: 'removal', path: DIRECTORY }],
      ticks: 1,
    }),
    setBack: cast.scenario({
      name: 'a wall clock is set back',
      actors: { A: contender(), B: contender() },
      events: [{ kind: 'wall-jump', actor: 'A', ms: -HOUR_MS }],
      ticks: 2,
    }),
    thereAndBack: cast.scenario({
      name: 'a wall clock jumps there and back',
      actors: { A: contender(), B: contender() },
      events: [
        { kind: 'wall-jump', actor: 'A', ms: HOUR_MS },
        { kind: 'wall-jump', actor: 'A', ms: -HOUR_MS },
      ],
      ticks: 2,
    }),
    rates: cast.scenario({
      name: 'clocks that differ by nearly the margin',
      setup: ledger(...dead(1)),
      actors: {
        A: { script: contender(), rate: 0.96 },
        B: { script: contender(), rate: 1.04 },
      },
      ticks: 2,
    }),
  } satisfies Record<string, Scenario>;
}
