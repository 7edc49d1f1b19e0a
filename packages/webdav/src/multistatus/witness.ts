import type { VFSPath } from '@holdfast/vfs';
import type { Found } from './found.js';

/** Learns from looks that somebody else takes. */
export interface Witness {
  /** Whether one of them has found something, or one that is under way does. Never rejects. */
  isThere(): Promise<boolean>;
  end(): void;
}

type Looking = Promise<Found | undefined>;

/** Who wants to know what is at a path, and the looks at it that are under way. */
export class Witnesses {
  readonly #underWay = new Map<VFSPath, Set<Looking>>();
  readonly #seen = new Map<VFSPath, Set<() => void>>();

  add(path: VFSPath): Witness {
    let isThere = false;
    const see = (): void => {
      isThere = true;
    };
    addTo(this.#seen, path, see);
    return {
      isThere: async () => {
        for (const looking of this.#underWay.get(path) ?? []) {
          if (isThere) break;
          await looking.catch(() => undefined);
        }
        return isThere;
      },
      end: () => removeFrom(this.#seen, path, see),
    };
  }

  /** Passes `looking` on to its caller, once all who want to know have heard of it. */
  async hear(path: VFSPath, looking: Looking): Looking {
    addTo(this.#underWay, path, looking);
    try {
      const found = await looking;
      if (found !== undefined) for (const see of this.#seen.get(path) ?? []) see();
      return found;
    } finally {
      removeFrom(this.#underWay, path, looking);
    }
  }
}

function addTo<K, V>(map: Map<K, Set<V>>, key: K, value: V): void {
  const values = map.get(key);
  if (values === undefined) map.set(key, new Set([value]));
  else values.add(value);
}

function removeFrom<K, V>(map: Map<K, Set<V>>, key: K, value: V): void {
  const values = map.get(key);
  values?.delete(value);
  if (values?.size === 0) map.delete(key);
}
