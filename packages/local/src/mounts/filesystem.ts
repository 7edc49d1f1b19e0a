import { Refusal } from '../errors.js';

/**
 * How a filesystem is dealt with.
 * - `local`: one host, one kernel: every answer is fresh, a call cannot hang on a server.
 * - `network`: other hosts change it behind a client's caches, and the server may fall silent.
 * - `fuse`: the same, and what its program promises of mkdir is not known. Also whatever has no known type.
 */
export type FilesystemClass = 'local' | 'network' | 'fuse';

/** A type of filesystem, and what is known of it. */
export interface FilesystemType {
  /** As the kernel names it in /proc/self/mountinfo, for instance `ext4`, `nfs4` or `fuse.sshfs`. */
  readonly name: string;
  readonly class: FilesystemClass;
  /** Whether it was measured that mkdir is exclusive between all of its clients. */
  readonly exclusiveMkdir: boolean;
  /** Smallest step of an mtime, in milliseconds: of the format, or of the clock tick that stamps it. */
  readonly mtimeGranularityMs: number;
  /** Set if no lock can be safe on it. */
  readonly unsafe?: { readonly why: string; readonly advice: string };
}

/** A kernel stamps files with the time of its last tick: 10 ms apart at the slowest usual setting. */
const TICK_MS = 10;

const local = (mtimeGranularityMs = TICK_MS): Omit<FilesystemType, 'name'> => ({
  class: 'local',
  exclusiveMkdir: true,
  mtimeGranularityMs,
});
const network: Omit<FilesystemType, 'name'> = {
  class: 'network',
  exclusiveMkdir: true,
  mtimeGranularityMs: TICK_MS,
};
/** Shared by hosts and thought to be coherent, but not measured here. */
const cluster: Omit<FilesystemType, 'name'> = { ...network, exclusiveMkdir: false, mtimeGranularityMs: 1000 };
const fuse: Omit<FilesystemType, 'name'> = {
  class: 'fuse',
  exclusiveMkdir: false,
  mtimeGranularityMs: 1000,
};
const objects: Omit<FilesystemType, 'name'> = {
  ...fuse,
  unsafe: {
    why: 'it makes directories that another host has made already, so two hosts would hold one lock',
    advice:
      "Use the adapter for the storage behind it; pass { filesystem: 'fuse' } if this host alone uses it",
  },
};

/** Of these it is known that each change of a directory's entries sets its times, in steps of a second at most. */
const TELLING: ReadonlySet<string> = new Set(['btrfs', 'ext2', 'ext3', 'ext4', 'f2fs', 'tmpfs', 'xfs']);

/** Whether a directory whose times are those of before, and are past, has the entries of before. */
export function tellsByTimes({ name }: FilesystemType): boolean {
  return TELLING.has(name);
}

const BY_NAME: Readonly<Record<string, Omit<FilesystemType, 'name'>>> = {
  bcachefs: local(),
  btrfs: local(),
  devtmpfs: local(),
  ecryptfs: local(),
  exfat: local(),
  ext2: local(1000),
  ext3: local(1000),
  ext4: local(),
  f2fs: local(),
  hfs: local(1000),
  hfsplus: local(1000),
  jfs: local(),
  minix: local(1000),
  msdos: local(2000),
  nilfs2: local(),
  ntfs: local(),
  ntfs3: local(),
  overlay: local(),
  ramfs: local(),
  reiserfs: local(1000),
  squashfs: local(1000),
  tmpfs: local(),
  ubifs: local(1000),
  udf: local(),
  vfat: local(2000),
  xfs: local(),
  zfs: local(),
  apfs: local(),

  nfs: network,
  nfs4: network,
  cifs: network,
  smb3: network,

  '9p': cluster,
  acfs: cluster,
  afs: cluster,
  // Not mounted yet: what will appear there is nearly always a mount from another host.
  autofs: cluster,
  beegfs: cluster,
  ceph: cluster,
  coda: cluster,
  gfs2: cluster,
  gpfs: cluster,
  lustre: cluster,
  ncpfs: cluster,
  ocfs2: cluster,
  orangefs: cluster,
  pvfs2: cluster,
  smbfs: cluster,
  vboxsf: cluster,
  virtiofs: cluster,
  vmhgfs: cluster,

  fuse,
  fuseblk: fuse,
  'fuse.blobfuse': objects,
  'fuse.blobfuse2': objects,
  'fuse.catfs': objects,
  'fuse.cosfs': objects,
  'fuse.gcsfuse': objects,
  'fuse.geesefs': objects,
  'fuse.goofys': objects,
  'fuse.mount-s3': objects,
  'fuse.mountpoint-s3': objects,
  'fuse.obsfs': objects,
  'fuse.ossfs': objects,
  'fuse.ossfs2': objects,
  'fuse.rclone': objects,
  'fuse.riofs': objects,
  'fuse.s3fs': objects,
  'fuse.s3fuse': objects,
  'fuse.s3ql': objects,
  'fuse.tigrisfs': objects,
  'fuse.tosfs': objects,
  'fuse.yas3fs': objects,
};

/** The `f_type` of statfs(2), for a Linux without /proc. FUSE has one number for all of its programs. */
const BY_MAGIC: ReadonlyMap<number, string> = new Map([
  [0xca451a4e, 'bcachefs'],
  [0x9123683e, 'btrfs'],
  [0xf15f, 'ecryptfs'],
  [0x2011bab0, 'exfat'],
  // One number for ext2, ext3 and ext4: the coarsest clock of the three.
  [0xef53, 'ext3'],
  [0xf2f52010, 'f2fs'],
  [0x482b, 'hfsplus'],
  [0x3153464a, 'jfs'],
  [0x4d44, 'vfat'],
  [0x3434, 'nilfs2'],
  [0x5346544e, 'ntfs'],
  [0x7366746e, 'ntfs3'],
  [0x794c7630, 'overlay'],
  [0x858458f6, 'ramfs'],
  [0x52654973, 'reiserfs'],
  [0x73717368, 'squashfs'],
  [0x01021994, 'tmpfs'],
  [0x24051905, 'ubifs'],
  [0x15013346, 'udf'],
  [0x58465342, 'xfs'],
  [0x2fc12fc1, 'zfs'],
  [0x6969, 'nfs'],
  [0x517b, 'smbfs'],
  [0xff534d42, 'cifs'],
  [0xfe534d42, 'smb3'],
  [0x01021997, '9p'],
  [0x0187, 'autofs'],
  [0x5346414f, 'afs'],
  [0x6b414653, 'afs'],
  [0x00c36400, 'ceph'],
  [0x73757245, 'coda'],
  [0x01161970, 'gfs2'],
  [0x47504653, 'gpfs'],
  [0x0bd00bd0, 'lustre'],
  [0x564c, 'ncpfs'],
  [0x7461636f, 'ocfs2'],
  [0x20030528, 'orangefs'],
  [0x786f4256, 'vboxsf'],
  [0x65735546, 'fuse'],
]);

/** What is known of the type that the kernel calls `name`. */
export function typeNamed(name: string): FilesystemType {
  return { name, ...(Object.hasOwn(BY_NAME, name) ? BY_NAME[name]! : fuse) };
}

/**
 * Sources that programs for object stores give for a mount of the plain type `fuse`, or of a type that says nothing.
 * Many give the name of the bucket, which tells nothing: then it is FUSE, of which nothing is proved.
 */
const OBJECT_STORES =
  /^(?:mountpoint-s3|mount-s3|blobfuse2?|goofys|geesefs|tigrisfs|ossfs2?|cosfs|obsfs|tosfs|gcsfuse|s3fs|s3ql|riofs|yas3fs|rclone|(?:s3|s3a|s3c|s3n|s3ql|gs|gcs|oss|cos|obs|tos|wasbs?|abfss?|az|azblob|b2|swift|r2):.*)$/i;

/** What is known of a type, mounted from `source` with `options`. */
export function typeMounted(name: string, source: string, options: readonly string[]): FilesystemType {
  const type = typeNamed(name);
  if (type.unsafe !== undefined) return type;
  if (/^fuse(?:$|\.|blk$)/.test(name) && OBJECT_STORES.test(source))
    return { name: `${name} (${source})`, ...objects };
  // `rclone nfsmount` serves itself to the kernel on the loopback address.
  if (/^nfs4?$/.test(name) && /^(?:localhost|127\.0\.0\.1|\[::1\]):.*:/.test(source)) {
    return { name: `${name} (${source})`, ...objects };
  }
  if (!/^nfs4?$/.test(name) || !options.includes('nocto')) return type;
  // Measured, NFSv3 and v4.2: an open does not ask the server then, not even that of a directory.
  return {
    ...type,
    unsafe: {
      why: 'with the mount option nocto a listing can be a minute old',
      advice: "Mount it without nocto; pass { filesystem: 'network' } to do without fresh listings",
    },
  };
}

/** Refuses a type on which no lock can be safe. */
export function unsafeOn({ name, unsafe }: FilesystemType): Refusal {
  return new Refusal(
    'ENOTSUP',
    `no lock is safe on ${name}: ${unsafe?.why ?? 'its clients do not agree'}`,
    unsafe?.advice,
  );
}

/** What is known of the type whose statfs number is `magic`. */
export function typeOfMagic(magic: number): FilesystemType {
  const unsigned = magic >>> 0;
  return typeNamed(BY_MAGIC.get(unsigned) ?? `type 0x${unsigned.toString(16)}`);
}

/** Whether it is Linux's client for SMB 2 and 3, by either of its names. */
export function isSMB({ name }: FilesystemType): boolean {
  return name === 'cifs' || name === 'smb3';
}

/** The most careful conduct comes last: a tree that holds several types is dealt with by the last of them. */
const CAREFULNESS: readonly FilesystemClass[] = ['local', 'network', 'fuse'];

/** What holds for a tree in which both are found. What makes one of them unsafe makes the tree so, under its name. */
export function bothOf(one: FilesystemType, other: FilesystemType): FilesystemType {
  const careful = CAREFULNESS.indexOf(other.class) > CAREFULNESS.indexOf(one.class) ? other : one;
  const { name, unsafe } = one.unsafe === undefined && other.unsafe !== undefined ? other : one;
  return {
    name: unsafe === undefined ? careful.name : name,
    class: careful.class,
    exclusiveMkdir: one.exclusiveMkdir && other.exclusiveMkdir,
    mtimeGranularityMs: Math.max(one.mtimeGranularityMs, other.mtimeGranularityMs),
    ...(unsafe === undefined ? {} : { unsafe }),
  };
}
