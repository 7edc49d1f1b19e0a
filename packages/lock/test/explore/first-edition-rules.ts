import type { Effect, Rule, StorageView } from '@holdfast/testkit/explore';

export interface LedgerExceptions {
  /** Whether others than its owner may mark a number free, as `breakLock` and `releaseIfStale` do. Default `false`. */
  readonly mayFree?: boolean;
  /**
   * Whether an owner may take its highest number back, as it must where strays had two contenders claim different
   * numbers. Default `false`.
   */
  readonly mayTakeBack?: boolean;
}

/**
 * What must never be done to the ledger of a `Lock`, whatever else happens:
 * - the highest number is never removed;
 * - nobody touches a number of somebody else, but for cleaning up lower ones than the highest.
 *
 * @param directory of the lock, such as `/lockfile-deploy`
 */
export function ledgerRules(directory: string, exceptions: LedgerExceptions = {}): () => readonly Rule[] {
  return () => [new LedgerRule(`${directory}/`, exceptions)];
}

class LedgerRule implements Rule {
  readonly #prefix: string;
  readonly #may: LedgerExceptions;
  readonly #owners = new Map<number, string>();

  constructor(prefix: string, exceptions: LedgerExceptions) {
    this.#prefix = prefix;
    this.#may = exceptions;
  }

  judge({ actor, call, ok }: Effect, storage: StorageView): string | undefined {
    if (!ok || !call.path.startsWith(this.#prefix)) return undefined;
    const entry = call.path.slice(this.#prefix.length);
    const [digits = '', kind] = entry.split('.');
    const number = Number(digits);
    if (!/^\d+$/.test(digits)) return undefined;
    const owner = this.#owners.get(number);
    const name = `number ${entry.replace(/^0+/, '')}`;
    switch (call.op) {
      case 'mkdir':
        if (kind === undefined) return undefined;
        if (owner === actor || (kind === 'free' && this.#may.mayFree === true)) return undefined;
        // To clean number 1 up is to leave its mark.
        if (kind === 'free' && this.#highest(storage) > number) return undefined;
        return `${actor} makes ${name}, which is a number of ${owner ?? 'somebody else'}`;
      case 'writeFile':
        return owner === actor
          ? undefined
          : `${actor} writes ${name}, which is a number of ${owner ?? 'somebody else'}`;
      case 'rm': {
        const highest = this.#highest(storage);
        // A holder may remove what it has made beside its own claim, as long as that stands.
        const beside = kind !== undefined && highest === number;
        const may = highest > number || (owner === actor && (beside || this.#may.mayTakeBack === true));
        return may ? undefined : `${actor} removes ${name}, the highest`;
      }
      default:
        return undefined;
    }
  }

  /** Who made which number: it is the owner, also where nobody was told. */
  remember({ actor, call, ok }: Effect): () => void {
    const entry = call.path.slice(this.#prefix.length);
    if (!ok || call.op !== 'mkdir' || !call.path.startsWith(this.#prefix) || !/^\d+$/.test(entry))
      return () => undefined;
    const number = Number(entry);
    const before = this.#owners.get(number);
    this.#owners.set(number, actor);
    return () => {
      if (before === undefined) this.#owners.delete(number);
      else this.#owners.set(number, before);
    };
  }

  get memory(): string {
    return [...this.#owners]
      .map(([number, owner]) => `${number}${owner}`)
      .sort()
      .join(' ');
  }

  #highest(storage: StorageView): number {
    let highest = 0;
    for (const path of storage.paths()) {
      if (!path.startsWith(this.#prefix)) continue;
      const number = /^\d+/.exec(path.slice(this.#prefix.length));
      if (number !== null) highest = Math.max(highest, Number(number[0]));
    }
    return highest;
  }
}
