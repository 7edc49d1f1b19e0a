import type { Call } from '@holdfast/vfs';

/** A change of the storage, or the attempt of one, that is about to take effect. */
export interface Effect {
  /** Whose call it is; `*` for an event of the scenario. */
  readonly actor: string;
  readonly call: Call;
  /** Whether it changed anything. */
  readonly ok: boolean;
}

/** A grant of the lock that was just announced. */
export interface Grant {
  readonly actor: string;
  readonly token: number;
  readonly mode: 'exclusive' | 'shared';
  readonly permits: number;
}

/** What a {@link Rule} can look at. */
export interface StorageView {
  /** All paths there are, after the effect. */
  paths(): Iterable<string>;
  has(path: string): boolean;
  /** Whether a fault, a removal, a jump of its clock or a break has hit this actor: then much is excused. */
  harmed(actor: string): boolean;
}

/** A property that no effect on the storage, and no grant, may break. One object for each run. */
export interface Rule {
  /**
   * What is wrong with the effect, or `undefined`. Must change nothing: effects are judged that may never come to be.
   */
  judge?(effect: Effect, storage: StorageView): string | undefined;
  /** What is wrong with the grant, or `undefined`. Must change nothing. */
  judgeGrant?(grant: Grant, storage: StorageView): string | undefined;
  /** Only for a rule that goes by what was before: takes notice of an effect. Returns what takes that back. */
  remember?(effect: Effect, storage: StorageView): () => void;
  /** All that {@link Rule.remember} has kept. Two runs that differ by it alone are not taken for the same. */
  readonly memory?: string;
}
