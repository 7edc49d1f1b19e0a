import { basename, dirname, join, sep } from 'node:path';
import { nameOf, parentOf, ROOT, segmentsOf, type VFSPath } from '@holdfast/vfs';
import { errnoOf, Refusal } from './errno.js';
import { isWithin } from './mounts.js';
import type { Place } from './place.js';
import type { Steps } from './steps.js';
import { assertMounted } from './still-mounted.js';
import { O_DIRECT, system } from './system.js';
import { refuseBadNames, refuseDevices } from './windows-names.js';

/**
 * Turns a path of the VFS into a path of the machine, with every symbolic link resolved, and refuses what ends up
 * outside the root. The resolved path is what the next call is made on, so a link cannot come in between unless
 * somebody replaces a directory at that very moment: a guard against links that are there, not against a process
 * with the right to write below the root that wants to cheat.
 */
export class Jail {
  readonly place: Place;
  /** The root with its own links resolved, once it was seen. */
  #root: string | undefined;

  /**
   * Whether to read past the client's cache. An NFSv3 client takes a file for unchanged that was rewritten, in the same
   * length, within one tick of the server's clock.
   */
  uncachedReads: boolean;

  constructor(place: Place) {
    this.place = place;
    this.uncachedReads = place.shared && O_DIRECT !== 0;
  }

  /** The real root; made first if it is missing and that was asked for. */
  *root(): Steps<string> {
    yield* this.#assertMounted();
    return (this.#root ??= yield* this.#findRoot());
  }

  /** What exists at `path`, a link at its end resolved too. */
  *existing(path: VFSPath): Steps<string> {
    const root = yield* this.root();
    let real: string;
    try {
      real = yield* system.realpath(this.#outward(root, path));
    } catch (error) {
      // A link on the way that leads out must not even tell what there is outside.
      const parent = parentOf(path);
      if (parent !== undefined) yield* this.existing(parent);
      throw error;
    }
    if (!isWithin(root, real)) throw leadsOut();
    return real;
  }

  /** The name at `path` in its real directory. A link at its end is not followed: the call must not follow it either. */
  *named(path: VFSPath): Steps<string> {
    const parent = parentOf(path);
    if (parent === undefined) return yield* this.existing(path);
    this.#refuseNames(path);
    return join(yield* this.existing(parent), nameOf(path));
  }

  *makeRoot(): Steps<void> {
    yield* this.#assertMounted();
    const { root, mode } = this.place;
    yield* system.mkdirTree(root, mode ?? 0o777);
    if (mode !== undefined) yield* system.chmod(root, mode);
  }

  *#assertMounted(): Steps<void> {
    if (this.place.mount !== undefined) yield* assertMounted(this.place.mount);
  }

  *#findRoot(): Steps<string> {
    const { root, create, shared } = this.place;
    try {
      return yield* system.realpath(root);
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw error;
    }
    if (create) {
      yield* this.makeRoot();
    } else if (!shared || !(yield* isListed(root))) {
      throw new Refusal(
        'ENOENT',
        `the root directory ${root} does not exist`,
        'Create it, correct the path, or pass { create: true }',
      );
    }
    return yield* system.realpath(root);
  }

  #refuseNames(path: VFSPath): void {
    if (this.place.platform === 'win32') refuseBadNames(segmentsOf(path));
    else if (this.place.smb) refuseDevices(segmentsOf(path));
  }

  #outward(root: string, path: VFSPath): string {
    this.#refuseNames(path);
    if (path === ROOT) return root;
    const below = sep === '/' ? path : path.replaceAll('/', sep);
    return root.endsWith(sep) ? root + below.slice(1) : root + below;
  }
}

/** Whether a fresh listing shows `path`: a mount's client may take it for absent, see `doubtingAbsence`. */
function* isListed(path: string): Steps<boolean> {
  try {
    return (yield* system.readdir(dirname(path))).some(({ name }) => name === basename(path));
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false;
    throw error;
  }
}

export function leadsOut(): Refusal {
  return new Refusal(
    'EACCES',
    'a symbolic link leads out of the root directory',
    'Remove the link, or open a root that holds its target',
  );
}
