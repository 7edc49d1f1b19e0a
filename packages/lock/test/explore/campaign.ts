import type { ExploreOptions, FaultKind } from '@holdfast/testkit/explore';
import type { LockScenarioName } from './scenarios.js';

/** One exploration among several. */
export interface Sortie {
  readonly scenario: LockScenarioName;
  readonly options: ExploreOptions;
}

/** Those of two contenders, the smallest first. */
const TWO: readonly LockScenarioName[] = [
  'takeover',
  'inTurn',
  'names',
  'timeouts',
  'windows',
  'tidyUp',
  'cleanUp',
  'once',
  'fresh',
  'lateClaim',
  'again',
  'mount',
];
const THREE: readonly LockScenarioName[] = ['strays', 'three', 'threeTakeover'];
const CRASH: readonly FaultKind[] = ['crash'];

const each = (scenarios: readonly LockScenarioName[], options: ExploreOptions): Sortie[] =>
  scenarios.map((scenario) => ({ scenario, options }));

/** What every test run goes through, all of it in full: two minutes on a core that has nothing else to do. */
export const SHORT_CAMPAIGN: readonly Sortie[] = [
  ...each(
    ['takeover', 'inTurn', 'names', 'timeouts', 'windows', 'fresh', 'once', 'tidyUp', 'again', 'three'],
    { faults: 0 },
  ),
  ...each(['cleanUp', 'lateClaim', 'strays', 'threeTakeover'], { faults: 0, merge: 'moments' }),
  ...each(['takeover'], { faults: 0, merge: 'none' }),
  ...each(['takeover'], { faults: 1 }),
  ...each(['inTurn'], { faults: 1, merge: 'moments' }),
  ...each(['windows', 'timeouts', 'names'], { faults: 1, faultKinds: CRASH }),
];

/** What `npm run explore` goes through: some hours, the shortest part first. */
export const LONG_CAMPAIGN: readonly Sortie[] = [
  ...each([...TWO, ...THREE], { faults: 0 }),
  ...each(['takeover', 'inTurn', 'names', 'timeouts', 'windows'], { faults: 0, merge: 'none' }),
  ...each(TWO, { faults: 1, merge: 'moments' }),
  ...each(THREE, { faults: 1, faultKinds: CRASH, merge: 'moments' }),
  ...each(TWO, { faults: 1 }),
  ...each(['takeover'], { faults: 1, merge: 'none' }),
  ...each(THREE, { faults: 1, merge: 'moments' }),
  ...each(['takeover', 'inTurn'], { faults: 2, merge: 'moments' }),
];
