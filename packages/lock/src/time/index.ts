export { cancellation, OUT_OF_TIME, type Cancellation } from './cancellation.js';
export { afterCaller, detach, isTransient, pause, pauseAfter, retryUntil, waitAtMost } from './retry.js';
export { stopwatchOf } from './stopwatch.js';
