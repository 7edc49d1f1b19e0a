import { type VFS } from '@holdfast/vfs';
import { createVFS } from '@holdfast/vfs/adapter';
import { Connection } from './connection.js';
import { dial } from './dial.js';
import { SftpDriver } from './driver.js';
import { parseOptions, type SftpVFSOptions } from './options.js';

/**
 * A directory on an SFTP server as a VFS. Nothing is sent before the first call; then all calls share one connection,
 * which is replaced if it dies, and closed while nobody uses it. It never keeps the process alive by itself.
 *
 * The key of the host is verified, always: see `knownHostsPath`, `hostKeyFingerprint`, `insecureAcceptAnyHostKey`.
 *
 * @throws `VFSError` `EINVAL` if an option is unknown, missing or not valid
 * @example
 * const vfs = sftpVFS({
 *   host: 'files.example.org',
 *   username: 'deploy',
 *   privateKeyPath: '/run/secrets/id_ed25519',
 *   hostKeyFingerprint: 'SHA256:nThbg6kXUpJWGl7E1IGOCspRomTxdCARLviKw6E5SY8',
 *   base: '/srv/locks',
 * });
 */
export function sftpVFS(options: SftpVFSOptions): VFS {
  const settings = parseOptions(options);
  const { clock, random, idleMs, deadlineMs, base } = settings;
  const connection = new Connection({ dial: (signal) => dial(settings, signal), clock, random, idleMs });
  return createVFS(new SftpDriver(connection, base), { deadlineMs, clock });
}
