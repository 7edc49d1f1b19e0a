/**
 * Why a {@link VirtualClock} could not do as told.
 * - `EBUSY`: it is being turned already; await the first turn before the next.
 * - `ESTALLED`: nothing is scheduled any more, and what was waited for has not come.
 * - `ELIMIT`: what was waited for has not come within the limit.
 * - `ELIVELOCK`: timers keep scheduling timers without time going on.
 */
export type VirtualClockErrorCode = 'EBUSY' | 'ESTALLED' | 'ELIMIT' | 'ELIVELOCK';

/** Rejection of the methods that turn a {@link VirtualClock}. */
export class VirtualClockError extends Error {
  override readonly name = 'VirtualClockError';
  readonly code: VirtualClockErrorCode;

  constructor(code: VirtualClockErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
