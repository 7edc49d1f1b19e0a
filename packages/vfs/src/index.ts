export type { Capabilities } from './capabilities.js';
export { systemClock, type Clock, type ScheduleOptions, type Timer } from './clock.js';
export type { Entry, EntryType, FileInfo } from './entry.js';
export {
  isVFSError,
  outcomeOf,
  VFS_ERROR_CODES,
  VFSError,
  type Operation,
  type Outcome,
  type VFSErrorCode,
  type VFSErrorInit,
} from './error.js';
export {
  intercept,
  perform,
  type Call,
  type Interceptor,
  type InterceptOptions,
  type ResultOf,
  type Results,
} from './intercept.js';
export { describeIssues, type Issue } from './issues.js';
export { joinPath, nameOf, parentOf, parsePath, ROOT, segmentsOf, type VFSPath } from './path.js';
export { printable } from './printable.js';
export { scoped } from './scoped.js';
export { traced, type Trace, type TraceChannel, type TraceChannels } from './traced.js';
export type {
  CallOptions,
  MkdirOptions,
  OnChange,
  ReadFileOptions,
  RmOptions,
  VFS,
  Watcher,
  WriteFileOptions,
} from './vfs.js';
export { withDeadline, type WithDeadlineOptions } from './with-deadline.js';
