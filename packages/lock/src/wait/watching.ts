import { isVFSError, joinPath, type Watcher } from '@holdfast/vfs';
import { claimName, parseLedgerName, type Look } from '../ledger/index.js';
import type { LockState } from '../lock-state.js';
import type { Settings } from '../options.js';
import type { Judgement } from './way.js';

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
  readonly #wake: () => void;
  readonly #blocking = new Set<number>();
  #path: string | undefined;
  #watcher: Watcher | undefined;
  #closed = false;

  /** @param wake called when it is worth while to look */
  constructor(state: LockState, settings: Settings, wake: () => void) {
    this.#state = state;
    this.#settings = settings;
    this.#wake = wake;
  }

  /** Whether it can be expected that a change is told. */
  get active(): boolean {
    return this.#watcher !== undefined;
  }

  /** @param judgement what is in the way by `look` */
  follow(look: Look, judgement: Pick<Judgement, 'blocking' | 'ahead'>): void {
    const { blocking } = judgement;
    const path = this.#pathFor(look, judgement);
    this.#blocking.clear();
    for (const number of blocking) this.#blocking.add(number);
    if (path === this.#path) return;
    this.#watcher?.close();
    this.#watcher = undefined;
    this.#path = path;
    if (path !== undefined) this.#watch(path);
  }

  close(): void {
    this.#closed = true;
    this.#watcher?.close();
  }

  #pathFor(look: Look, { blocking, ahead }: Pick<Judgement, 'blocking' | 'ahead'>): string | undefined {
    const { ledger, own } = this.#state;
    const { watch, link } = ledger.vfs.capabilities;
    const next = blocking.at(-1);
    // A claim of this process tells of its end itself.
    if (!watch || next === undefined || own.has(next)) return undefined;
    if (link && !ledger.ofSemaphore && look.numbers.get(next)?.claim?.type === 'file')
      return joinPath(ledger.path, claimName(next));
    return ahead <= NEAR ? ledger.path : undefined;
  }

  #watch(path: string): void {
    const { vfs, path: directory } = this.#state.ledger;
    const onChange = (name?: string): void => {
      if (this.#closed || this.#path !== path) return;
      if (path !== directory || name === undefined || this.#concerns(name)) this.#wake();
    };
    vfs.watch(path, onChange).then(
      (watcher) => {
        if (this.#closed || this.#path !== path) return watcher.close();
        this.#watcher = watcher;
        this.#wake(); // What happened before the watch began may have gone unseen.
      },
      (error: unknown) => {
        if (this.#closed || this.#path !== path) return;
        if (isVFSError(error, 'ENOENT')) this.#wake();
        else this.#settings.emit({ type: 'storage-error', during: 'acquire', error });
      },
    );
  }

  /** Whether a change of the entry called `name` may take something out of the way. */
  #concerns(name: string): boolean {
    const parsed = parseLedgerName(name);
    if (parsed === undefined || !('number' in parsed)) return false;
    return parsed.kind === 'floor' || (parsed.kind !== 'beat' && this.#blocking.has(parsed.number));
  }
}
