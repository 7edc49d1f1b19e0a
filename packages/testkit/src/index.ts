export * from './clock/index.js';
export * from './conformance/index.js';
export * from './history/index.js';
export * from './explore/index.js';
export * from './faulty/index.js';
export { makeStale, type MakeStaleOptions } from './make-stale.js';
