export { contend } from './contend.js';
export type { NameKind } from './names.js';
export type { OpenOptions, Place } from './place.js';
export { ConformanceError } from './verdict.js';
export { vfsConformance, type ConformanceOptions } from './vfs-conformance.js';
