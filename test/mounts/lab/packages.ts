import { accessSync, constants, readFileSync } from 'node:fs';
import { ensureDebian } from '../../servers/debian.js';
import { hidden } from './folders.js';

const PACKAGES = [
  'iproute2',
  'kmod',
  'e2fsprogs',
  'user-mode-linux',
  'nfs-common',
  'nfs-kernel-server',
  'rpcbind',
  'cifs-utils',
  'samba',
  'openssh-server',
  'openssh-client',
  'fuse3',
  'sshfs',
  'rclone',
];
const COMMANDS = [
  'unshare',
  'ip',
  'depmod',
  'mkfs.ext4',
  'linux.uml',
  'mount.nfs',
  'rpc.nfsd',
  'rpcbind',
  'mount.cifs',
  'smbd',
  'sshd',
  'ssh-keygen',
  'fusermount3',
  'sshfs',
  'rclone',
];

/** Why there can be no lab on this machine, or `undefined`; installs what is missing. With `CI=true` it throws instead. */
export async function noLab(): Promise<string | undefined> {
  const obstacle = obstacleHere();
  if (obstacle !== undefined && process.env['CI'] === 'true') throw new Error(obstacle);
  if (obstacle !== undefined) return obstacle;
  const compiler = needsShim() ? await ensureDebian(['gcc', 'libc6-dev'], ['cc']) : undefined;
  return compiler ?? ensureDebian(PACKAGES, COMMANDS);
}

function obstacleHere(): string | undefined {
  if (process.platform !== 'linux') return 'hosts of one machine need user-mode Linux, and so Linux';
  if (process.getuid?.() !== 0) return 'a network of its own needs root';
  const out = hidden();
  if (out !== undefined) return `the machines of a lab could not see ${out}: move it to another folder`;
  try {
    accessSync('/dev/net/tun', constants.R_OK | constants.W_OK);
    return undefined;
  } catch {
    return 'a network of its own needs /dev/net/tun';
  }
}

/** Whether this processor has more state than user-mode Linux 6.1 can take: see ../uml/xstate.c. */
export function needsShim(): boolean {
  return /^flags\s*:.*\bamx_tile\b/m.test(readFileSync('/proc/cpuinfo', 'latin1'));
}
