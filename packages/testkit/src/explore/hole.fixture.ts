import type { Clock } from '@holdfast/vfs';
import { expect } from 'vitest';
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

/** That the run goes wrong, and that the explorer comes upon it or a like one by itself. */
export async function expectFound({ name, scenario, options, schedule, kind }: Hole): Promise<void> {
  const whole: Scenario = { ...scenario, name, tickMs: 50, ticks: 4 };
  expect((await replay(whole, schedule)).violation?.kind).toBe(kind);
  const { violation, complete } = await explore(whole, options);
  expect([violation?.violation?.kind, complete]).toEqual([kind, false]);
}

/** That the explorer goes through all of it and minds nothing. */
export async function expectSound(scenario: Hole['scenario'], options: ExploreOptions): Promise<void> {
  const { violation, complete } = await explore(
    { ...scenario, name: 'sound', tickMs: 50, ticks: 4 },
    options,
  );
  expect([violation?.violation, complete]).toEqual([undefined, true]);
}
