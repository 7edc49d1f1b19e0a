import { sep } from 'node:path';

/** One line of /proc/self/mountinfo. */
export interface Mount {
  readonly id: number;
  /** The `id` of the mount that it is mounted in. That of a process's root is not in the table, or is the root itself. */
  readonly parent: number;
  /** Where it is mounted. */
  readonly point: string;
  /** For instance `ext4`, `nfs4` or `fuse.sshfs`. */
  readonly type: string;
  /** What is mounted, for instance `/dev/vda` or `filer:/home`. */
  readonly source: string;
  /** Major and minor number: the same for every mount of one filesystem. */
  readonly device: string;
  /** As the filesystem itself has them, for instance `vers=4.2` or `nocto`. */
  readonly options: readonly string[];
}

/** Reads the text of /proc/self/mountinfo, see proc_pid_mountinfo(5). */
export function parseMounts(mountinfo: string): Mount[] {
  return mountinfo.split('\n').flatMap((line) => {
    const [before, after] = line.split(' - ');
    const [id, parent, device, , point] = before?.split(' ') ?? [];
    const [type, source = '', options = ''] = after?.split(' ') ?? [];
    if (device === undefined || point === undefined || type === undefined) return [];
    return [
      {
        id: Number(id),
        parent: Number(parent),
        point: unescaped(point),
        type,
        source: unescaped(source),
        device,
        options: options.split(','),
      },
    ];
  });
}

/**
 * The mount that `path` lies on, by its text alone: nothing is asked of a server that may not answer.
 *
 * It goes the kernel's way, from mount to mount. Neither the order of the lines nor the length of their points tells:
 * one mount can cover another that lies deeper, and one that was moved stands where it stood before.
 *
 * `undefined` where the root of the process is no mount, as in a chroot, and none was met on the way.
 */
export function mountOf(mounts: readonly Mount[], path: string): Mount | undefined {
  const ids = new Set(mounts.map(({ id }) => id));
  const isOutermost = ({ id, parent }: Mount): boolean => parent === id || !ids.has(parent);
  let at = mounts.find((mount) => mount.point === sep && isOutermost(mount));
  let point = '';
  for (const name of path.split(sep).filter(Boolean)) {
    point += sep + name;
    for (let next = at; ; at = next) {
      next = mounts.findLast(
        (mount) =>
          mount.point === point &&
          mount !== at &&
          (at === undefined ? isOutermost(mount) : mount.parent === at.id),
      );
      if (next === undefined) break;
    }
  }
  return at;
}

/** The mounts at or below `folder` that can be reached: covered by no other. */
export function mountsWithin(mounts: readonly Mount[], folder: string): Mount[] {
  return mounts.filter(({ id, point }) => isWithin(folder, point) && mountOf(mounts, point)?.id === id);
}

/** Whether `path` is `folder` or lies below it, by their text. */
export function isWithin(folder: string, path: string): boolean {
  if (folder === path) return true;
  return path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

/** A space, tab, newline or backslash is written as three octal digits. */
function unescaped(text: string): string {
  return text.replaceAll(/\\([0-7]{3})/g, (_, digits: string) => String.fromCodePoint(parseInt(digits, 8)));
}
