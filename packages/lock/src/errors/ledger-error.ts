import { LockError } from './lock-error.js';

/** What is the matter with a ledger. `first` and `later`: it was written by another edition of the protocol. */
export type LedgerFault = 'first' | 'later' | 'semaphore';

const WHAT: Record<LedgerFault, readonly [what: string, advice: string]> = {
  first: [
    'it was written by an early version of Holdfast whose protocol cannot be mixed with this one',
    'See that nothing holds this lock, then remove the directory',
  ],
  later: [
    'it was written by a later version of Holdfast',
    'Upgrade this program, or choose another id or dir',
  ],
  semaphore: ['it belongs to a semaphore', 'Open it as a Semaphore, or choose another id or dir'],
};

/** The directory of the lock holds something that this lock does not understand. Nothing in it was changed. */
export class LedgerError extends LockError {
  override readonly name = 'LedgerError';
  readonly code = 'ELEDGER';
  /** The directory of the lock. */
  readonly path: string;
  readonly fault: LedgerFault;

  constructor(path: string, fault: LedgerFault) {
    const [what, advice] = WHAT[fault];
    super(`The directory ${path} cannot be used as a lock: ${what}. ${advice}.`);
    this.path = path;
    this.fault = fault;
  }
}
