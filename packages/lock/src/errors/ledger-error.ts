import { LockError } from './lock-error.js';

/**
 * What is the matter with a ledger.
 * - `first`, `later`: it was written by another edition of the protocol.
 * - `semaphore`, `lock`: it belongs to one, and was opened as the other.
 * - `permits`: it belongs to a semaphore with another number of permits.
 */
export type LedgerFault = 'first' | 'later' | 'semaphore' | 'lock' | 'permits';

/** The numbers of permits that do not agree. */
export interface PermitsConflict {
  /** What the storage says; of several numbers the smallest. */
  readonly listed: number;
  /** What was asked for. */
  readonly asked: number;
}

const WHAT: Record<Exclude<LedgerFault, 'permits'>, readonly [what: string, advice: string]> = {
  first: [
    'it was written by an early version of Holdfast whose protocol cannot be mixed with this one',
    'See that nothing holds this lock, then remove the directory',
  ],
  later: [
    'it was written by a later version of Holdfast',
    'Upgrade this program, or choose another id or dir',
  ],
  semaphore: ['it belongs to a semaphore', 'Open it as a Semaphore, or choose another id or dir'],
  lock: ['it belongs to a lock', 'Open it as a Lock, or choose another id or dir'],
};

function permitsWhat(permits: PermitsConflict | undefined): readonly [what: string, advice: string] {
  return [
    `it is that of a semaphore of ${permits?.listed} permits, and was opened with ${permits?.asked}`,
    'Give the same number everywhere; to have another one, choose another id, or see that nothing holds the semaphore ' +
      'and remove the directory',
  ];
}

/** The directory of the lock holds something that this lock does not understand. Nothing in it was changed. */
export class LedgerError extends LockError {
  override readonly name = 'LedgerError';
  readonly code = 'ELEDGER';
  /** The directory of the lock. */
  readonly path: string;
  readonly fault: LedgerFault;
  /** Of the fault `permits` alone. */
  readonly permits: PermitsConflict | undefined;

  constructor(path: string, fault: LedgerFault, permits?: PermitsConflict) {
    const [what, advice] = fault === 'permits' ? permitsWhat(permits) : WHAT[fault];
    super(`The directory ${path} cannot be used: ${what}. ${advice}.`);
    this.path = path;
    this.fault = fault;
    this.permits = permits;
  }
}
