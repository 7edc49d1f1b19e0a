import type { VFS } from '@holdfast/vfs';
import { createVFS } from '@holdfast/vfs/adapter';
import { SftpDriver } from './driver.js';
import { settingsOf, type SftpVFSOptions } from './options.js';
import { Connection } from './transport/connection.js';
import { dial } from './transport/dial.js';
import { HostKeys } from './transport/host-key.js';

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
  const settings = settingsOf(options);
  const { host, port, clock, random, idleMs, deadlineMs, base, create, answerTimeoutMs } = settings;
  const server = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  const hostKeys = new HostKeys(settings.hostKey, { host, port });
  const connection = new Connection({
    dial: (signal) => dial({ ...settings, server, hostKeys, signal }),
    server,
    clock,
    random,
    idleMs,
    secondAttemptMs: answerTimeoutMs,
  });
  const driver = new SftpDriver({ connection, server, base, create, clock, random });
  return createVFS(driver, { deadlineMs, clock, server });
}
