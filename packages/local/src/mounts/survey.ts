import { lstatSync, readFileSync, readlinkSync, realpathSync, statfsSync } from 'node:fs';
import { dirname, join, parse, sep } from 'node:path';
import { isSMB, typeMounted, typeNamed, typeOfMagic, type FilesystemType } from './filesystem.js';
import { mountOf, parseMounts, type Mount } from './mount-table.js';
import { treeAt, type Kept } from './tree.js';

/** What there is to know of a root before the first call. */
export interface Survey {
  /** The most careful of what is at and below the root. */
  readonly type: FilesystemType;
  /** Whether Linux's SMB client mounts any of it. */
  readonly smb: boolean;
  /** The same for all roots on one filesystem of this machine. */
  readonly device: string;
  /** What must stay mounted: only if something can go away, and a table of mounts tells. */
  readonly kept?: Kept;
  /** The table of mounts itself, as text. */
  readonly mountinfo?: string;
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
    : { ...surveyByTable(root, parseMounts(table), machine), mountinfo: table };
}

const MAX_LINKS = 40;

function surveyByTable(root: string, mounts: readonly Mount[], machine: Surroundings): Survey {
  const typeAt = (path: string): FilesystemType => {
    const mount = mountOf(mounts, path);
    // In a chroot the table does not have what its root lies on; that no mount covers the path is known all the same.
    return mount === undefined
      ? surveyByMagic(path, machine).type
      : typeMounted(mount.type, mount.source, mount.options);
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
      left = [...target.split(sep).filter(Boolean), ...rest];
      if (target.startsWith(sep)) at = sep;
    }
  }
  const place = join(at, ...left);
  const { type, smb, mounts: kept } = treeAt(mounts, place, typeAt(place));
  const device = mountOf(mounts, place)?.device ?? surveyByMagic(place, machine).device;
  return { type, smb, device, ...(kept.length === 0 ? {} : { kept: { root: place, mounts: kept } }) };
}

function surveyByMagic(root: string, machine: Surroundings): Survey {
  for (let at = root; ; at = dirname(at)) {
    const magic = machine.magicOf(at);
    if (magic !== undefined) {
      const type = typeOnPlatform(magic, machine.platform);
      return { type, smb: machine.platform === 'linux' && isSMB(type), device: `${magic}` };
    }
    if (at === dirname(at)) return { type: typeNamed('unknown'), smb: false, device: root };
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
  const type = typeNamed(drive.startsWith('\\\\') ? 'smb3' : 'ntfs');
  return { type, smb: false, device: drive.toLowerCase() };
}

function attempt<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}
