import { describe, expect, it } from 'vitest';
import { typeNamed, typeOfMagic } from './filesystem.js';
import { mountOf, parseMounts } from './mounts.js';
import { survey, type Surroundings } from './survey.js';

const TABLE = `\
27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
30 27 0:41 / /home rw,relatime shared:7 - nfs4 filer:/home rw,vers=4.2,hard
31 27 0:42 / /mnt/win rw,relatime - cifs //filer/share rw,vers=3.1.1
32 27 0:43 / /mnt/with\\040space rw - fuse.sshfs host:/dir rw,user_id=0
33 27 0:44 / /mnt/bucket rw - fuse.rclone remote:bucket rw,user_id=0
34 27 0:45 / /auto rw - autofs /etc/auto.home rw
35 34 0:46 / /auto/anna rw - nfs filer:/home/anna rw,vers=3
36 27 0:47 / /covered rw - nfs4 filer:/a rw
37 36 8:1 / /covered rw - xfs /dev/sdb1 rw
38 27 0:48 / /srv/data/deep/shared rw - nfs4 filer:/b rw
39 27 0:49 / /srv/fast rw - tmpfs tmpfs rw
40 27 0:50 / /srv/odd rw - shinyfs none rw
41 27 0:21 / /srv/jail/proc rw - proc proc rw
42 27 0:22 / /srv/jail/ctl rw - fusectl none rw
43 27 0:51 / /srv/app/portal rw - fuse.portal portal rw
`;

/** A Linux machine with the mounts above and the given links. Asking it about a link on a mount is an error. */
function linux(links: Record<string, string> = {}): Surroundings {
  const mounts = parseMounts(TABLE);
  return {
    platform: 'linux',
    mountinfo: () => TABLE,
    linkAt(path) {
      expect(typeNamed(mountOf(mounts, path)?.type ?? '').class).toBe('local');
      return links[path];
    },
    magicOf: () => expect.fail('statfs can hang on a mount, and is not needed here'),
    realpath: () => expect.fail('realpath can hang on a mount'),
  };
}

describe('the survey of a root on Linux', () => {
  it.each([
    ['/', 'fuse', 'a mount of every kind lies below'],
    ['/var/lib/locks', 'local', 'the root filesystem'],
    ['/home/anna/locks', 'network', 'an NFS mount'],
    ['/homework', 'local', 'only the name begins like a mount'],
    ['/mnt/win', 'network', 'an SMB mount'],
    ['/mnt/with space/a', 'fuse', 'a mount point with a space'],
    ['/auto/anna', 'network', 'an automounted home'],
    ['/auto/bert', 'network', 'an automounter that has not mounted yet'],
    ['/covered/a', 'local', 'a later mount on the same point'],
    ['/srv/fast', 'local', 'a tmpfs'],
    ['/srv/odd', 'fuse', 'a type nobody knows'],
    ['/srv/data', 'network', 'an NFS mount lies further below'],
    ['/srv/jail', 'local', 'what lies below is the kernel itself'],
    ['/srv/app', 'fuse', 'a FUSE mount lies below'],
  ] as const)('finds %s to be %s: %s', (root, kind, _why) => {
    expect(survey(root, linux()).type.class).toBe(kind);
  });

  it.each(['nfs', 'nfs4'])('calls %s mounted with nocto unsafe, for its listings are old', (type) => {
    const table = `30 27 0:41 / /m rw - ${type} filer:/m rw,vers=3,nocto,hard\n`;
    const found = survey('/m/locks', { ...linux(), mountinfo: () => table });
    expect(found.type.unsafe).toBeDefined();
    const usual = survey('/m/locks', { ...linux(), mountinfo: () => table.replace('nocto,', '') });
    expect(usual.type.unsafe).toBeUndefined();
  });

  it('tells what must stay mounted, which a local disk need not', () => {
    expect(survey('/home/anna', linux()).mount).toEqual({ path: '/home/anna', type: 'nfs4' });
    expect(survey('/var', linux()).mount).toBeUndefined();
    expect(survey('/srv/data', linux()).mount).toBeUndefined();
  });

  it('tells roots on one mount by the same device, others by another', () => {
    const device = (root: string): string => survey(root, linux()).device;
    expect(device('/home/anna')).toBe(device('/home/bert'));
    expect(device('/home/anna')).not.toBe(device('/mnt/win'));
  });

  it('follows links as long as they lie on a local filesystem', () => {
    const links = { '/var/locks': '../home/anna', '/var/loop': 'loop', '/locks': '/var/locks' };
    expect(survey('/locks/deploy', linux(links)).type.name).toBe('nfs4');
    expect(survey('/var/loop/x', linux(links)).type.class).toBe('local');
  });

  it('falls back to statfs without a table of mounts, of the nearest directory that exists', () => {
    const machine: Surroundings = {
      ...linux(),
      mountinfo: () => undefined,
      magicOf: (path) => (path === '/srv' ? 0xff534d42 : path === '/' ? 0xef53 : undefined),
    };
    expect(survey('/srv/a/b', machine).type).toMatchObject({ name: 'cifs', class: 'network' });
    expect(survey('/var/a', machine).type.class).toBe('local');
  });

  it('takes a place about which nothing can be told for the most careful kind', () => {
    const machine: Surroundings = { ...linux(), mountinfo: () => undefined, magicOf: () => undefined };
    expect(survey('/srv', machine).type.class).toBe('fuse');
  });
});

describe('the statfs numbers', () => {
  it.each([
    [0x6969, 'nfs', 'network'],
    [0xff534d42, 'cifs', 'network'],
    [0xff534d42 | 0, 'cifs', 'network'],
    [0xfe534d42, 'smb3', 'network'],
    [0x517b, 'smbfs', 'network'],
    [0x65735546, 'fuse', 'fuse'],
    [0x01021997, '9p', 'network'],
    [0x5346414f, 'afs', 'network'],
    [0x00c36400, 'ceph', 'network'],
    [0x01161970, 'gfs2', 'network'],
    [0x0bd00bd0, 'lustre', 'network'],
    [0x7461636f, 'ocfs2', 'network'],
    [0xef53, 'ext3', 'local'],
    [0x58465342, 'xfs', 'local'],
    [0x9123683e, 'btrfs', 'local'],
    [0x01021994, 'tmpfs', 'local'],
    [0x794c7630, 'overlay', 'local'],
    [0x4d44, 'vfat', 'local'],
  ] as const)('%i is %s, dealt with as %s', (magic, name, kind) => {
    expect(typeOfMagic(magic)).toMatchObject({ name, class: kind });
  });

  it('that nobody knows are dealt with as FUSE', () => {
    expect(typeOfMagic(0x12345678)).toMatchObject({ class: 'fuse', exclusiveMkdir: false });
  });
});

describe('the types', () => {
  it('vouch for mkdir on NFS and SMB, not on FUSE and cluster filesystems', () => {
    const vouched = ['ext4', 'nfs', 'nfs4', 'cifs', 'smb3'].map((name) => typeNamed(name).exclusiveMkdir);
    const doubted = ['fuse', 'fuse.sshfs', 'lustre', '9p', 'hasOwnProperty'].map(
      (name) => typeNamed(name).exclusiveMkdir,
    );
    expect(new Set(vouched)).toEqual(new Set([true]));
    expect(new Set(doubted)).toEqual(new Set([false]));
  });
});

describe('the survey elsewhere', () => {
  const other = (platform: NodeJS.Platform, changes: Partial<Surroundings>): Surroundings => ({
    ...linux(),
    platform,
    ...changes,
  });

  it('knows the two local formats of macOS and takes all else there for FUSE', () => {
    const mac = (magic: number): string =>
      survey('/Users/a', other('darwin', { magicOf: () => magic })).type.class;
    expect([26, 17, 2].map(mac)).toEqual(['local', 'local', 'fuse']);
  });
});
