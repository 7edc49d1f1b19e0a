import { printable, printableCause } from './printable.js';

/** Every `code` that a {@link VFSError} can have. The list is closed: adapters map onto it. */
export const VFS_ERROR_CODES = [
  'ENOENT',
  'EEXIST',
  'ENOTDIR',
  'EISDIR',
  'EFBIG',
  'ENOTEMPTY',
  'EACCES',
  'EINVAL',
  'ENOTSUP',
  'ECONFLICT',
  'EAUTH',
  'ECONN',
  'ETIMEDOUT',
  'EBUSY',
  'ENOSPC',
  'EIO',
] as const;

export type VFSErrorCode = (typeof VFS_ERROR_CODES)[number];

/**
 * What is known of a failed call.
 * - `failed`: it had no effect and never will.
 * - `unknown`: it may have taken effect, or still may: the reply was lost, a deadline passed,
 *   the caller gave up after sending. A server was seen to make a directory long after its client gave up.
 */
export type Outcome = 'failed' | 'unknown';

/** The operations of the contract, as they appear in {@link VFSError.op}. */
export type Operation =
  | 'mkdir'
  | 'writeFile'
  | 'readFile'
  | 'chtimes'
  | 'ls'
  | 'stat'
  | 'rm'
  | 'rename'
  | 'link'
  | 'watch'
  | 'open';

/** Calls that change nothing: whatever became of one, it had no effect. */
const READS: ReadonlySet<Operation> = new Set(['readFile', 'ls', 'stat', 'watch', 'open']);

/** The outcome of a call of `op` of which nothing more was heard. */
export function outcomeOfSilence(op: Operation): Outcome {
  return READS.has(op) ? 'failed' : 'unknown';
}

export interface VFSErrorInit {
  readonly code: VFSErrorCode;
  readonly op: Operation;
  readonly path: string;
  readonly adapter: string;
  /** Where the storage is, for the message: a folder, a host and port, a bucket. Never credentials. */
  readonly place?: string | undefined;
  /** Default `failed`. */
  readonly outcome?: Outcome | undefined;
  /** What was seen, in a few words, without credentials. Default: what the code means. */
  readonly detail?: string | undefined;
  /** What to do about it, without a full stop. Default: the advice that goes with the code. */
  readonly advice?: string | undefined;
  /** An error that would drive a terminal when printed is replaced by a copy that does not. */
  readonly cause?: unknown;
  /** See {@link VFSError.settled}. */
  readonly settled?: Promise<void> | undefined;
  /** See {@link VFSError.closed}. Default `false`. */
  readonly closed?: boolean | undefined;
}

const MEANING: Record<VFSErrorCode, readonly [meaning: string, advice: string]> = {
  ENOENT: ['it does not exist', 'Create the parent directory first, or check the path'],
  EEXIST: ['it already exists', 'Another caller was faster, or the name is taken'],
  ENOTDIR: ['a part of the path is not a directory', 'Check the path'],
  EISDIR: ['it is a directory', 'Name a file'],
  EFBIG: ['the file is larger than maxBytes', 'Raise maxBytes, or read another file'],
  ENOTEMPTY: ['the directory is not empty', 'Pass { recursive: true } to remove what is in it'],
  EACCES: ['permission denied', 'Check the rights of the user that this process runs as'],
  EINVAL: ['an argument is not valid', 'Correct the argument'],
  ENOTSUP: ['this storage cannot do that', "See the adapter's capabilities"],
  ECONFLICT: ['another request changed it at the same time', 'Look again, then retry'],
  EAUTH: ['the credentials were not accepted', 'Check user, key, password or token'],
  ECONN: ['the storage cannot be reached', 'Check address, network and server, then retry'],
  ETIMEDOUT: ['no answer within the deadline', 'Check that the server responds, or raise deadlineMs'],
  EBUSY: ['it is in use, or the storage is overloaded', 'Retry later'],
  ENOSPC: ['no space or quota left', 'Free some space'],
  EIO: ['the storage reported an error', 'See the cause'],
};

/**
 * The one error of every storage call.
 *
 * Read {@link code} to know what happened and {@link outcome} to know whether it may have happened all the same.
 */
export class VFSError extends Error {
  override readonly name = 'VFSError';
  readonly code: VFSErrorCode;
  readonly op: Operation;
  /** The path as the caller gave it, absolute within the VFS. */
  readonly path: string;
  /** The adapter's name, for instance `local`. */
  readonly adapter: string;
  /** Where the storage is, if the adapter tells: a folder, a host and port, a bucket. */
  readonly place: string | undefined;
  readonly outcome: Outcome;
  /** What was seen, printable. */
  readonly detail: string;
  /** What to do about it. */
  readonly advice: string;
  /**
   * Only where the facade stopped waiting for a call that still runs: fulfils if that call succeeded after all,
   * rejects if it failed. It may stay pending for ever. A rejection of it is never reported as unhandled.
   */
  readonly settled: Promise<void> | undefined;
  /** The VFS was closed, by this program: unlike after any other `ECONN` no later call on it can succeed. */
  readonly closed: boolean;

  constructor(init: VFSErrorInit) {
    const detail = init.detail === undefined ? MEANING[init.code][0] : printable(init.detail);
    const advice = init.advice ?? MEANING[init.code][1];
    const where = init.place === undefined ? init.adapter : `${init.adapter} (${init.place})`;
    const what = `${init.op} ${init.path} on ${where}: ${init.code}, ${detail}`;
    const doubt = init.outcome === 'unknown' ? ' (it may have taken effect all the same)' : '';
    const cause = printableCause(init.cause);
    super(printable(`${what}${doubt}. ${advice}.`), cause === undefined ? {} : { cause });
    this.code = init.code;
    this.op = init.op;
    this.path = init.path;
    this.adapter = init.adapter;
    this.place = init.place;
    this.outcome = init.outcome ?? 'failed';
    this.detail = detail;
    this.advice = advice;
    this.settled = init.settled;
    this.closed = init.closed === true;
    init.settled?.catch(() => undefined);
  }
}

/**
 * Whether `error` is a {@link VFSError}, with one of `codes` if any are given; then its `code` is known to be one of
 * those. Also true across duplicate installs.
 */
export function isVFSError<C extends VFSErrorCode = VFSErrorCode>(
  error: unknown,
  ...codes: C[]
): error is VFSError & { readonly code: C } {
  if (!(error instanceof Error) || error.name !== 'VFSError' || !('code' in error)) return false;
  return codes.length === 0 || codes.some((code) => code === error.code);
}

/**
 * What is known of a call that rejected with `error`. Whatever is not a {@link VFSError} (an abort reason, a defect)
 * says nothing, and counts as `unknown`.
 */
export function outcomeOf(error: unknown): Outcome {
  return isVFSError(error) ? error.outcome : 'unknown';
}
