import { isLockError } from '@holdfast/lock';
import type { Scenario } from '@holdfast/testkit/explore';
import { basicScenarios } from './basic-scenarios.js';
import { outsideScenarios } from './outside-scenarios.js';
import { Cast, type LockClass } from './parts.js';
import { sharingScenarios } from './sharing-scenarios.js';
import { staleScenarios } from './stale-scenarios.js';

/** Scenarios that the real lock must get through, whatever happens. */
export function lockScenarios(LockType: LockClass) {
  const cast = new Cast(LockType);
  return {
    ...basicScenarios(cast),
    ...staleScenarios(cast),
    ...outsideScenarios(cast),
    ...sharingScenarios(cast),
  };
}

export type LockScenarioName = keyof ReturnType<typeof lockScenarios>;

/**
 * `scenario`, for walks in which everything may be slow at any time: there a storage may rightly be called unsafe, since
 * its claims take too long.
 */
export function tolerant(scenario: Scenario): Scenario {
  const tolerates = (error: unknown): boolean =>
    isLockError(error, 'EUNSAFESTORAGE') || scenario.tolerates?.(error) === true;
  return { ...scenario, tolerates };
}
