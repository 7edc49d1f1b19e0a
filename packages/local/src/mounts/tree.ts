import { bothOf, isSMB, typeMounted, typeNamed, type FilesystemType } from './filesystem.js';
import { isWithin, mountOf, mountsWithin, type Mount } from './mount-table.js';

/** What is mounted at a root and below it. */
export interface Tree {
  /** All of it is in the jail, so what is most careful holds for all. */
  readonly type: FilesystemType;
  /** Whether Linux's SMB client mounts any of it. */
  readonly smb: boolean;
  /** What can go away again, and what lies in that. */
  readonly mounts: readonly MountedAt[];
}

/** Something that is mounted, by what stays the same when it is mounted again. */
export interface MountedAt {
  readonly point: string;
  readonly type: string;
  readonly source: string;
}

/** What must stay mounted for a root to be what it was, as plain data. */
export interface Kept {
  /** The root, its links resolved as far as they lie on local filesystems. */
  readonly root: string;
  readonly mounts: readonly MountedAt[];
}

/** What the table of mounts tells of `place`, whose own type is `own`. */
export function treeAt(mounts: readonly Mount[], place: string, own: FilesystemType): Tree {
  const here = mountOf(mounts, place);
  const below = mountsWithin(mounts, place).filter((mount) => mount !== here);
  const goers = below.filter(isShared);
  if (here !== undefined && own.class !== 'local') goers.push(here);
  const types = goers.map(({ type, source, options }) => typeMounted(type, source, options));
  return {
    type: types.reduce(bothOf, own),
    smb: isSMB(own) || types.some(isSMB),
    // Of the others only those that cover a part of what can go away have to be known.
    mounts: [...goers, ...below.filter((mount) => !isShared(mount))]
      .filter(({ point }) => goers.some((goer) => isWithin(goer.point, point)))
      .map(({ point, type, source }) => ({ point, type, source })),
  };
}

/** Kernel filesystems such as proc and cgroup have no known type either, but no server behind them. */
function isShared({ type }: Mount): boolean {
  if (type === 'autofs') return false;
  return typeNamed(type).class === 'network' || /^fuse(?:blk|\..+)?$/.test(type);
}
