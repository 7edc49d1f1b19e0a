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
export { replay, type Replay, type ReplayRow } from './replay.js';
export type { TraceRow, Violation, ViolationKind } from './run.js';
export type { Effect, Grant, Rule, StorageView } from './rule.js';
export type { ActorSetup, ListingOrder, Scenario, WorldEvent } from './scenario.js';
export type { Sharing } from './sharing.js';
export type { ActorScript, ActorWorld, Hold } from './world.js';
export {
  FAULT_KINDS,
  formatSchedule,
  parseSchedule,
  type FaultKind,
  type Schedule,
  type Transition,
} from './transition.js';
