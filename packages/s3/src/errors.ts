import { printable, type Operation, type VFSError } from '@holdfast/vfs';
import { FailedAttempt, rowOf, toVFSError, type Failure } from '@holdfast/vfs/adapter';
import {
  BY_CODE,
  BY_ERRNO,
  BY_NAME,
  BY_STATUS,
  byClass,
  NO_REGION,
  NOT_UNDERSTOOD,
  WRONG_REGION,
} from './store/failures.js';

/** What an answer told besides its body. */
export interface AnswerTraits {
  /** The region that the store says the bucket is in. */
  readonly region?: string | undefined;
  /** How long the store asks to wait before the next request, in milliseconds. */
  readonly retryAfterMs?: number | undefined;
}

/** Least wait after the store asked to slow down. R2 and Google Cloud Storage take one write a second to one key. */
const SLOWER_MS = 1000;

/** Tells what became of a request that failed with `error`. It keeps nothing of what the SDK threw. */
export function failureOf(error: unknown, answer: AnswerTraits = {}): FailedAttempt {
  if (error instanceof FailedAttempt) return error;
  const traits = traitsOf(error);
  const { name, code, message, status, skewCorrected } = traits;
  let failure =
    (status === undefined ? undefined : byAnswer(status, name)) ??
    rowOf(BY_ERRNO, code) ??
    rowOf(BY_NAME, name) ??
    (/region is missing/i.test(message) ? NO_REGION : NOT_UNDERSTOOD);
  const misplaced = failure === WRONG_REGION || failure === BY_CODE['AuthorizationHeaderMalformed'];
  if (misplaced)
    failure = placed(failure, answer.region ?? nameIn(error, 'Region'), nameIn(error, 'Endpoint'));
  // The SDK has learnt the store's time from this very refusal, and signs by it from now on.
  if (skewCorrected && ['EAUTH', 'EACCES', 'EINVAL'].includes(failure.code)) {
    failure = { ...failure, retryable: true };
  }
  return new FailedAttempt(failure, {
    cause: summaryOf(traits, failure.code === 'EAUTH'),
    retryAfterMs: answer.retryAfterMs ?? (failure.code === 'EBUSY' ? slowerMs() : undefined),
  });
}

function byAnswer(status: number, code: string): Failure | undefined {
  const failure = rowOf(BY_CODE, code) ?? rowOf(BY_STATUS, status) ?? byClass(status);
  // A refusal of the client's comes before anything is done, whatever code it has; a proxy's 503 may come after.
  return failure?.code === 'EBUSY' && status < 500 ? { ...failure, outcome: 'failed' } : failure;
}

/** Spread, so that those who were refused together do not come back together. */
function slowerMs(): number {
  return SLOWER_MS * (1 + Math.random() / 2);
}

/** A misplaced bucket with what the store says of its place. It is never gone to unasked. */
function placed(failure: Failure, region: string | undefined, host: string | undefined): Failure {
  const detail = `the bucket is in another ${region === undefined ? 'place' : 'region'}`;
  if (region !== undefined) {
    return { ...WRONG_REGION, detail: `${detail}, ${region}`, advice: `Set region to ${region}` };
  }
  if (host === undefined) return failure;
  return {
    ...WRONG_REGION,
    detail: `${detail}, ${host}`,
    advice: `Set region, or endpoint to https://${host}`,
  };
}

/** A name in an answer's error document, if it can be one. */
function nameIn(error: unknown, field: 'Region' | 'Endpoint'): string | undefined {
  const value = record(error)[field];
  return typeof value === 'string' && /^[a-z0-9.-]{1,100}$/i.test(value) ? value : undefined;
}

/** The failure as the caller of `op` gets it. `where` names the bucket and its store. */
export function vfsErrorOf(failed: FailedAttempt, op: Operation, path: string, where: string): VFSError {
  const { detail } = failed.failure;
  const told = detail === undefined ? failed.failure : { ...failed.failure, detail: `${detail} (${where})` };
  return toVFSError(told, { op, path, adapter: 's3' }, failed.cause);
}

interface Traits {
  readonly name: string;
  readonly code: string;
  readonly message: string;
  readonly status: number | undefined;
  readonly requestId: string | undefined;
  readonly skewCorrected: boolean;
}

function traitsOf(error: unknown): Traits {
  const thrown = record(error);
  const metadata = record(thrown['$metadata']);
  const response = record(thrown['$response']);
  const status = metadata['httpStatusCode'] ?? response['statusCode'];
  const text = (value: unknown): string => (typeof value === 'string' ? value : '');
  return {
    name: text(thrown['name']),
    code: text(thrown['code']) || text(record(thrown['cause'])['code']),
    message: text(thrown['message']),
    status: typeof status === 'number' ? status : undefined,
    requestId: text(metadata['requestId']) || undefined,
    skewCorrected: metadata['clockSkewCorrected'] === true,
  };
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

/** Longest text of a store's that is shown. */
const LONGEST_TEXT = 300;

/**
 * What may be shown of an error of the SDK. The error itself may not: it carries the response, and a refused signature
 * comes back with the access key and what was signed.
 */
function summaryOf({ name, code, message, status, requestId }: Traits, secretive: boolean): Error {
  const parts = [
    [name, code].filter((part) => part !== '').join(' '),
    status === undefined ? '' : `HTTP ${status}`,
    requestId === undefined ? '' : `request ${requestId}`,
    secretive ? '' : message,
  ].map((part) => part.slice(0, LONGEST_TEXT));
  return answerSummary(parts.filter((part) => part !== '').join(', '));
}

/** A cause that says in a few words what a store answered. */
export function answerSummary(text: string): Error {
  const summary = new Error(printable(text));
  summary.name = 'S3Answer';
  return summary;
}
