export { Backoff, backoffMs, type Attempt, type BackoffOptions } from './adapter/backoff.js';
export {
  FailedAttempt,
  failure,
  rowOf,
  toVFSError,
  type About,
  type Failure,
  type FailureTable,
} from './adapter/failure.js';
export { isClock, optionError, parseOptions, type OptionsSchema } from './adapter/options.js';
export { retry, type RetryOptions } from './adapter/retry.js';
export { sleep } from './adapter/sleep.js';
export { whenAborted } from './adapter/when-aborted.js';
export { parseURL, type OptionKind, type URLParts, type URLRules } from './adapter/url.js';
export type { Answer, VFSDriver } from './facade/driver.js';
export { outcomeOfSilence } from './errors/error.js';
export { createVFS, type CreateVFSOptions } from './facade/facade.js';
export { describeIssues, type Issue } from './errors/issues.js';
