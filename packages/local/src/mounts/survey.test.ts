import { describe, expect, it } from 'vitest';
import { typeNamed, typeOfMagic } from './filesystem.js';
import { mountOf, parseMounts } from './mount-table.js';
import { survey, type Surroundings } from './survey.js';

const DISK = '27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw\n';
const TABLE = `\
${DISK}\
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

  it.each([
    ['mountpoint-s3', 'fuse', 'mountpoint-s3'],
    ['blobfuse2', 'fuse', 'blobfuse2'],
    ['blobfuse', 'fuse', 'blobfuse'],
    ['goofys from fstab', 'fuse.goofys', 'my-bucket'],
    ['geesefs', 'fuse.geesefs', 'my-bucket'],
    ['ossfs', 'fuse.ossfs', 'ossfs'],
    ['ossfs2', 'fuse.ossfs2', 'ossfs2'],
    ['cosfs', 'fuse.cosfs', 'cosfs'],
    ['obsfs', 'fuse.obsfs', 'obsfs'],
    ['gcsfuse', 'fuse.gcsfuse', 'my-bucket'],
    ['s3fs', 'fuse.s3fs', 's3fs'],
    ['rclone mount', 'fuse.rclone', 'remote:bucket'],
    ['rclone nfsmount', 'nfs', 'localhost:/remote{abc}:bucket'],
    ['tigrisfs', 'fuse.tigrisfs', 'my-bucket'],
    ['s3ql', 'fuse.s3ql', 's3://x'],
    ['catfs over goofys', 'fuse.catfs', 'catfs'],
    ['a program that names its store', 'fuse.newfs', 'gs://my-bucket'],
  ])('refuses %s, a mount of an object store', (_, type, source) => {
    const table = `${DISK}33 27 0:44 / /mnt/b rw - ${type} ${source} rw,user_id=0\n`;
    expect(survey('/mnt/b/locks', { ...linux(), mountinfo: () => table }).type.unsafe).toBeDefined();
  });

  it.each([
    ['an NFS server on this machine', 'nfs', 'localhost:/export', 'network', true],
    ['FUSE that tells nothing of itself', 'fuse', 'my-bucket', 'fuse', false],
    ['sshfs', 'fuse.sshfs', 'host:/dir', 'fuse', false],
  ] as const)('uses %s, and promises no more than is known', (_, type, source, kind, exclusiveMkdir) => {
    const table = `${DISK}33 27 0:44 / /mnt/b rw - ${type} ${source} rw,user_id=0\n`;
    const found = survey('/mnt/b/locks', { ...linux(), mountinfo: () => table });
    expect(found.type).toMatchObject({ class: kind, exclusiveMkdir });
    expect(found.type.unsafe).toBeUndefined();
  });

  it.each(['nfs', 'nfs4'])('calls %s mounted with nocto unsafe, for its listings are old', (type) => {
    const table = `${DISK}30 27 0:41 / /m rw - ${type} filer:/m rw,vers=3,nocto,hard\n`;
    const found = survey('/m/locks', { ...linux(), mountinfo: () => table });
    expect(found.type.unsafe).toBeDefined();
    const usual = survey('/m/locks', { ...linux(), mountinfo: () => table.replace('nocto,', '') });
    expect(usual.type.unsafe).toBeUndefined();
  });

  it.each([
    ['nocto NFS below NFS', '/m', 'nfs4 filer:/m rw', 'nfs filer:/n rw,nocto', 'nfs', 'network'],
    [
      'nocto NFS at the root, sshfs below',
      '/m',
      'nfs4 filer:/m rw,nocto',
      'fuse.sshfs host:/ rw',
      'nfs4',
      'fuse',
    ],
    ['rclone below sshfs', '/m', 'fuse.sshfs host:/ rw', 'fuse.rclone remote: rw', 'fuse.rclone', 'fuse'],
    ['rclone below a disk', '/', 'ext4 /dev/sdb rw', 'fuse.rclone remote: rw', 'fuse.rclone', 'fuse'],
  ])('calls %s unsafe, by the name of what makes it so', (_, root, outer, inner, name, kind) => {
    const table = `${DISK}30 27 0:41 / /m rw - ${outer}\n31 30 0:42 / /m/deep/inner rw - ${inner}\n`;
    const { type } = survey(root, { ...linux(), mountinfo: () => table });
    expect(type).toMatchObject({ name, class: kind, unsafe: expect.anything() });
  });

  it('tells of SMB wherever in the tree it is', () => {
    expect(['/mnt/win/a', '/mnt', '/home', '/var'].map((root) => survey(root, linux()).smb)).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });

  it('takes of two mounts in one tree the coarser times and the weaker promise', () => {
    const { type } = survey('/mnt', linux());
    expect(type).toMatchObject({ mtimeGranularityMs: 1000, exclusiveMkdir: false });
  });

  it('tells what must stay mounted, which a local disk need not', () => {
    const home = { point: '/home', type: 'nfs4', source: 'filer:/home' };
    expect(survey('/home/anna', linux()).kept).toEqual({ root: '/home/anna', mounts: [home] });
    expect(survey('/var', linux()).kept).toBeUndefined();
    expect(survey('/srv/data', linux()).kept?.mounts).toEqual([
      { point: '/srv/data/deep/shared', type: 'nfs4', source: 'filer:/b' },
    ]);
  });

  it('does not go by a mount that another covers', () => {
    const table = `${DISK}30 27 0:41 / /m/a/b rw - tmpfs none rw\n31 27 0:42 / /m/a rw - fuse.sshfs host:/ rw\n`;
    const found = survey('/m/a/b', { ...linux(), mountinfo: () => table });
    expect(found).toMatchObject({ type: { name: 'fuse.sshfs' }, kept: { mounts: [{ point: '/m/a' }] } });
  });

  it('in a chroot asks statfs of what no mount covers, and nothing has to stay mounted there', () => {
    const inside: Surroundings = {
      ...linux(),
      mountinfo: () => '36 27 0:47 / /team rw - nfs4 filer:/a rw\n',
      // A chroot's own folders; /team, which is a mount, is not to be asked about.
      magicOf: (path) => (path === '/' ? 0xef53 : undefined),
      linkAt: (path) => (path === '/link' ? 'team/a' : undefined),
    };
    const found = survey('/var/locks', inside);
    expect([found.type.class, found.kept]).toEqual(['local', undefined]);
    expect(survey('/team/locks', inside).kept?.mounts).toHaveLength(1);
    expect(survey('/link/locks', inside)).toMatchObject({
      type: { name: 'nfs4' },
      kept: { root: '/team/a/locks' },
    });
    const empty = survey('/var', { ...inside, mountinfo: () => '' });
    expect([empty.type.class, empty.kept]).toEqual(['local', undefined]);
  });

  it('tells roots on one mount by the same device, others by another', () => {
    const device = (root: string): string => survey(root, linux()).device;
    expect(device('/home/anna')).toBe(device('/home/bert'));
    expect(device('/home/anna')).not.toBe(device('/mnt/win'));
  });

  it('follows links as long as they lie on a local filesystem', () => {
    const links = {
      '/var/locks': '../home/anna',
      '/var/loop': 'loop',
      '/locks': '/var/locks',
      '/var/deep': '/srv/one/two',
      '/up': 'var/deep/../three',
    };
    expect(survey('/locks/deploy', linux(links)).type.name).toBe('nfs4');
    // From where a link leads, `..` leads on.
    expect(survey('/up', linux({ ...links, '/srv/one/three': '/home' })).type.name).toBe('nfs4');
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
