export { diagram, replayLine, type DiagramOptions } from './diagram.js';
export {
  describeExploration,
  explore,
  exploreAtRandom,
  type Exploration,
  type ExploreOptions,
  type RandomWalkOptions,
} from './explore.js';
export type { Merging } from './enabled.js';
export { ledgerRules, type LedgerExceptions } from './ledger-rules.js';
export { replay, type Replay, type ReplayRow } from './replay.js';
export type { TraceRow, Violation, ViolationKind } from './run.js';
export type { ActorScript, ActorWorld, Effect, Hold, Rule, Scenario, StorageView } from './scenario.js';
export {
  FAULT_KINDS,
  formatSchedule,
  parseSchedule,
  type FaultKind,
  type Schedule,
  type Transition,
} from './transition.js';
