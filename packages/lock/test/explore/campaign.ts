import type { ExploreOptions, FaultKind, Scenario } from '@holdfast/testkit/explore';
import type { LockScenarioName } from './scenarios.js';

/** One exploration among several. */
export interface Sortie {
  readonly scenario: LockScenarioName;
  /** How many steps of time, if not as many as the scenario says. */
  readonly ticks?: number;
  readonly options: ExploreOptions;
}

/** `scenario` with as many steps of time as `sortie` says. */
export function within(scenario: Scenario, { ticks = scenario.ticks }: Sortie): Scenario {
  return { ...scenario, ticks };
}

const each = (scenarios: readonly LockScenarioName[], options: ExploreOptions, ticks?: number): Sortie[] =>
  scenarios.map((scenario) => (ticks === undefined ? { scenario, options } : { scenario, options, ticks }));

const MERGED = { merge: 'moments' } as const;
const CRASH: readonly FaultKind[] = ['crash'];

/** Of one moment: small enough to go through in seconds. */
const AT_ONCE: readonly LockScenarioName[] = [
  'inTurn',
  'again',
  'gap',
  'leapt',
  'scattered',
  'kinds',

  'readersWriter',
  'downgrade',
  'handedOn',
  'twoAttach',
  'oneProcess',
];

/** With a step of time or two. */
const IN_TIME: readonly LockScenarioName[] = ['inTurn', 'once', 'releaseIfStale', 'timeouts'];

const ALL: readonly LockScenarioName[] = [
  ...AT_ONCE,
  'removed',
  'shared',
  'bothViews',
  'fresh',
  'three',
  'lateClaim',
  'cleanUp',
  'listings',
  'backwards',
  'breaking',
  'former',
  'takeover',
  'threeTakeover',
  'deadWaiter',
  'unbeaten',
  'windows',
  'reported',
  'local',
  'proofOfDeath',
  'mount',
  'clone',
  'removedStale',
  'setBack',
  'thereAndBack',
  'rates',
  'attachOrPass',
];

/** What every test run goes through, all of it in full: a few minutes on two cores that have nothing else to do. */
export const SHORT_CAMPAIGN: readonly Sortie[] = [
  ...each(AT_ONCE, { faults: 0, ...MERGED }, 0),
  ...each(IN_TIME, { faults: 0, ...MERGED }),
  ...each(['inTurn', 'again', 'gap', 'handedOn', 'twoAttach'], { faults: 1, ...MERGED }, 0),
];

/** What `npm run explore` goes through: some hours, the shortest part first. */
export const LONG_CAMPAIGN: readonly Sortie[] = [
  ...each(['inTurn', 'again', 'twoAttach'], { faults: 0, merge: 'none' }, 0),
  ...each(ALL, { faults: 0, ...MERGED }),
  ...each(ALL, { faults: 1, faultKinds: CRASH, ...MERGED }),
  ...each(ALL, { faults: 1, ...MERGED }),
];
