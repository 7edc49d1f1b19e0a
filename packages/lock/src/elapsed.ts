import type { Clock } from '@holdfast/vfs';

/** A moment, as both clocks of one machine saw it. */
export interface Instant {
  readonly monotonic: number;
  readonly wall: number;
}

export function instant(clock: Clock): Instant {
  return { monotonic: clock.monotonic(), wall: clock.wall() };
}

/**
 * Milliseconds since `then`, at least: the larger of what the two clocks say. A suspended machine stops the
 * monotonic clock but not the wall clock; a wall clock that was set back is outvoted by the monotonic one.
 */
export function elapsedSince(then: Instant, clock: Clock): number {
  return Math.max(clock.monotonic() - then.monotonic, clock.wall() - then.wall);
}
