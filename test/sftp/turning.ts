import type { VirtualClock } from '@holdfast/testkit';
import { expect } from 'vitest';

/**
 * Lets virtual time pass in small steps, each of which gives a server in this process the time to answer, until `done`.
 *
 * @param stepMs virtual milliseconds of a step: well below all limits, so that no answer comes too late for them
 */
export async function turning(clock: VirtualClock, done: () => boolean, stepMs = 5): Promise<void> {
  const turn = async (): Promise<boolean> => {
    if (!done()) await clock.advance(stepMs);
    return done();
  };
  await expect.poll(turn, { timeout: 50_000, interval: 10 }).toBe(true);
}
