import type { LockOptions } from '@holdfast/lock';
import * as fc from 'fast-check';
import { FAULT_KINDS, type FaultKind, type RandomWalkOptions } from './explore/index.js';

/** The timings of a lock; all that are valid, and favouring short ones. */
export type LockTimings = Readonly<
  Record<keyof Pick<LockOptions, 'staleAfterMs' | 'heartbeatMs' | 'marginMs' | 'pollMs'>, number>
>;

/**
 * Timings that a `Lock` accepts.
 *
 * @param longestMs of `staleAfterMs`. Default 60,000
 */
export function lockTimings(longestMs = 60_000): fc.Arbitrary<LockTimings> {
  return fc
    .record({
      staleAfterMs: fc.integer({ min: 50, max: longestMs }),
      // At least a 32nd of `staleAfterMs`, whatever the margin.
      beat: fc.integer({ min: 13, max: 100 }),
      margin: fc.integer({ min: 2, max: 50 }),
      poll: fc.integer({ min: 1, max: 200 }),
    })
    .map(({ staleAfterMs, beat, margin, poll }) => {
      const marginMs = (staleAfterMs * margin) / 100;
      const heartbeatMs = ((staleAfterMs - marginMs) / 2) * (beat / 100);
      const pollMs = (staleAfterMs * poll) / 100;
      return { staleAfterMs, heartbeatMs: Math.max(1, heartbeatMs), marginMs, pollMs: Math.max(1, pollMs) };
    });
}

/** Some of the faults that the explorer knows, or none; shrinks to fewer. */
export function faultKinds(): fc.Arbitrary<FaultKind[]> {
  return fc.subarray([...FAULT_KINDS]);
}

/** A single run for `exploreAtRandom`; shrinks to fewer faults of fewer kinds. */
export function walks(): fc.Arbitrary<RandomWalkOptions> {
  return fc.record({
    seed: fc.integer(),
    runs: fc.constant(1),
    faults: fc.integer({ min: 0, max: 4 }),
    faultKinds: faultKinds(),
  });
}
