import { printable } from '@holdfast/vfs';

/** Every `code` that an error of the lock can have. */
export type LockErrorCode =
  'ELOCKED' | 'ELOCKSTALE' | 'ELOCKTIMEOUT' | 'ELOCKLOST' | 'EUNSAFESTORAGE' | 'ELOCKOPTION';

/** What all errors of the lock have in common. Errors of the storage itself are `VFSError`s and pass through. */
export abstract class LockError extends Error {
  abstract readonly code: LockErrorCode;

  protected constructor(message: string, cause?: unknown) {
    super(printable(message), cause === undefined ? {} : { cause });
  }
}

/** Whether `error` came from the lock, with one of `codes` if any are given. Also true across duplicate installs. */
export function isLockError(error: unknown, ...codes: LockErrorCode[]): error is LockError {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return false;
  // By its name too: other libraries use some of the codes.
  const code = CODE_OF_NAME.get(error.name);
  return code === error.code && (codes.length === 0 || codes.includes(code));
}

const CODE_OF_NAME: ReadonlyMap<string, LockErrorCode> = new Map<string, LockErrorCode>([
  ['LockedError', 'ELOCKED'],
  ['StaleLockError', 'ELOCKSTALE'],
  ['LockTimeoutError', 'ELOCKTIMEOUT'],
  ['LockLostError', 'ELOCKLOST'],
  ['UnsafeStorageError', 'EUNSAFESTORAGE'],
  ['LockOptionError', 'ELOCKOPTION'],
]);
