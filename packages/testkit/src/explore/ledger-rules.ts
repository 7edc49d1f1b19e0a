import type { Effect, Rule, StorageView } from './scenario.js';

/**
 * What must never be done to the ledger of a `Lock`, whatever else happens:
 * - the highest number is never removed, and a number that has been removed never comes back;
 * - nobody touches a number of somebody else, but for cleaning up lower ones than the highest.
 *
 * @param directory of the lock, such as `/lockfile-deploy`
 * @param mayFree whether others than its owner may mark a number free, as `breakLock` and `releaseIfStale` do
 */
export function ledgerRules(directory: string, mayFree = false): () => readonly Rule[] {
  return () => [new LedgerRule(`${directory}/`, mayFree)];
}

class LedgerRule implements Rule {
  readonly #prefix: string;
  readonly #mayFree: boolean;
  readonly #owners = new Map<number, string>();
  #highestEver = 0;

  constructor(prefix: string, mayFree: boolean) {
    this.#prefix = prefix;
    this.#mayFree = mayFree;
  }

  judge({ actor, call, ok }: Effect, storage: StorageView): string | undefined {
    if (!ok || !call.path.startsWith(this.#prefix)) return undefined;
    const [digits = '', kind] = call.path.slice(this.#prefix.length).split('.');
    const number = Number(digits);
    if (!/^\d+$/.test(digits)) return undefined;
    const owner = this.#owners.get(number);
    const name = kind === undefined ? `number ${number}` : `number ${number} (${kind})`;
    switch (call.op) {
      case 'mkdir':
        if (kind === undefined) {
          this.#owners.set(number, actor);
          this.#highestEver = Math.max(this.#highestEver, number);
        }
        if (kind === 'free' && owner !== actor && !this.#mayFree)
          return `${actor} marks ${name} of ${owner ?? 'somebody'} free`;
        return undefined;
      case 'writeFile':
        return owner === actor ? undefined : `${actor} writes ${name} of ${owner ?? 'somebody'}`;
      case 'rm':
        return this.#highest(storage) > number ? undefined : `${actor} removes ${name}, the highest`;
      default:
        return undefined;
    }
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
