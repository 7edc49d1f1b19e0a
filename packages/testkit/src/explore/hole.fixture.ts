import type { Clock } from '@holdfast/vfs';
import { explore, replay, type ExploreOptions, type FaultKind, type Rule, type Scenario } from './index.js';
import type { ViolationKind } from './run.js';

/** A protocol that goes wrong in one order of things only. */
export interface Hole {
  readonly name: string;
  readonly scenario: Omit<Scenario, 'name' | 'tickMs' | 'ticks'>;
  readonly options: ExploreOptions;
  /** One run that goes wrong. */
  readonly schedule: string;
  readonly kind: ViolationKind;
}

export const FAULTLESS: ExploreOptions = { faults: 0 };

export const only = (...faultKinds: FaultKind[]): ExploreOptions => ({ faults: 1, faultKinds });

export const idle = (clock: Clock, ms: number): Promise<void> =>
  new Promise((resolve) => clock.schedule(resolve, ms));

/** A timer far away, so that its actor never comes to an end. */
export const linger = (clock: Clock): unknown => clock.schedule(() => undefined, 1e6);

export const rule =
  (judge: NonNullable<Rule['judge']>): (() => Rule[]) =>
  () => [{ judge }];

/** What is found by its schedule, and what the explorer comes upon by itself: the same kind of thing if all is well. */
export async function findingsIn({
  name,
  scenario,
  options,
  schedule,
}: Hole): Promise<(ViolationKind | undefined)[]> {
  const whole: Scenario = { ...scenario, name, tickMs: 50, ticks: 4 };
  const replayed = await replay(whole, schedule);
  const explored = await explore(whole, options);
  return [replayed.violation?.kind, explored.violation?.violation?.kind];
}

/** What the explorer makes of what is right. */
export async function verdictOn(
  scenario: Hole['scenario'],
  options: ExploreOptions,
): Promise<{ readonly complete: boolean; readonly violation: string | undefined }> {
  const explored = await explore({ ...scenario, name: 'sound', tickMs: 50, ticks: 4 }, options);
  return { complete: explored.complete, violation: explored.violation?.violation?.message };
}

/** All was gone through, and nothing was wrong. */
export const SOUND: Awaited<ReturnType<typeof verdictOn>> = { complete: true, violation: undefined };
