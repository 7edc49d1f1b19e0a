/** Numbers that come in the same order each time, for one seed. */
export interface Seeded {
  /** A whole number from 0 up to, and not including, `limit`. */
  below(limit: number): number;
  shuffle<T>(items: readonly T[]): T[];
}

/** Source: Tommy Ettinger's Mulberry32, public domain. */
export function seeded(seed: number): Seeded {
  let state = seed;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number): number => Math.floor(next() * limit);
  return {
    below,
    shuffle: (items) =>
      items
        .map((item) => ({ item, at: next() }))
        .toSorted((a, b) => a.at - b.at)
        .map(({ item }) => item),
  };
}

/** That of `HOLDFAST_SEED`, or a new one, which is printed so that the run can be repeated. */
export function seedOf(what: string): number {
  const seed = Number(process.env['HOLDFAST_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
  console.info(`${what}: HOLDFAST_SEED=${seed}`);
  return seed;
}
