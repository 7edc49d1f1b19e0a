import { describe, expect, it } from 'vitest';
import { mountOf, mountsWithin, parseMounts } from './mount-table.js';

const table = (...lines: string[]): ReturnType<typeof parseMounts> => parseMounts(`${lines.join('\n')}\n`);
const DISK = '27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw';

describe('the mount that a path lies on', () => {
  it.each([
    ['/', 'ext4'],
    ['/m', 'nfs4'],
    ['/m/a/b', 'nfs4'],
    ['/mm', 'ext4'],
    ['/with space/a', 'fuse.sshfs'],
    ['/back\\slash', 'tmpfs'],
    ['/with', 'ext4'],
  ])('is for %s the one of type %s', (path, type) => {
    const mounts = table(
      DISK,
      '30 27 0:41 / /m rw,relatime shared:7 master:2 - nfs4 filer:/m rw,vers=4.2',
      '31 27 0:42 / /with\\040space rw - fuse.sshfs host:/dir rw',
      '32 27 0:43 / /back\\134slash rw - tmpfs none rw',
    );
    expect(mountOf(mounts, path)?.type).toBe(type);
  });

  it('is the topmost of those on one point, in whatever order they are written', () => {
    const first = '30 27 0:41 / /m rw - nfs4 filer:/m rw';
    const second = '31 30 8:1 / /m rw - xfs /dev/sdb1 rw';
    const third = '29 31 0:43 / /m rw - fuse.sshfs host:/m rw';
    for (const lines of [
      [DISK, first, second, third],
      [third, second, first, DISK],
      [second, DISK, third, first],
    ]) {
      expect(mountOf(table(...lines), '/m/x')?.type).toBe('fuse.sshfs');
    }
  });

  it('is not one that another covers from above', () => {
    const mounts = table(
      DISK,
      '30 27 0:41 / /m/a/b rw - tmpfs none rw',
      '31 27 0:42 / /m/a rw - fuse.sshfs host:/a rw',
    );
    expect(mountOf(mounts, '/m/a/b')?.type).toBe('fuse.sshfs');
    expect(mountsWithin(mounts, '/m').map(({ type }) => type)).toEqual(['fuse.sshfs']);
  });

  it('is found when a mount was moved into one that is written further below', () => {
    const mounts = table(
      DISK,
      '31 35 0:42 / /m/deep/inner rw - tmpfs none rw',
      '35 27 0:46 / /m rw - nfs4 filer:/m rw',
      '32 31 0:43 / /m/deep/inner/most rw - fuse.sshfs host:/ rw',
    );
    const types = ['/m/deep', '/m/deep/inner/x', '/m/deep/inner/most/x'].map((path) => mountOf(mounts, path));
    expect(types.map((mount) => mount?.type)).toEqual(['nfs4', 'tmpfs', 'fuse.sshfs']);
  });

  it('is the root mount of the process, even if something was mounted over / later: / does not step into that', () => {
    const mounts = table(DISK, '65 27 0:39 / / rw - tmpfs none rw', '66 65 0:40 / /m rw - nfs4 filer:/m rw');
    expect(mountOf(mounts, '/m')?.type).toBe('ext4');
    const own = table('1 1 0:2 / / rw - rootfs rootfs rw', '20 1 0:9 / /m rw - nfs filer:/m rw');
    expect(['/x', '/m'].map((path) => mountOf(own, path)?.type)).toEqual(['rootfs', 'nfs']);
  });

  it('is not told where the root of the process is no mount, except of what is mounted there', () => {
    const mounts = table(
      '30 27 0:41 / /m rw - nfs4 filer:/m rw',
      '31 30 0:42 / /m/inner rw - cifs //filer/inner rw',
    );
    const found = ['/', '/x', '/m', '/m/inner/x'].map((path) => mountOf(mounts, path)?.type);
    expect(found).toEqual([undefined, undefined, 'nfs4', 'cifs']);
  });

  it('is not one whose point was removed, nor what is on it', () => {
    const mounts = table(DISK, '30 27 0:41 / /m//deleted rw - nfs4 filer:/m rw');
    expect(mountOf(mounts, '/m')?.type).toBe('ext4');
    expect(mountOf(parseMounts('nonsense\n\n'), '/m')).toBeUndefined();
  });
});
