import { basename, dirname, join } from 'node:path';
import { nameOf, parentOf, type VFSPath } from '@holdfast/vfs';
import { errnoOf } from '../errors.js';
import { typeMounted, unsafeOn } from './filesystem.js';
import { isWithin, mountOf } from './mount-table.js';
import { leadsOut, noRoot, outward, refuseNames, type Directory, type Jail } from '../operations/jail.js';
import type { RootConfig } from '../root-config.js';
import type { Steps } from '../operations/steps.js';
import { assertMounted, assertMountedStill, mountedAt, tableOfMounts, wake } from './still-mounted.js';
import { O_DIRECT, system } from '../operations/system.js';
import { treeAt, type Kept } from './tree.js';

/** The jail on a mount, where each path is resolved anew, and each call makes sure that the mount is still there. */
export class MountJail implements Jail {
  readonly config: RootConfig;
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

  *root(): Steps<string> {
    const root = yield* this.#seenRoot();
    yield* this.#assertMounted(root);
    return root;
  }

  *directory(path: VFSPath): Steps<Directory> {
    return { real: yield* this.existing(path), size: 0 };
  }

  *existing(path: VFSPath): Steps<string> {
    const root = yield* this.#seenRoot();
    refuseNames(path, this.config.platform, this.smb);
    const sought = outward(root, path);
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

  *named(path: VFSPath): Steps<string> {
    const parent = parentOf(path);
    if (parent === undefined) return yield* this.existing(path);
    refuseNames(path, this.config.platform, this.smb);
    return join(yield* this.existing(parent), nameOf(path));
  }

  noteDirectory(): void {
    // Nothing is taken for granted where others remove and make as well.
  }

  noteEntry(): void {
    // Likewise.
  }

  isLikelyDirectory(): boolean {
    return false;
  }

  *#makeRoot(): Steps<void> {
    const { root, mode, kept } = this.config;
    yield* this.#assertMounted(kept?.root ?? root);
    yield* system.mkdirTree(root, mode ?? 0o777);
    yield* this.assertStillMounted(kept?.root ?? root);
    if (mode !== undefined) yield* system.chmod(root, mode);
  }

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
    const tree = treeAt(mounts, root, typeMounted(here.type, here.source, here.options));
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
      yield* this.#makeRoot();
    } else if (!shared || !(yield* isListed(root))) {
      throw noRoot(root);
    }
    return yield* system.realpath(root);
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
