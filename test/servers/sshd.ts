import { chown } from 'node:fs/promises';
import { ensureDebian, findCommand } from './debian.js';
import { freePort, processTree, type ServerCommand } from './process.js';
import { makeSite, SERVER_USER, serveSite, type SftpDaemon } from './sftp-server.js';

/** Why there is no OpenSSH server, or `undefined`. */
export const noSshd = (): Promise<string | undefined> =>
  ensureDebian(['openssh-server', 'openssh-client'], ['sshd', 'setpriv']);

export interface Sshd extends SftpDaemon {
  /** The pids of a session's process tree each, one a connection. */
  sessions(): number[];
}

export interface SshdOptions {
  /** Default `inside`: the daemon speaks SFTP itself. Otherwise the user's login shell starts a program for it. */
  readonly sftp?: 'inside' | 'by the login shell';
}

/** OpenSSH's own server, run by a user without rights. */
export async function startSshd({ sftp = 'inside' }: SshdOptions = {}): Promise<Sshd> {
  const site = await makeSite();
  const port = await freePort();
  const hostKey = await site.write('host_key', site.hostKey.private, 0o600);
  const authorized = await site.write('authorized_keys', `${site.clientKey.public}\n`);
  const config = await site.write(
    'sshd_config',
    [
      `Port ${port}`,
      'ListenAddress 127.0.0.1',
      `HostKey ${hostKey}`,
      `AuthorizedKeysFile ${authorized}`,
      'PidFile none',
      'UsePAM no',
      'UseDNS no',
      'StrictModes no',
      'PasswordAuthentication no',
      'MaxStartups 100:30:200',
      'LogLevel DEBUG3',
      `Subsystem sftp ${sftp === 'inside' ? 'internal-sftp' : '/usr/lib/openssh/sftp-server'} -d ${site.folder}`,
      '',
    ].join('\n'),
  );
  if (process.getuid?.() === 0) await chown(hostKey, SERVER_USER.uid, SERVER_USER.gid);
  const daemon = await serveSite(site, {
    ...withoutRights(findCommand('sshd') ?? 'sshd', ['-D', '-e', '-f', config]),
    ready: port,
  });
  return {
    ...daemon,
    // Whoever has no rights has no second process a session: the children of the daemon are the sessions.
    sessions: () => processTree(daemon.process.pid).slice(1),
  };
}

/** `command` as {@link SERVER_USER}. */
export function withoutRights(
  command: string,
  args: readonly string[],
): Pick<ServerCommand, 'command' | 'args'> {
  if (process.getuid?.() !== 0) return { command, args };
  const { uid, gid } = SERVER_USER;
  return {
    command: 'setpriv',
    args: [`--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', command, ...args],
  };
}
