import { sep } from 'node:path';
import { nameOf, parentOf, ROOT, type Entry, type VFSPath } from '@holdfast/vfs';
import { lstatSync, type Stats } from 'node:fs';
import { errnoOf, Refusal } from '../errors.js';
import { isWithin, mountOf, parseMounts, type Mount } from '../mounts/mount-table.js';
import { thisBurst } from '../operations/fairness.js';
import {
  leadsNowhere,
  leadsOut,
  noRoot,
  refuseNames,
  type Directory,
  type Jail,
} from '../operations/jail.js';
import { finishNow, type Steps } from '../operations/steps.js';
import { system } from '../operations/system.js';
import type { RootConfig } from '../root-config.js';

/** A directory that was resolved, and what it is known again by. */
interface Known extends Directory {
  /** `real` with a separator at its end. */
  readonly prefix: string;
  readonly dev: number;
  readonly ino: number;
  readonly resolvedAt: number;
  /** The burst of calls in which it was last seen to be the same. */
  burst: number;
  size: number;
  mtimeMs: number;
  ctimeMs: number;
  /** What was listed when its times were past already. */
  listing: Listing | undefined;
}

interface Listing {
  readonly entries: readonly Entry[];
  readonly mtimeMs: number;
  readonly ctimeMs: number;
}

/** For so long, in milliseconds, a directory that is still the same is taken to lie where it did. */
const RESOLVED_FOR_MS = 30_000;
/** What happened longer ago than this, in milliseconds, has other times than what happens now, in steps of a second too. */
const PAST_MS = 3_000;
/** Most entries of a listing that is remembered of any directory; of one directory, the last, more are. */
const MOST_LISTED = 16;
/** Most directories that are remembered. */
const MOST_KNOWN = 20_000;
/** Most names that are remembered to be those of directories. */
const MOST_NOTED = 4096;

/**
 * The jail on a disk of this machine.
 *
 * A directory is resolved once; after that one look in each burst of calls tells whether it is still the same, which
 * no replaced root, moved folder, new link or other mount can feign.
 */
export class DiskJail implements Jail {
  readonly config: RootConfig;
  readonly smb = false;
  uncachedReads = false;
  /** The root as it was first found. */
  #root: Known | undefined;
  readonly #known = new Map<VFSPath, Known>();
  readonly #directories = new Set<VFSPath>();
  /** The one directory of which a long listing is remembered. */
  #long: Known | undefined;
  readonly #mounts: MountWatch;

  /** @param mountinfo the table of mounts as it was when the VFS was opened; `undefined` where there is none */
  constructor(config: RootConfig, mountinfo: string | undefined) {
    this.config = config;
    this.#mounts = new MountWatch(config.root, mountinfo);
  }

  *root(): Steps<string> {
    return (yield* this.directory(ROOT)).real;
  }

  *directory(path: VFSPath): Steps<Known> {
    const known = this.#known.get(path);
    if (known !== undefined) {
      if (known.burst === thisBurst()) return known;
      if (performance.now() - known.resolvedAt < RESOLVED_FOR_MS) {
        const now = yield* system.lstatIfThere(known.real);
        if (now !== undefined && isSame(known, now)) return known;
      }
    }
    return yield* this.#resolve(path, known);
  }

  /** As {@link directory}, at once. */
  directoryNow(path: VFSPath): Known {
    const known = this.#known.get(path);
    if (known === undefined) return finishNow(this.directory(path));
    if (known.burst === thisBurst()) return known;
    if (performance.now() - known.resolvedAt < RESOLVED_FOR_MS) {
      const now = lstatSync(known.real, { throwIfNoEntry: false });
      if (now !== undefined && isSame(known, now)) return known;
    }
    return finishNow(this.#resolve(path, known));
  }

  /**
   * What the directory `path` was last found to hold, if another look at its times tells that it holds the same now. That
   * look costs a quarter of a listing, and whoever keeps thousands of locks lists as many directories every other second.
   */
  listedNow(path: VFSPath): Entry[] | undefined {
    const known = this.#known.get(path);
    if (known?.listing === undefined) return undefined;
    const now = lstatSync(known.real, { throwIfNoEntry: false });
    if (now !== undefined && isSame(known, now)) {
      const { entries, mtimeMs, ctimeMs } = known.listing;
      if (now.mtimeMs === mtimeMs && now.ctimeMs === ctimeMs) return entries.slice();
    }
    known.listing = undefined;
    return undefined;
  }

  /** Notes what the directory `known` holds, if its times would tell of a change: those of just now are not past yet. */
  noteListing(known: Known, entries: readonly Entry[]): void {
    if (this.config.timesTell !== true) return;
    const { mtimeMs, ctimeMs } = known;
    if (known.dev !== this.#root?.dev || Date.now() - Math.max(mtimeMs, ctimeMs) < PAST_MS) return;
    known.listing = { entries: entries.slice(), mtimeMs, ctimeMs };
    if (entries.length <= MOST_LISTED || this.#long === known) return;
    if (this.#long !== undefined) this.#long.listing = undefined;
    this.#long = known;
  }

  /** Whether the directory `path` is known and, by another look, still the same. */
  isStill(path: VFSPath): boolean {
    const known = this.#known.get(path);
    if (known === undefined) return false;
    const now = lstatSync(known.real, { throwIfNoEntry: false });
    return now !== undefined && isSame(known, now);
  }

  /** As {@link named}, at once. */
  namedNow(path: VFSPath): string {
    const end = path.lastIndexOf('/');
    if (path === ROOT || this.config.platform === 'win32') return finishNow(this.named(path));
    return this.directoryNow((path.slice(0, end) || ROOT) as VFSPath).prefix + path.slice(end + 1);
  }

  *existing(path: VFSPath): Steps<string> {
    return (yield* this.look(path)).at;
  }

  /** What there is at `path`, a link at its end resolved. */
  *look(path: VFSPath): Steps<{ readonly at: string; readonly info: Stats }> {
    const at = yield* this.named(path);
    const info = yield* system.lstatIfThere(at);
    if (info === undefined) {
      yield* this.lookAgain(path);
      throw new Refusal('ENOENT', 'it does not exist');
    }
    if (!info.isSymbolicLink()) return { at, info };
    const real = yield* this.#followed(at);
    return { at: real, info: yield* system.lstat(real) };
  }

  *named(path: VFSPath): Steps<string> {
    const parent = parentOf(path);
    if (parent === undefined) return yield* this.root();
    refuseNames(path, this.config.platform, false);
    return (yield* this.directory(parent)).prefix + nameOf(path);
  }

  // eslint-disable-next-line require-yield -- on a disk there is nothing to ask
  *assertStillMounted(): Steps<void> {
    return;
  }

  /** Throws if the directory of `path`, or the root, is no longer what it was. */
  *lookAgain(path: VFSPath): Steps<void> {
    const parent = parentOf(path) ?? ROOT;
    yield* this.#resolve(parent, this.#known.get(parent));
  }

  noteDirectory(path: VFSPath): void {
    if (this.#directories.size >= MOST_NOTED) this.#directories.clear();
    this.#directories.add(path);
  }

  noteEntry(path: VFSPath, name: string): void {
    this.noteDirectory((path === ROOT ? `/${name}` : `${path}/${name}`) as VFSPath);
  }

  isLikelyDirectory(path: VFSPath): boolean {
    return this.#directories.size > 0 && this.#directories.delete(path);
  }

  /** @param before what was there when it was resolved last */
  *#resolve(path: VFSPath, before: Known | undefined): Steps<Known> {
    this.#known.delete(path);
    const root = this.#root ?? (yield* this.#openRoot());
    refuseNames(path, this.config.platform, false);
    const parent = parentOf(path);
    const sought = parent === undefined ? root.real : (yield* this.directory(parent)).prefix + nameOf(path);
    const seen = yield* system.lstatIfThere(sought);
    if (seen === undefined) throw yield* this.#absent(path, root);
    const isLink = parent === undefined || seen.isSymbolicLink();
    const real = isLink ? yield* this.#followed(sought) : sought;
    const info = real === sought ? seen : yield* system.lstat(real);
    if (!info.isDirectory()) throw new Refusal('ENOTDIR', 'it is not a directory');
    const isOther = before !== undefined && (before.dev !== info.dev || before.ino !== info.ino);
    if (isOther || !this.#mounts.isSurelySame(real, info, root))
      yield* this.#mounts.assertSame(real, info, root);
    const known = knownAs(real, info);
    if (this.#known.size >= MOST_KNOWN) this.#known.clear();
    this.#known.set(path, known);
    return known;
  }

  /** Finds the root, with its own links resolved, or makes it: once, at its first use. */
  *#openRoot(): Steps<Known> {
    const { root, create, mode } = this.config;
    let real: string;
    try {
      real = yield* system.realpath(root);
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw error;
      if (!create) throw noRoot(root);
      yield* system.mkdirTree(root, mode ?? 0o777);
      if (mode !== undefined) yield* system.chmod(root, mode);
      real = yield* system.realpath(root);
    }
    const info = yield* system.lstat(real);
    if (!info.isDirectory()) throw new Refusal('ENOTDIR', `the root ${root} is not a directory`);
    this.#root = knownAs(real, info);
    yield* this.#mounts.assertSame(real, info, this.#root);
    return this.#root;
  }

  /** The real path of what exists at `at`. */
  *#followed(at: string): Steps<string> {
    const root = this.#root ?? (yield* this.#openRoot());
    let real: string;
    try {
      real = yield* system.realpath(at);
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw error;
      throw (yield* system.lstatIfThere(at)) === undefined ? error : leadsNowhere();
    }
    if (!isWithin(root.real, real)) throw leadsOut();
    return real;
  }

  /** Why there is nothing at `path`: a link on the way that leads out must not even tell what there is outside. */
  *#absent(path: VFSPath, root: Known): Steps<Refusal> {
    const parent = parentOf(path);
    if (parent !== undefined) {
      yield* this.directory(parent);
      return new Refusal('ENOENT', 'it does not exist');
    }
    yield* this.#mounts.assertSame(root.real, undefined, root);
    return noRoot(this.config.root);
  }
}

/** Whether `now` is what was known; then it is known anew. */
function isSame(known: Known, now: Stats): boolean {
  if (now.ino !== known.ino || now.dev !== known.dev) return false;
  known.burst = thisBurst();
  known.size = now.size;
  known.mtimeMs = now.mtimeMs;
  known.ctimeMs = now.ctimeMs;
  return true;
}

function knownAs(real: string, { dev, ino, size, mtimeMs, ctimeMs }: Stats): Known {
  const prefix = real.endsWith(sep) ? real : real + sep;
  const resolvedAt = performance.now();
  const burst = thisBurst();
  return { real, prefix, dev, ino, size, mtimeMs, ctimeMs, resolvedAt, burst, listing: undefined };
}

/**
 * Refuses to go on where something was mounted or unmounted since the VFS was opened. The folder that is there then is
 * not the one that was meant, and a lock in it would be one that nobody else sees.
 */
class MountWatch {
  readonly #then: string | undefined;
  readonly #thenMounts: readonly Mount[];
  /** Whether something was mounted below the root, which could be taken away without a trace in the root itself. */
  readonly #hasMountsBelow: boolean;

  constructor(root: string, mountinfo: string | undefined) {
    this.#then = mountinfo;
    this.#thenMounts = mountinfo === undefined ? [] : parseMounts(mountinfo);
    this.#hasMountsBelow = this.#thenMounts.some(({ point }) => point !== root && isWithin(root, point));
  }

  /** Whether nothing can have come in between, so that the table need not be read. */
  isSurelySame(real: string, info: Stats, root: Known): boolean {
    return info.dev === root.dev && !this.#hasMountsBelow && (real !== root.real || info.ino === root.ino);
  }

  /** @param info what there is at `real`; `undefined` if nothing */
  *assertSame(real: string, info: Stats | undefined, root: Known): Steps<void> {
    if (this.#then === undefined) {
      if (info === undefined || info.dev === root.dev || real !== root.real) return;
      throw notTheSame(`another filesystem is at ${real} now`);
    }
    const text = yield* system.mountinfo();
    if (text === this.#then) return;
    const [then, now] = [mountOf(this.#thenMounts, real), mountOf(parseMounts(text), real)];
    if (then?.point === now?.point && then?.source === now?.source && then?.type === now?.type) return;
    throw notTheSame(
      then === undefined || (now !== undefined && isWithin(then.point, now.point) && now.point !== then.point)
        ? `${now?.type ?? 'another filesystem'} was mounted at ${now?.point ?? real}`
        : `${then.type} is no longer mounted at ${then.point}`,
    );
  }
}

function notTheSame(what: string): Refusal {
  return new Refusal(
    'ECONN',
    `${what} since the VFS was opened`,
    'Mount what was there before, or open the folder again',
  );
}
