export type { Capabilities } from './contract/capabilities.js';
export { systemClock, type Clock, type ScheduleOptions, type Timer } from './contract/clock.js';
export type { Entry, EntryType, FileInfo } from './contract/entry.js';
export {
  isVFSError,
  outcomeOf,
  VFS_ERROR_CODES,
  VFSError,
  type Operation,
  type Outcome,
  type VFSErrorCode,
  type VFSErrorInit,
} from './errors/error.js';
export {
  intercept,
  perform,
  type Call,
  type Interceptor,
  type InterceptOptions,
  type ResultOf,
  type Results,
} from './wrappers/intercept.js';
export { describeIssues, type Issue } from './errors/issues.js';
export { joinPath, nameOf, parentOf, parsePath, ROOT, segmentsOf, type VFSPath } from './contract/path.js';
export { printable } from './errors/printable.js';
export { scoped } from './wrappers/scoped.js';
export { traced, type Trace, type TraceChannel, type TraceChannels } from './wrappers/traced.js';
export type {
  CallOptions,
  MkdirOptions,
  OnChange,
  ReadFileOptions,
  RmOptions,
  VFS,
  Watcher,
  WriteFileOptions,
} from './contract/vfs.js';
export { withDeadline, type WithDeadlineOptions } from './wrappers/with-deadline.js';
