import type { MountKind } from '../lab/mounts.js';

/** What one trial measured on one mount, in milliseconds by name. */
export type Figures = Readonly<Record<string, number>>;
export type FiguresByMount = ReadonlyMap<MountKind, Figures>;

/** Does the same on every mount of a bench, at the same time. */
export async function onEach<T>(
  mounts: readonly MountKind[],
  work: (kind: MountKind) => Promise<T>,
): Promise<Map<MountKind, T>> {
  const results = await Promise.all(mounts.map(async (kind) => [kind, await work(kind)] as const));
  return new Map(results);
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
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
