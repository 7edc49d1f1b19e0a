import {
  outcomeOfSilence,
  VFSError,
  type Operation,
  type Outcome,
  type VFSErrorCode,
} from '../errors/error.js';

/** What one way of failing means: a row of an adapter's table of failures. */
export interface Failure {
  readonly code: VFSErrorCode;
  /** What it says of a call that changes something: that it had no effect, or that it may have had one. */
  readonly outcome: Outcome;
  /** Whether the same call may well succeed a moment later. */
  readonly retryable: boolean;
  /** What was seen, in a few words. Default: what the code means. */
  readonly detail?: string | undefined;
  /** What to do about it. Default: the advice that goes with the code. */
  readonly advice?: string | undefined;
}

/** The failures of a storage, by whatever it tells them apart with: an errno, a status, a code in an answer. */
export type FailureTable = Readonly<Record<string | number, Failure>>;

/** A row of `code` that had no effect and will come to the same again, unless `more` says otherwise. */
export function failure(code: VFSErrorCode, more: Partial<Omit<Failure, 'code'>> = {}): Failure {
  return { code, outcome: 'failed', retryable: false, ...more };
}

/** The row of `key`, if the table has one of its own: what comes from a server may also be called `constructor`. */
export function rowOf(table: FailureTable, key: string | number | undefined): Failure | undefined {
  return key !== undefined && Object.hasOwn(table, key) ? table[key] : undefined;
}

/** What an error is about. */
export interface About {
  readonly op: Operation;
  readonly path: string;
  readonly adapter: string;
  /** Where the storage is, for the message. Never credentials. */
  readonly place?: string | undefined;
}

/** One attempt of a call that failed, in the terms of the adapter; {@link toVFSError} makes of it what a caller gets. */
export class FailedAttempt extends Error {
  override readonly name = 'FailedAttempt';
  readonly failure: Failure;
  /** Milliseconds after which the storage asks to be tried again, if it does. */
  readonly retryAfterMs: number | undefined;

  constructor(
    what: Failure,
    { cause, retryAfterMs }: { readonly cause?: unknown; readonly retryAfterMs?: number | undefined } = {},
  ) {
    super(what.detail ?? what.code, cause === undefined ? {} : { cause });
    this.failure = what;
    this.retryAfterMs = retryAfterMs;
  }

  /** The same where an earlier attempt of the call may have had an effect. */
  inDoubt(): FailedAttempt {
    if (this.failure.outcome === 'unknown') return this;
    const { cause, retryAfterMs } = this;
    return new FailedAttempt({ ...this.failure, outcome: 'unknown' }, { cause, retryAfterMs });
  }
}

/** What `what` is to the caller of `about`. A call that changes nothing had no effect, whatever became of it. */
export function toVFSError(what: Failure | FailedAttempt, about: About, cause?: unknown): VFSError {
  const row = what instanceof FailedAttempt ? what.failure : what;
  const { op, path, adapter, place } = about;
  const { code, detail, advice } = row;
  return new VFSError({
    code,
    op,
    path,
    adapter,
    place,
    detail,
    advice,
    outcome: row.outcome === 'unknown' ? outcomeOfSilence(op) : 'failed',
    cause: cause ?? (what instanceof FailedAttempt ? what.cause : undefined),
  });
}
