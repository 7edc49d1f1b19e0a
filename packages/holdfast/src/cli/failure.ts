import {
  describeHolder,
  isLockError,
  LockedError,
  LockLostError,
  LockTimeoutError,
  type LossReason,
} from '@holdfast/lock';
import { isVFSError, printable } from '@holdfast/vfs';
import { formatDuration } from './duration.js';
import { ExitStatus } from './exit-status.js';
import { signalStatus } from './signals.js';

/** What the caller of the command line did wrong, or has to decide. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The command could not be started at all; `status` is what a shell would say. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly status: number;

  constructor(message: string, status: number) {
    super(message);
    this.status = status;
  }
}

/** What it had to print could not be. */
export class OutputError extends Error {
  override readonly name = 'OutputError';
}

/** A signal ended the waiting. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
  readonly signal: NodeJS.Signals;

  constructor(signal: NodeJS.Signals) {
    super(`interrupted by ${signal}`);
    this.signal = signal;
  }
}

/** Whether the lock was not obtained because somebody else has it. */
export function isNotObtained(error: unknown): boolean {
  return isLockError(error, 'ELOCKED', 'ELOCKSTALE', 'ELOCKTIMEOUT');
}

/** The exit status that stands for `error`. */
export function statusOf(error: unknown): number {
  if (error instanceof UsageError || isLockError(error, 'ELOCKOPTION')) return ExitStatus.usage;
  if (error instanceof CommandError) return error.status;
  if (error instanceof OutputError) return ExitStatus.notPrinted;
  if (error instanceof Interrupted) return signalStatus(error.signal);
  if (isNotObtained(error)) return ExitStatus.notObtained;
  if (isLockError(error, 'ELOCKLOST')) return ExitStatus.lost;
  if (isLockError(error, 'EUNSAFESTORAGE', 'ELEDGER')) return ExitStatus.unavailable;
  if (isVFSError(error)) {
    return error.op === 'open' && error.code === 'EINVAL' ? ExitStatus.usage : ExitStatus.unavailable;
  }
  return ExitStatus.defect;
}

const LOSS: Record<LossReason, string> = {
  expired: 'no heartbeat succeeded in time, or this machine or process stood still',
  broken: 'somebody has broken it, or passed it as stale',
  removed: 'its claim was removed from the storage',
  duplicated: 'another process beats for the same claim, as the clone of a running machine does',
  attached: 'somebody else has taken it up',
  detached: 'it was handed out',
  released: 'it was released',
};

/** `error` as one line for a terminal. Never a stack. */
export function messageOf(error: unknown): string {
  return printable(sentenceOf(error));
}

function sentenceOf(error: unknown): string {
  if (error instanceof LockedError) {
    return `lock "${error.id}" is held by ${describeHolder(error.holder)}, token ${error.token}`;
  }
  if (error instanceof LockTimeoutError) {
    const { id, timeoutMs, token, holder } = error;
    const who = token === undefined ? '' : `; it is held by ${describeHolder(holder)}, token ${token}`;
    return `lock "${id}" was not obtained within --timeout ${formatDuration(timeoutMs)}${who}`;
  }
  if (error instanceof LockLostError) {
    return `lock "${error.id}", token ${error.token}, was lost: ${LOSS[error.reason]}`;
  }
  const text = error instanceof Error ? error.message : String(error);
  return statusOf(error) === ExitStatus.defect
    ? `this is a defect of Holdfast, please report it: ${text}`
    : text;
}
