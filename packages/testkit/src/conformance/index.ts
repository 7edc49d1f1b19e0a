export { contend } from './contend.js';
export {
  conformanceFailures,
  type ConformanceFailures,
  type ConformanceFailuresOptions,
} from './failures.js';
export type { NameKind, Refusals } from './names.js';
export type { OpenOptions, Place } from './place.js';
export { ConformanceError } from './verdict.js';
export { vfsConformance, type ConformanceOptions } from './vfs-conformance.js';
