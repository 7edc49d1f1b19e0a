import { ADDRESSES, HOST_ADDRESS } from './network.js';
import { EXPORT } from './nfs-server.js';
import { PASSWORD, USER } from './samba.js';

/** A way to mount a server, as people write it. */
export interface MountKind {
  /** Short, for names of folders. */
  readonly id: string;
  /** For people: protocol and options. */
  readonly title: string;
  readonly protocol: Protocol;
  readonly server: 'nfs' | 'samba';
  /** What follows `mount`, but for where. */
  readonly command: string;
}

export type Protocol = 'NFSv4.2' | 'NFSv3' | 'SMB 3.1.1';

const nfs4 = (id: string, options = ''): MountKind => ({
  id,
  title: `NFSv4.2 ${options || 'default options'}`,
  protocol: 'NFSv4.2',
  server: 'nfs',
  command: `-t nfs4 -o vers=4.2${options && `,${options}`} ${ADDRESSES.server}:/`,
});
const nfs3 = (id: string, options = ''): MountKind => ({
  id,
  title: `NFSv3 ${options || 'default options'}`,
  protocol: 'NFSv3',
  server: 'nfs',
  command: `-t nfs -o vers=3${options && `,${options}`} ${ADDRESSES.server}:${EXPORT}`,
});
const smb = (id: string, options = ''): MountKind => ({
  id,
  title: `SMB 3.1.1 ${options || 'default options'}`,
  protocol: 'SMB 3.1.1',
  server: 'samba',
  command: `-t cifs -o vers=3.1.1,user=${USER},pass=${PASSWORD}${options && `,${options}`} //${HOST_ADDRESS}/share`,
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

/** Where `kind` is mounted in a guest. */
export const pointOf = (kind: MountKind): string => `/media/${kind.id}`;

/** The script that mounts `kind` in a guest. */
export const mountScript = (kind: MountKind): string =>
  `mkdir -p ${pointOf(kind)} && mount ${kind.command} ${pointOf(kind)}`;
