import { joinPath, type Clock, type VFS } from '@holdfast/vfs';
import { Ledger, type Basis } from './ledger.js';
import { Observer } from './observer.js';
import { Queue } from './queue.js';
import type { BeatRecord } from './record.js';

/** A lease of this process, as far as the other contenders of this process need to know it. */
export interface LocalHolder {
  readonly token: number;
  readonly held: boolean;
}

/**
 * One lock as this process knows it, shared by all `Lock` objects on the same VFS, path and clock: what was observed,
 * who waits, who of this process holds it.
 */
export class Place {
  readonly ledger: Ledger;
  readonly observer: Observer = new Observer();
  readonly queue: Queue = new Queue();
  /** A claim known to be free. What is free stays free, so the next one may be built on it without a look. */
  knownFree: Basis | undefined;
  /** The lock's directory is there, and `mkdir` was seen to refuse what exists. */
  proven = false;
  /** The last record read, so that one of a known token is not fetched again, and the ledger that it stood in. */
  known: { readonly mark: string; readonly record: BeatRecord } | undefined;
  /** Whose record was asked for, where that may hang; it is asked for once. */
  introduction: { readonly mark: string; readonly token: number } | undefined;
  /** The lease that this process has, from grant to release or loss. */
  holder: LocalHolder | undefined;

  constructor(ledger: Ledger) {
    this.ledger = ledger;
  }
}

const places = new WeakMap<VFS, WeakMap<Clock, Map<string, WeakRef<Place>>>>();
const forgotten = new FinalizationRegistry<() => void>((forget) => forget());

/** The place of the lock directory `directory` in `dir`. It lives as long as a `Lock` or `Lease` has it. */
export function placeOf(vfs: VFS, clock: Clock, dir: string, directory: string): Place {
  const path = joinPath(dir, directory);
  const clocks = places.get(vfs) ?? new WeakMap<Clock, Map<string, WeakRef<Place>>>();
  places.set(vfs, clocks);
  const paths = clocks.get(clock) ?? new Map<string, WeakRef<Place>>();
  clocks.set(clock, paths);

  const known = paths.get(path)?.deref();
  if (known !== undefined) return known;
  const place = new Place(new Ledger(vfs, path, clock));
  const reference = new WeakRef(place);
  paths.set(path, reference);
  forgotten.register(place, () => {
    if (paths.get(path) === reference) paths.delete(path);
  });
  return place;
}
