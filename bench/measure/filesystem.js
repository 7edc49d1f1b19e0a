import { statfsSync } from 'node:fs';

/** Of statfs(2), by the number that the kernel gives each filesystem. */
const NAMES = new Map([
  [0xef53, 'ext4'], // ext2 and ext3 have the same.
  [0x01021994, 'tmpfs'],
  [0x58465342, 'xfs'],
  [0x9123683e, 'btrfs'],
  [0x2fc12fc1, 'zfs'],
  [0xf2f52010, 'f2fs'],
  [0x794c7630, 'overlayfs'],
  [0x6969, 'nfs'],
  [0xff534d42, 'smb'],
  [0x65735546, 'fuse'],
]);

/** What `folder` lies on, for people. `undefined` if there is no such folder. */
export function filesystemOf(folder) {
  try {
    const { type } = statfsSync(folder);
    return NAMES.get(type) ?? `filesystem 0x${type.toString(16)}`;
  } catch {
    return undefined;
  }
}
