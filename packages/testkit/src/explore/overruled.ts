import { digestNumber, NOTHING, together, type Digest } from './digest.js';
import type { Hold } from './world.js';

/** Holds that do not count any more, though their owners may not know yet: broken on purpose, or removed. Never changes. */
export class Overruled {
  static readonly NONE: Overruled = new Overruled(new Map());
  readonly #since: ReadonlyMap<Hold | number, number>;

  private constructor(since: ReadonlyMap<Hold | number, number>) {
    this.#since = since;
  }

  /** The same, and `holds`, or those of a token, since `now`. */
  with(holds: number | readonly Hold[], now: number): Overruled {
    const since = new Map(this.#since);
    for (const hold of typeof holds === 'number' ? [holds] : holds)
      if (!since.has(hold)) since.set(hold, now);
    return new Overruled(since);
  }

  /** Since when `hold` does not count; `undefined` if it does. */
  since(hold: Hold): number | undefined {
    return this.#since.get(hold) ?? (hold.token === undefined ? undefined : this.#since.get(hold.token));
  }

  get digest(): Digest {
    let all = NOTHING;
    // What an actor holds is a part of its history; only the moment is not.
    for (const [hold, now] of this.#since)
      all = together(all, digestNumber(typeof hold === 'number' ? hold : (hold.token ?? 0), now));
    return all;
  }
}
