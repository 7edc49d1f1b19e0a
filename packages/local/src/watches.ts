import { watch, type FSWatcher } from 'node:fs';
import type { VFSPath, Watcher } from '@holdfast/vfs';
import { errnoOf, Refusal } from './errno.js';
import { Jail } from './jail.js';
import type { Place } from './place.js';
import { runDirect, type Steps } from './steps.js';
import { system } from './system.js';

/** Starts a watch of the operating system; a test passes its own. */
export type StartWatch = (path: string) => FSWatcher;

const startWatch: StartWatch = (path) => watch(path, { persistent: false });

/** The watches of one VFS, made with inotify, FSEvents, kqueue or ReadDirectoryChangesW. None keeps the process alive. */
export class Watches {
  readonly #jail: Jail;
  readonly #start: StartWatch;
  readonly #open = new Set<Watcher>();

  constructor(place: Place, start: StartWatch = startWatch) {
    this.#jail = new Jail(place);
    this.#start = start;
  }

  async open(path: VFSPath, onChange: () => void): Promise<Watcher> {
    const at = await runDirect(directoryAt(this.#jail, path));
    let source: FSWatcher;
    try {
      source = this.#start(at);
    } catch (error) {
      throw explained(error);
    }
    const watcher = relay(source, onChange, () => this.#open.delete(watcher));
    this.#open.add(watcher);
    return watcher;
  }

  close(): void {
    for (const watcher of this.#open) watcher.close();
  }
}

/** Tells of changes, those of one turn of the event loop together. */
function relay(source: FSWatcher, onChange: () => void, onClosed: () => void): Watcher {
  let closed = false;
  let told = true;
  const tell = (): void => {
    if (closed || !told) return;
    told = false;
    setImmediate(() => {
      told = true;
      if (!closed) onChange();
    });
  };
  source.on('change', tell);
  // A watch that ends, for instance because its directory was removed, is a change itself, and the last to be told.
  source.on('error', () => {
    tell();
    source.close();
  });
  return {
    close(): void {
      if (closed) return;
      closed = true;
      source.close();
      onClosed();
    },
  };
}

function* directoryAt(jail: Jail, path: VFSPath): Steps<string> {
  const at = yield* jail.existing(path);
  if ((yield* system.lstat(at)).isDirectory()) return at;
  throw new Refusal('ENOTDIR', 'only a directory can be watched', 'Watch the directory that holds it');
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
