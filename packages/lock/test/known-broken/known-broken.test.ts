import { describe, expect, test } from 'vitest';
import {
  describeExploration,
  diagram,
  explore,
  type ExploreOptions,
  type Scenario,
} from '@holdfast/testkit/explore';
import { numberedClaims } from './numbered.fixture.js';
import { properLockfile } from './proper-lockfile.fixture.js';
import { remoteLockFile } from './remote-lock-file.fixture.js';
import { renameAside } from './rename-aside.fixture.js';

const WITHOUT_FAULTS: ExploreOptions = { faults: 0, order: 'breadth' };
const ONE_FREEZE: ExploreOptions = { faults: 1, faultKinds: ['freeze'], order: 'breadth' };
const ONE_SLOW: ExploreOptions = { faults: 1, faultKinds: ['slow-call'], order: 'breadth' };
const IN_DEPTH_SLOW: ExploreOptions = { ...ONE_SLOW, order: 'depth' };
const IN_DEPTH_FREEZE: ExploreOptions = { ...ONE_FREEZE, order: 'depth' };

async function violationOf(scenario: Scenario, options: ExploreOptions): Promise<string | undefined> {
  const explored = await explore(scenario, options);
  console.log(describeExploration(explored));
  if (explored.violation) console.log(diagram(explored.violation));
  return explored.violation?.violation?.kind;
}

describe('the explorer finds two holders in', () => {
  test.each([
    [remoteLockFile.afterDeath, WITHOUT_FAULTS],
    [remoteLockFile.paused, ONE_FREEZE],
    [properLockfile.afterDeath, WITHOUT_FAULTS],
    [properLockfile.coarse, ONE_FREEZE],
    [renameAside.afterDeath, WITHOUT_FAULTS],
    [numberedClaims.lateClaim.withoutRule2, ONE_SLOW],
    [numberedClaims.windows.withoutEntry, ONE_FREEZE],
  ])(
    '$name',
    async (scenario, options) => {
      expect(await violationOf(scenario, options)).toBe('two-holders');
    },
    60_000,
  );
});

describe('and none in', () => {
  test.each([
    [numberedClaims.lateClaim.whole, IN_DEPTH_SLOW],
    [numberedClaims.windows.whole, IN_DEPTH_FREEZE],
  ])(
    '$name',
    async (scenario, options) => {
      expect(await violationOf(scenario, options)).toBe(undefined);
    },
    60_000,
  );
});
