import type { ExploreOptions } from '@holdfast/testkit/explore';
import type { LockScenarioName } from './scenarios.js';

/** One exploration among several. */
export interface Sortie {
  readonly scenario: LockScenarioName;
  readonly options: ExploreOptions;
}

export const SHORT_CAMPAIGN: readonly Sortie[] = [];
export const LONG_CAMPAIGN: readonly Sortie[] = [];
