export { checkHistory, type CheckHistoryOptions, type HistoryReport } from './check.js';
export { encodeEvent, hostTime, parseHistory, type HistoryEvent, type HistoryEventType } from './event.js';
export { HistoryRecorder, type HistoryRecorderOptions, type RecordedLease } from './recorder.js';
export { describeHistory, type DescribeHistoryOptions } from './report.js';
export type { HistoryFault, HistoryViolation } from './violation.js';
