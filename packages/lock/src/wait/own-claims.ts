import type { Wish } from '../ledger/index.js';
import type { LockState } from '../lock-state.js';

/**
 * The first claim of this process that holds the lock, and is in the way of `wish`; `undefined` if there is none. One that
 * waits does not say who holds it.
 */
export function conflictingOwn({ own, ledger }: LockState, wish: Wish): number | undefined {
  if (ledger.ofSemaphore) return undefined;
  let first: number | undefined;
  for (const claim of Array.from(own.values())) {
    const conflicts = claim.granted && (wish.mode === 'exclusive' || claim.mode === 'exclusive');
    if (conflicts && claim.alive && claim.number < (first ?? Infinity)) first = claim.number;
  }
  return first;
}
