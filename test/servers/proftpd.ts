import { chown } from 'node:fs/promises';
import { ensureDebian, findCommand } from './debian.js';
import { freePort } from './process.js';
import { makeSite, SERVER_USER, serveSite, type SftpDaemon } from './sftp-server.js';
import { withoutRights } from './sshd.js';
import { rfc4716 } from './ssh-keys.js';

/** Why there is no ProFTPD, or `undefined`. */
export const noProftpd = (): Promise<string | undefined> =>
  ensureDebian(['proftpd-core', 'proftpd-mod-crypto'], ['proftpd', 'setpriv']);

/** ProFTPD with mod_sftp: an implementation of the protocol that shares no code with OpenSSH's. */
export async function startProftpd(): Promise<SftpDaemon> {
  const site = await makeSite();
  const port = await freePort();
  const { name, group, uid, gid } = SERVER_USER;
  const hostKey = await site.write('host_key', site.hostKey.private, 0o600);
  const keys = await site.write('authorized_keys', rfc4716(site.clientKey));
  const users = await site.write('users', `${name}:*:${uid}:${gid}::${site.folder}:/bin/false\n`, 0o640);
  const log = await site.write('log', '');
  const config = await site.write(
    'proftpd.conf',
    [
      'ModulePath /usr/lib/proftpd',
      'LoadModule mod_sftp.c',
      'ServerType standalone',
      `User ${name}`,
      `Group ${group}`,
      '<IfModule mod_ctrls.c>',
      'ControlsEngine off',
      '</IfModule>',
      `Port ${port}`,
      'DefaultAddress 127.0.0.1',
      // Without it, ProFTPD listens on every address.
      'SocketBindTight on',
      'UseIPv6 off',
      'UseReverseDNS off',
      'MaxInstances 60',
      'RequireValidShell off',
      'UseFtpUsers off',
      '<IfModule mod_delay.c>',
      'DelayEngine off',
      '</IfModule>',
      'AuthOrder mod_auth_file.c',
      `AuthUserFile ${users}`,
      'WtmpLog off',
      `PidFile ${site.home}/pid`,
      'ScoreboardFile none',
      `SystemLog ${log}`,
      'TransferLog none',
      'AllowOverwrite on',
      'SFTPEngine on',
      `SFTPHostKey ${hostKey}`,
      `SFTPAuthorizedUserKeys file:${keys}`,
      `SFTPLog ${log}`,
      '',
    ].join('\n'),
  );
  if (process.getuid?.() === 0) {
    for (const path of [site.home, hostKey, users, log]) await chown(path, uid, gid);
  }
  return serveSite(site, {
    ...withoutRights(findCommand('proftpd') ?? 'proftpd', ['-n', '-q', '-c', config]),
    ready: port,
  });
}
