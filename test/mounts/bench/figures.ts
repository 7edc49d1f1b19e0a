import type { MountKind } from '../lab/mounts.js';

/** What one trial measured on one mount, in milliseconds by name. */
export type Figures = Readonly<Record<string, number>>;
export type FiguresByMount = ReadonlyMap<MountKind, Figures>;

/**
 * Does the same on every mount of a bench, at the same time. If it fails on one, it goes on to its end on the others, so
 * that nothing of it runs into what comes next.
 */
export async function onEach<T>(
  mounts: readonly MountKind[],
  work: (kind: MountKind) => Promise<T>,
): Promise<Map<MountKind, T>> {
  const results = new Map<MountKind, T>();
  const failures: unknown[] = [];
  await Promise.all(
    mounts.map(async (kind) => {
      try {
        results.set(kind, await work(kind));
      } catch (error) {
        failures.push(error);
      }
    }),
  );
  if (failures.length > 1) throw new AggregateError(failures, failures.map(String).join('\n'));
  if (failures.length > 0) throw failures[0];
  return results;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted[Math.floor(sorted.length / 2)];
  if (middle === undefined) throw new Error('there is no median of nothing');
  return middle;
}

export function longest(values: readonly number[]): number {
  if (values.length === 0) throw new Error('there is no longest of nothing');
  return Math.max(...values);
}

/** From the moment one process begins to give a lock back to that at which another has it, in milliseconds. */
export function handOvers(history: readonly { process: string; type: string; at: number }[]): number[] {
  const latencies: number[] = [];
  let released: { process: string; at: number } | undefined;
  for (const event of [...history].sort((a, b) => a.at - b.at)) {
    if (event.type === 'release') released = event;
    if (event.type !== 'acquired') continue;
    if (released !== undefined && released.process !== event.process) latencies.push(event.at - released.at);
    released = undefined;
  }
  return latencies;
}
