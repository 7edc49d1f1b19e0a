import { ADDRESSES, HOST_ADDRESS } from './network.js';
import { EXPORT } from './nfs-server.js';
import { PASSWORD, USER } from './samba.js';
import { KEY, SFTP_FOLDER } from './sshd.js';

/** A way to mount a server, as people write it. */
export interface MountKind {
  /** Short, for names of folders. */
  readonly id: string;
  /** For people: protocol and options. */
  readonly title: string;
  readonly protocol: Protocol;
  readonly server: 'nfs' | 'samba' | 'sshd';
  /** What is run to mount it, but for where. */
  readonly command: string;
}

export type Protocol = 'NFSv4.2' | 'NFSv3' | 'SMB 3.1.1' | 'sshfs' | 'rclone';

const nfs4 = (id: string, options = ''): MountKind => ({
  id,
  title: `NFSv4.2 ${options || 'default options'}`,
  protocol: 'NFSv4.2',
  server: 'nfs',
  command: `mount -t nfs4 -o vers=4.2${options && `,${options}`} ${ADDRESSES.server}:/`,
});
const nfs3 = (id: string, options = ''): MountKind => ({
  id,
  title: `NFSv3 ${options || 'default options'}`,
  protocol: 'NFSv3',
  server: 'nfs',
  command: `mount -t nfs -o vers=3${options && `,${options}`} ${ADDRESSES.server}:${EXPORT}`,
});
const smb = (id: string, options = ''): MountKind => ({
  id,
  title: `SMB 3.1.1 ${options || 'default options'}`,
  protocol: 'SMB 3.1.1',
  server: 'samba',
  command: `mount -t cifs -o vers=3.1.1,user=${USER},pass=${PASSWORD}${options && `,${options}`} //${HOST_ADDRESS}/share`,
});

/** Without any option: what most people have. */
export const DEFAULTS: readonly MountKind[] = [nfs4('nfs4'), nfs3('nfs3'), smb('smb')];

/** What people add. A soft mount gives up a call after three tries of 3 s here, instead of 60 s. */
export const VARIANTS: readonly MountKind[] = [
  nfs4('nfs4-noac', 'noac'),
  nfs4('nfs4-actimeo0', 'actimeo=0'),
  nfs4('nfs4-soft', 'soft,timeo=30,retrans=2'),
  nfs3('nfs3-nolock', 'nolock'),
  nfs3('nfs3-noac', 'noac,nolock'),
  nfs3('nfs3-actimeo0', 'actimeo=0,nolock'),
  nfs3('nfs3-soft', 'soft,timeo=30,retrans=2,nolock'),
  smb('smb-none', 'cache=none'),
  smb('smb-actimeo0', 'actimeo=0'),
];

/** Listings are a minute old: refused. */
export const NO_CTO: readonly MountKind[] = [nfs4('nfs4-nocto', 'nocto'), nfs3('nfs3-nocto', 'nocto,nolock')];

const sshfs = (id: string, options = ''): MountKind => ({
  id,
  title: `sshfs ${options || 'default options'}`,
  protocol: 'sshfs',
  server: 'sshd',
  command: `sshfs -o StrictHostKeyChecking=no,UserKnownHostsFile=/dev/null,IdentityFile=${KEY}${options && `,${options}`} ${USER}@${HOST_ADDRESS}:${SFTP_FOLDER}`,
});

/** Without `reconnect`, sshfs is of no more use once its connection is lost. */
export const SSHFS: readonly MountKind[] = [
  sshfs('sshfs'),
  sshfs('sshfs-nocache', 'dir_cache=no'),
  sshfs(
    'sshfs-reconnect',
    'dir_cache=no,attr_timeout=0,reconnect,ServerAliveInterval=2,ServerAliveCountMax=2',
  ),
];

/** It makes what exists: refused. */
export const RCLONE: MountKind = {
  id: 'rclone',
  title: 'rclone mount',
  protocol: 'rclone',
  server: 'sshd',
  command: [
    `HOME=/run rclone mount --daemon --config /dev/null --cache-dir /run/rclone`,
    `--sftp-host ${HOST_ADDRESS} --sftp-user ${USER} --sftp-key-file ${KEY} :sftp:${SFTP_FOLDER}`,
  ].join(' '),
};

/** Whether a host is shown at once what another one has made. sshfs lists late unless it is told not to. */
export const listsFresh = ({ protocol, command }: MountKind): boolean =>
  protocol !== 'sshfs' || command.includes('dir_cache=no');

/** Whether it is also shown at once that another one has rewritten a file: the kernel keeps what FUSE told it for a second. */
export const isFresh = (kind: MountKind): boolean =>
  kind.protocol !== 'sshfs' || (listsFresh(kind) && kind.command.includes('attr_timeout=0'));

/** Where `kind` is mounted in a guest. */
export const pointOf = (kind: MountKind): string => `/run/media/${kind.id}`;

/** The script that mounts `kind` in a guest. */
export const mountScript = (kind: MountKind): string =>
  `mkdir -p ${pointOf(kind)} && ${kind.command} ${pointOf(kind)}`;
