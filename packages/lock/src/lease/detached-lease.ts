import { z } from 'zod';
import { HIGHEST_NUMBER, LONGEST_TTL_MS, LONGEST_WINDOW_MS, MOST_PERMITS } from '../ledger/index.js';

/**
 * A lease that nobody keeps alive, to be taken up by another process: plain data that survives JSON. Whoever has it can
 * have the lock, so treat it as you would the lock.
 */
export interface DetachedLease {
  readonly id: string;
  readonly token: number;
  readonly mode: 'exclusive' | 'shared';
  /** How often the lease has been detached: only the last handle counts. */
  readonly attempt: number;
  /** Milliseconds; a claim works with one for its whole life. */
  readonly staleAfterMs: number;
  /** Names the ledger that the claim stands in. */
  readonly origin: number;
  /** How many permits it takes; only that of a semaphore has it. */
  readonly permits?: number | undefined;
}

const number = z.int().min(1).max(HIGHEST_NUMBER);

export const detachedLeaseSchema: z.ZodType<DetachedLease> = z.strictObject({
  id: z.string(),
  token: number,
  mode: z.enum(['exclusive', 'shared']),
  attempt: z.int().min(1).max(9_999_999_999),
  staleAfterMs: z.int().min(1).max(LONGEST_WINDOW_MS),
  origin: number,
  permits: z.int().min(1).max(MOST_PERMITS).optional(),
});

/** Options of `Lease.detach`. */
export interface DetachOptions {
  /** For how long nobody else may have the lock, if nobody attaches. From 50 up to thirty days, in milliseconds. */
  readonly ttlMs: number;
}

export const detachSchema: z.ZodType<DetachOptions> = z.strictObject({
  ttlMs: z.int().min(50).max(LONGEST_TTL_MS),
});
