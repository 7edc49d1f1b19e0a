import { watch, type FSWatcher } from 'node:fs';
import { basename } from 'node:path';
import type { OnChange, VFSPath, Watcher } from '@holdfast/vfs';
import type { Answer } from '@holdfast/vfs/adapter';
import { errnoOf, Refusal } from '../errors.js';
import { runDirect, type Steps } from '../operations/steps.js';
import type { DiskJail } from './disk-jail.js';

/** Starts a watch of the operating system; a test passes its own. */
export type StartWatch = (path: string) => FSWatcher;

const startWatch: StartWatch = (path) => watch(path, { persistent: false });

/** What is to be watched. */
interface Watchable {
  readonly at: string;
  /** The name of a watched directory, which the system gives when it is removed; `undefined` for a file. */
  readonly own: string | undefined;
  /** The same for the same file at the same path. */
  readonly key: string;
}

/**
 * The watches of one VFS, made with inotify, FSEvents, kqueue or ReadDirectoryChangesW. Those who watch the same share
 * one watch of the system. None keeps the process alive.
 */
export class Watches {
  readonly #jail: DiskJail;
  readonly #start: StartWatch;
  readonly #sources = new Map<string, Source>();

  constructor(jail: DiskJail, start: StartWatch = startWatch) {
    this.#jail = jail;
    this.#start = start;
  }

  open(path: VFSPath, onChange: OnChange): Answer<Watcher> {
    const steps = this.#opening(path, onChange);
    return runDirect(steps);
  }

  close(): void {
    for (const source of this.#sources.values()) source.close();
  }

  *#opening(path: VFSPath, onChange: OnChange): Steps<Watcher> {
    const { at, own, key } = yield* watchable(this.#jail, path);
    let source = this.#sources.get(key);
    if (source === undefined) {
      try {
        source = new Source(this.#start(at), own, () => this.#sources.delete(key));
      } catch (error) {
        throw explained(error);
      }
      this.#sources.set(key, source);
    }
    return source.add(onChange);
  }
}

interface Listener {
  readonly onChange: OnChange;
  closed: boolean;
}

/** One watch of the system, and who hears of it. Tells of changes, those of one name at once together. */
class Source {
  readonly #watcher: FSWatcher;
  readonly #onClosed: () => void;
  readonly #listeners = new Set<Listener>();
  /** What is still to be told; `undefined` where the system names nothing. */
  readonly #news = new Set<string | undefined>();
  #ended = false;

  constructor(watcher: FSWatcher, own: string | undefined, onClosed: () => void) {
    this.#watcher = watcher;
    this.#onClosed = onClosed;
    watcher.on('change', (_, name) => {
      this.#tell(own === undefined || name === own || name === null ? undefined : name.toString());
    });
    // A watch that ends, for instance because its directory was removed, is a change itself, and the last to be told.
    watcher.on('error', () => {
      this.#tell(undefined);
      this.#end();
    });
  }

  add(onChange: OnChange): Watcher {
    const listener: Listener = { onChange, closed: false };
    this.#listeners.add(listener);
    return {
      close: () => {
        listener.closed = true;
        this.#listeners.delete(listener);
        if (this.#listeners.size === 0) this.#end();
      },
    };
  }

  close(): void {
    for (const listener of this.#listeners) listener.closed = true;
    this.#listeners.clear();
    this.#end();
  }

  #tell(name: string | undefined): void {
    if (this.#news.add(name).size > 1) return;
    // Not in the next turn of the event loop: it is late enough when somebody waits for it.
    queueMicrotask(() => {
      const names = [...this.#news];
      this.#news.clear();
      for (const listener of this.#listeners) {
        for (const each of names) if (!listener.closed) listener.onChange(each);
      }
    });
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#watcher.close();
    this.#onClosed();
  }
}

function* watchable(jail: DiskJail, path: VFSPath): Steps<Watchable> {
  const { at, info } = yield* jail.look(path);
  const key = `${info.dev} ${info.ino} ${at}`;
  if (info.isDirectory()) return { at, own: basename(at), key };
  if (info.isFile()) return { at, own: undefined, key };
  throw new Refusal('EINVAL', 'it is neither a file nor a directory', 'Watch the directory that holds it');
}

function explained(error: unknown): unknown {
  switch (errnoOf(error)) {
    case 'ENOSPC':
      return new Refusal(
        'ENOSPC',
        'the system has no watch left',
        'Raise the limit, sysctl fs.inotify.max_user_watches, or poll',
      );
    case 'EMFILE':
      return new Refusal(
        'EBUSY',
        'too many processes of this user watch files, or too many files are open',
        'Raise the limits, sysctl fs.inotify.max_user_instances and ulimit -n, or poll',
      );
    default:
      return error;
  }
}
