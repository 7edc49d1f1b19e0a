import { basename, dirname, join, sep } from 'node:path';
import { nameOf, parentOf, ROOT, segmentsOf, type VFSPath } from '@holdfast/vfs';
import { errnoOf, Refusal } from '../errors.js';
import { typeMounted, unsafeOn } from './filesystem.js';
import { isWithin, mountOf } from './mount-table.js';
import type { RootConfig } from '../root-config.js';
import type { Steps } from '../operations/steps.js';
import { assertMounted, assertMountedStill, mountedAt, tableOfMounts, wake } from './still-mounted.js';
import { O_DIRECT, system } from '../operations/system.js';
import { treeAt, type Kept } from './tree.js';
import { refuseBadNames, refuseDevices } from '../operations/windows-names.js';

/**
 * Turns a path of the VFS into a path of the machine, with every symbolic link resolved, and refuses what ends up
 * outside the root. The resolved path is what the next call is made on, so a link cannot come in between unless
 * somebody replaces a directory at that very moment: a guard against links that are there, not against a process
 * with the right to write below the root that wants to cheat.
 */
export class Jail {
  readonly config: RootConfig;
  /** Whether to do as Linux's SMB client needs it: see smb.ts. */
  smb: boolean;
  /** The root with its own links resolved, once it was seen. */
  #root: string | undefined;
  #kept: Kept | undefined;
  /** Whether an automounter had still to mount something at the root when it was last looked at. */
  #awaitsMount: boolean;

  /**
   * Whether to read past the client's cache. An NFSv3 client takes a file for unchanged that was rewritten, in the same
   * length, within one tick of the server's clock.
   */
  uncachedReads: boolean;

  constructor(config: RootConfig) {
    this.config = config;
    this.uncachedReads = config.shared && O_DIRECT !== 0;
    this.smb = config.smb;
    this.#kept = config.kept;
    this.#awaitsMount =
      config.kept !== undefined && mountedAt(config.kept, config.kept.root)?.type === 'autofs';
  }

  /** The real root; made first if it is missing and that was asked for. */
  *root(): Steps<string> {
    const root = yield* this.#seenRoot();
    yield* this.#assertMounted(root);
    return root;
  }

  /** What exists at `path`, a link at its end resolved too. */
  *existing(path: VFSPath): Steps<string> {
    const root = yield* this.#seenRoot();
    const sought = this.#outward(root, path);
    yield* this.#assertMounted(sought);
    let real: string;
    try {
      real = yield* system.realpath(sought);
    } catch (error) {
      // A link on the way that leads out must not even tell what there is outside.
      const parent = parentOf(path);
      if (parent !== undefined) yield* this.existing(parent);
      throw error;
    }
    if (!isWithin(root, real)) throw leadsOut();
    if (real !== sought) yield* this.#assertMounted(real);
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
    const { root, mode, kept } = this.config;
    yield* this.#assertMounted(kept?.root ?? root);
    yield* system.mkdirTree(root, mode ?? 0o777);
    yield* this.assertStillMounted(kept?.root ?? root);
    if (mode !== undefined) yield* system.chmod(root, mode);
  }

  /** After a call: throws if `real`, a path of the machine, is no longer on the mount where it was before it. */
  *assertStillMounted(real: string): Steps<void> {
    if (this.#kept !== undefined) yield* assertMountedStill(this.#kept, real);
  }

  *#assertMounted(real: string): Steps<void> {
    if (this.#kept !== undefined) yield* assertMounted(this.#kept, real);
  }

  *#seenRoot(): Steps<string> {
    if (this.#root !== undefined && !this.#awaitsMount) return this.#root;
    const { root, kept } = this.config;
    yield* this.#assertMounted(kept?.root ?? root);
    const real = yield* this.#findRoot();
    if (this.#awaitsMount) yield* this.#lookAgain(real);
    return (this.#root = real);
  }

  /** What an automounter has mounted at the root is what must stay mounted, and what decides how to deal with it. */
  *#lookAgain(root: string): Steps<void> {
    yield* wake(root);
    const mounts = yield* tableOfMounts();
    const here = mountOf(mounts, root);
    if (here === undefined) return;
    if (here.type === 'autofs') {
      // The folder of an indirect map is never mounted on itself, only what is in it.
      this.#awaitsMount = !(here.point === root && here.options.includes('indirect'));
      return;
    }
    const tree = treeAt(mounts, root, typeMounted(here.type, here.options));
    if (tree.type.unsafe !== undefined && !this.config.insisted) throw unsafeOn(tree.type);
    this.smb = this.config.shared && tree.smb;
    this.#kept = { root, mounts: tree.mounts };
    this.#awaitsMount = false;
  }

  *#findRoot(): Steps<string> {
    const { root, create, shared } = this.config;
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
    if (this.config.platform === 'win32') refuseBadNames(segmentsOf(path));
    else if (this.smb) refuseDevices(segmentsOf(path));
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
