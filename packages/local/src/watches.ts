import { watch, type FSWatcher } from 'node:fs';
import { basename } from 'node:path';
import type { OnChange, VFSPath, Watcher } from '@holdfast/vfs';
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

  async open(path: VFSPath, onChange: OnChange): Promise<Watcher> {
    const { at, isFile } = await runDirect(watchable(this.#jail, path));
    let source: FSWatcher;
    try {
      source = this.#start(at);
    } catch (error) {
      throw explained(error);
    }
    const watcher = relay(source, isFile ? undefined : basename(at), onChange, () =>
      this.#open.delete(watcher),
    );
    this.#open.add(watcher);
    return watcher;
  }

  close(): void {
    for (const watcher of this.#open) watcher.close();
  }
}

/**
 * Tells of changes, those of one name in one turn of the event loop together.
 *
 * @param own the name of a watched directory, which the system gives when it is removed; `undefined` for a file, of
 *   which the system gives no other
 */
function relay(
  source: FSWatcher,
  own: string | undefined,
  onChange: OnChange,
  onClosed: () => void,
): Watcher {
  let closed = false;
  /** What is still to be told; `undefined` where the system names nothing. */
  const news = new Set<string | undefined>();
  const tell = (name?: string): void => {
    if (closed || news.add(name).size > 1) return;
    setImmediate(() => {
      const names = [...news];
      news.clear();
      for (const each of names) if (!closed) onChange(each);
    });
  };
  source.on('change', (_, name) =>
    tell(own === undefined || name === own || name === null ? undefined : name.toString()),
  );
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

function* watchable(jail: Jail, path: VFSPath): Steps<{ at: string; isFile: boolean }> {
  const at = yield* jail.existing(path);
  const info = yield* system.lstat(at);
  if (info.isDirectory() || info.isFile()) return { at, isFile: info.isFile() };
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
