import type { Line } from './crew.js';

/** For how long something was held for certain: from the first proof of it to the last. */
export interface Hold {
  readonly name: string;
  readonly token: number;
  readonly from: number;
  readonly until: number;
  readonly weight: number;
  readonly mode: 'exclusive' | 'shared';
  readonly waitedMs: number;
}

export function holdsIn(lines: readonly Line[]): Hold[] {
  const holds = new Map<number, Hold>();
  for (const { name, token = 0, at, weight = 1, mode = 'exclusive', waitedMs = 0 } of lines) {
    const known = holds.get(token);
    if (known !== undefined && known.name !== name) throw new Error(`token ${token} is that of two`);
    holds.set(token, { name, token, from: known?.from ?? at, until: at, weight, mode, waitedMs });
  }
  return [...holds.values()];
}

/** The most that were held at one moment, by their weights. */
export function mostAtOnce(holds: readonly Hold[]): number {
  const steps = holds
    .filter(({ from, until }) => from < until)
    .flatMap(({ from, until, weight }) => [
      { at: from, change: weight },
      { at: until, change: -weight },
    ])
    // What ends as another one begins does not overlap with it.
    .toSorted((a, b) => a.at - b.at || a.change - b.change);
  let held = 0;
  let most = 0;
  for (const { change } of steps) most = Math.max(most, (held += change));
  return most;
}

/** Pairs that were held at one moment, of which one should have been alone. */
export function conflicts(holds: readonly Hold[]): string[] {
  const writers = holds.filter(({ mode }) => mode === 'exclusive');
  return writers.flatMap((writer) =>
    holds
      .filter((other) => other !== writer && other.from < writer.until && writer.from < other.until)
      .map((other) => `${writer.name} ${writer.token} and ${other.name} ${other.token}`),
  );
}
