export type { Fault, FaultRule, RandomFaultKind, RandomFaults } from './fault.js';
export { faulty, type FaultyOptions } from './faulty.js';
export { Gate } from './gate.js';
export { FaultPlan, type CallFaults, type FaultTarget } from './plan.js';
export { makeStale, type MakeStaleOptions } from './make-stale.js';
