import { sep } from 'node:path';

/** One line of /proc/self/mountinfo. */
export interface Mount {
  /** Where it is mounted. */
  readonly point: string;
  /** For instance `ext4`, `nfs4` or `fuse.sshfs`. */
  readonly type: string;
  /** Major and minor number: the same for every mount of one filesystem. */
  readonly device: string;
  /** As the filesystem itself has them, for instance `vers=4.2` or `nocto`. */
  readonly options: readonly string[];
}

/** Reads the text of /proc/self/mountinfo, see proc_pid_mountinfo(5). */
export function parseMounts(mountinfo: string): Mount[] {
  return mountinfo.split('\n').flatMap((line) => {
    const [before, after] = line.split(' - ');
    const fields = before?.split(' ');
    const device = fields?.[2];
    const point = fields?.[4];
    const [type, , options = ''] = after?.split(' ') ?? [];
    if (device === undefined || point === undefined || type === undefined) return [];
    return [{ point: unescaped(point), type, device, options: options.split(',') }];
  });
}

/** The mount that `path` lies on, by its text alone: nothing is asked of a server that may not answer. */
export function mountOf(mounts: readonly Mount[], path: string): Mount | undefined {
  let found: Mount | undefined;
  for (const mount of mounts) {
    // Of two mounts on one point the later one covers the earlier.
    if (isWithin(mount.point, path) && (found === undefined || mount.point.length >= found.point.length)) {
      found = mount;
    }
  }
  return found;
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
