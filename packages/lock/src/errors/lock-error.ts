import { printable } from '@holdfast/vfs';

/** Every `code` that an error of the lock can have. */
export type LockErrorCode =
  | 'ELOCKED'
  | 'ELOCKSTALE'
  | 'ELOCKTIMEOUT'
  | 'ELOCKLOST'
  | 'EUNSAFESTORAGE'
  | 'ELEDGER'
  | 'ELOCKOPTION'
  | 'ENOTLEADER'
  | 'EWOULDDEADLOCK';

/** What all errors of the lock have in common. Errors of the storage itself are `VFSError`s and pass through. */
export abstract class LockError extends Error {
  abstract readonly code: LockErrorCode;

  protected constructor(message: string, cause?: unknown) {
    super(printable(message), cause === undefined ? {} : { cause });
  }
}
