import { LockError } from './lock-error.js';

/** No lock can be built on this storage: it breaks a promise that mutual exclusion rests on. */
export class UnsafeStorageError extends LockError {
  override readonly name = 'UnsafeStorageError';
  readonly code = 'EUNSAFESTORAGE';
  readonly adapter: string;
  readonly path: string;
  /** What was seen. */
  readonly evidence: string;

  constructor(init: { adapter: string; path: string; evidence: string; cause?: unknown }) {
    super(
      `The storage behind "${init.adapter}" is not safe for a lock: ${init.evidence} (at ${init.path}). ` +
        'Use another server or another way to reach the same files.',
      init.cause,
    );
    this.adapter = init.adapter;
    this.path = init.path;
    this.evidence = init.evidence;
  }
}
