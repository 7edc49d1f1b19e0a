import { isVFSError, joinPath, type Watcher } from '@holdfast/vfs';
import { claimName, parseLedgerName, turnsAhead, type Look } from '../ledger/index.js';
import type { LockState } from '../lock-state.js';
import type { Settings } from '../options.js';

/** Where the directory is watched, by those so many turns away at most: each change wakes all who watch it. */
const NEAR = 2;

/**
 * Has the storage tell when something leaves the way, where it can. A hint: one that is missing costs latency only.
 *
 * Where claims are files, only the one next in front is watched. Its end shows there, as a hard link to it, and wakes nobody
 * else. The idea is that of ZooKeeper's recipe for locks, which avoids a herd.
 */
export class Watching {
  readonly #state: LockState;
  readonly #settings: Settings;
  /** Called when it is worth while to look. */
  #wake: (() => void) | undefined;
  /** Something happened before anybody listened. */
  #missed = false;
  readonly #blocking = new Set<number>();
  #path: string | undefined;
  #watcher: Watcher | undefined;
  #begun: Promise<void> | undefined;
  #closed = false;

  constructor(state: LockState, settings: Settings) {
    this.#state = state;
    this.#settings = settings;
  }

  /** @param wake called when it is worth while to look: at once, if something happened already */
  listen(wake: () => void): void {
    this.#wake = wake;
    if (this.#missed) wake();
    this.#missed = false;
  }

  /**
   * Begins to watch before the look that tells what there is to wait for, so that none is needed once it is watched.
   *
   * @param blocking what is likely to be in the way, going by `look`
   * @returns a promise, if that look should wait for it
   */
  prepare(look: Look, blocking: readonly number[]): Promise<void> | undefined {
    if (!this.follow(look, blocking)) return undefined;
    return this.#begun?.then(() => {
      this.#missed = false; // The look comes after it.
    });
  }

  /** Whether it can be expected that a change is told. */
  get active(): boolean {
    return this.#watcher !== undefined;
  }

  /**
   * @param blocking what is in the way, in ascending order, by `look`
   * @returns whether it watches something else than before
   */
  follow(look: Look, blocking: readonly number[]): boolean {
    const path = this.#pathFor(look, blocking);
    this.#blocking.clear();
    for (const number of blocking) this.#blocking.add(number);
    if (path === this.#path) return false;
    this.#watcher?.close();
    this.#watcher = undefined;
    this.#path = path;
    this.#begun = path === undefined ? undefined : this.#watch(path);
    return true;
  }

  close(): void {
    this.#closed = true;
    this.#watcher?.close();
  }

  #pathFor(look: Look, blocking: readonly number[]): string | undefined {
    const { ledger, own } = this.#state;
    const { watch, link } = ledger.vfs.capabilities;
    const next = blocking.at(-1);
    // A claim of this process tells of its end itself.
    if (!watch || next === undefined || own.has(next)) return undefined;
    if (link && !ledger.ofSemaphore && look.numbers.get(next)?.claim?.type === 'file')
      return joinPath(ledger.path, claimName(next));
    return turnsAhead(blocking, look, this.#settings.turn) <= NEAR ? ledger.path : undefined;
  }

  #watch(path: string): Promise<void> {
    const { vfs, path: directory } = this.#state.ledger;
    const onChange = (name?: string): void => {
      if (this.#closed || this.#path !== path) return;
      if (path !== directory || name === undefined || this.#concerns(name)) this.#news();
    };
    return vfs.watch(path, onChange).then(
      (watcher) => {
        if (this.#closed || this.#path !== path) return watcher.close();
        this.#watcher = watcher;
        this.#news(); // What happened before the watch began may have gone unseen.
      },
      (error: unknown) => {
        if (this.#closed || this.#path !== path) return;
        if (isVFSError(error, 'ENOENT')) this.#news();
        else this.#settings.emit({ type: 'storage-error', during: 'acquire', error });
      },
    );
  }

  #news(): void {
    if (this.#wake === undefined) this.#missed = true;
    else this.#wake();
  }

  /** Whether a change of the entry called `name` may take something out of the way. */
  #concerns(name: string): boolean {
    const parsed = parseLedgerName(name);
    if (parsed === undefined || !('number' in parsed)) return false;
    return parsed.kind === 'floor' || (parsed.kind !== 'beat' && this.#blocking.has(parsed.number));
  }
}
