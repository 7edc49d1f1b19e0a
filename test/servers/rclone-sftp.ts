import { ensureDebian, findCommand } from './debian.js';
import { freePort } from './process.js';
import { makeSite, serveSite, type SftpDaemon } from './sftp-server.js';
import { withoutRights } from './sshd.js';

/** Why there is no rclone, or `undefined`. */
export const noRcloneSFTP = (): Promise<string | undefined> =>
  ensureDebian(['rclone'], ['rclone', 'setpriv']);

/** `rclone serve sftp`, which reports success for a mkdir of what exists: no lock may be built on it. */
export async function startRcloneSFTP(): Promise<SftpDaemon> {
  const site = await makeSite();
  const port = await freePort();
  const hostKey = await site.write('host_key', site.hostKey.private, 0o644);
  const keys = await site.write('authorized_keys', `${site.clientKey.public}\n`);
  const args = ['serve', 'sftp', site.folder, '--config', '/dev/null', '--addr', `127.0.0.1:${port}`];
  return serveSite(
    site,
    {
      ...withoutRights(
        findCommand('rclone') ?? 'rclone',
        args.concat(['--authorized-keys', keys, '--key', hostKey, '--cache-dir', `${site.folder}/../cache`]),
      ),
      ready: port,
    },
    '/',
  );
}
