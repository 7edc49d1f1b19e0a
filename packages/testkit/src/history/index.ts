export {
  checkHistory,
  type CheckHistoryOptions,
  type HistoryFault,
  type HistoryReport,
  type HistoryViolation,
} from './check.js';
export { encodeEvent, hostTime, parseHistory, type HistoryEvent, type HistoryEventType } from './event.js';
export { HistoryRecorder, type HistoryRecorderOptions, type RecordedLease } from './recorder.js';
export { describeHistory, type DescribeHistoryOptions } from './report.js';
