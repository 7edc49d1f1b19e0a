import type { Clock } from '@holdfast/vfs';
import { Tree } from './tree.js';

export interface MemoryStoreOptions {
  /**
   * Stamps the files of every view that has no clock of its own, as a server's clock does.
   * Default: the machine's clock.
   */
  readonly clock?: Clock | undefined;
}

/** Files in memory, for any number of views on them. */
export class MemoryStore {
  readonly clock: Clock | undefined;
  /** @internal */
  readonly tree: Tree = new Tree();

  /** Use {@link memoryStore}. */
  constructor({ clock }: MemoryStoreOptions) {
    this.clock = clock;
  }
}

/**
 * A place in memory that several views can share: pass it to `memoryVFS` as `store`.
 *
 * @example
 * const store = memoryStore();
 * const [a, b] = [memoryVFS({ store }), memoryVFS({ store })];
 */
export function memoryStore(options: MemoryStoreOptions = {}): MemoryStore {
  return new MemoryStore(options);
}
