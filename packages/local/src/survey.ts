import { lstatSync, readFileSync, readlinkSync, realpathSync, statfsSync } from 'node:fs';
import { dirname, join, parse, resolve, sep } from 'node:path';
import { CAREFULNESS, typeMounted, typeNamed, typeOfMagic, type FilesystemType } from './filesystem.js';
import { isWithin, mountOf, parseMounts, type Mount } from './mounts.js';

/** What there is to know of a root before the first call. */
export interface Survey {
  readonly type: FilesystemType;
  /** The same for all roots on one filesystem of this machine. */
  readonly device: string;
  /** Where the root is, and the type of its own filesystem: only if that is a mount, and a table of mounts tells. */
  readonly mount?: MountedAt;
}

/** Where something is mounted that can go away again. */
export interface MountedAt {
  /** A path on it, its links resolved as far as they lie on local filesystems. */
  readonly path: string;
  readonly type: string;
}

/** The machine, as far as {@link survey} asks it; a test passes its own. */
export interface Surroundings {
  readonly platform: NodeJS.Platform;
  /** The text of /proc/self/mountinfo; `undefined` where there is none. */
  mountinfo(): string | undefined;
  /** The target of the symbolic link at `path`; `undefined` if there is none. Not asked about a network mount. */
  linkAt(path: string): string | undefined;
  /** The `f_type` that statfs tells of `path`; `undefined` if it does not exist. */
  magicOf(path: string): number | undefined;
  /** `path` with drive letters and links resolved; `undefined` if it does not exist. */
  realpath(path: string): string | undefined;
}

export const thisMachine: Surroundings = {
  platform: process.platform,
  mountinfo: () => attempt(() => readFileSync('/proc/self/mountinfo', 'utf8')),
  linkAt: (path) => attempt(() => (lstatSync(path).isSymbolicLink() ? readlinkSync(path) : undefined)),
  magicOf: (path) => attempt(() => statfsSync(path).type),
  realpath: (path) => attempt(() => realpathSync.native(path)),
};

/**
 * Finds out what `root` (absolute; need not exist) lies on.
 *
 * It runs synchronously, so it must not wait for a server: on Linux the kernel's table of mounts tells the type, and
 * links are followed only as long as they lie on local filesystems.
 */
export function survey(root: string, machine: Surroundings = thisMachine): Survey {
  if (machine.platform === 'win32') return surveyWindows(root, machine);
  const table = machine.platform === 'linux' ? machine.mountinfo() : undefined;
  return table === undefined
    ? surveyByMagic(root, machine)
    : surveyByTable(root, parseMounts(table), machine);
}

const MAX_LINKS = 40;

function surveyByTable(root: string, mounts: readonly Mount[], machine: Surroundings): Survey {
  const typeAt = (path: string): FilesystemType => {
    const mount = mountOf(mounts, path);
    return mount === undefined ? typeNamed('unmounted') : typeMounted(mount.type, mount.options);
  };
  let left = root.split(sep).filter(Boolean);
  let at: string = sep;
  for (let links = 0; left.length > 0 && links < MAX_LINKS;) {
    if (typeAt(at).class !== 'local') break;
    const [name = '', ...rest] = left;
    const next = join(at, name);
    const target = typeAt(next).class === 'local' ? machine.linkAt(next) : undefined;
    if (target === undefined) {
      at = next;
      left = rest;
    } else {
      links++;
      left = [...resolve(at, target).split(sep).filter(Boolean), ...rest];
      at = sep;
    }
  }
  const place = join(at, ...left);
  const here = mountOf(mounts, place);
  const own = typeAt(place);
  let type = own;
  for (const mount of mounts) {
    // A mount below the root is inside the jail too, so the more careful of the two conducts holds for all.
    if (mount.point !== place && isWithin(place, mount.point) && isShared(mount)) {
      type = moreCareful(type, typeMounted(mount.type, mount.options));
    }
  }
  const mount = own.class === 'local' ? undefined : { path: place, type: own.name };
  return { type, device: here?.device ?? place, ...(mount === undefined ? {} : { mount }) };
}

/** Kernel filesystems such as proc and cgroup have no known type either, but no server behind them. */
function isShared({ type }: Mount): boolean {
  if (type === 'autofs') return false;
  return typeNamed(type).class === 'network' || /^fuse(?:blk|\..+)?$/.test(type);
}

function moreCareful(one: FilesystemType, other: FilesystemType): FilesystemType {
  return CAREFULNESS.indexOf(other.class) > CAREFULNESS.indexOf(one.class) ? other : one;
}

function surveyByMagic(root: string, machine: Surroundings): Survey {
  for (let at = root; ; at = dirname(at)) {
    const magic = machine.magicOf(at);
    if (magic !== undefined) return { type: typeOnPlatform(magic, machine.platform), device: `${magic}` };
    if (at === dirname(at)) return { type: typeNamed('unknown'), device: root };
  }
}

/** The numbers are Linux's own. Of other systems only macOS's two local formats are sure; the rest is unknown. */
function typeOnPlatform(magic: number, platform: NodeJS.Platform): FilesystemType {
  if (platform === 'linux') return typeOfMagic(magic);
  if (platform === 'darwin' && magic === 26) return typeNamed('apfs');
  if (platform === 'darwin' && magic === 17) return typeNamed('hfsplus');
  return typeNamed(`${platform} type ${magic}`);
}

function surveyWindows(root: string, machine: Surroundings): Survey {
  // The real path of a mapped drive is the \\server\share behind it.
  const drive = parse(machine.realpath(parse(root).root) ?? root).root;
  return { type: typeNamed(drive.startsWith('\\\\') ? 'smb3' : 'ntfs'), device: drive.toLowerCase() };
}

function attempt<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}
