import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolders, PASSWORD, REALM, serve, USER, type DAVServer, type DAVShare } from './dav.js';
import { ensureDebian, findCommand } from './debian.js';
import { freePort } from './process.js';

/** Why there is no lighttpd, or `undefined`. */
export const noLighttpd = (): Promise<string | undefined> =>
  ensureDebian(['lighttpd', 'lighttpd-mod-webdav'], ['lighttpd']);

/** lighttpd with mod_webdav. */
export async function startLighttpd(share: DAVShare = {}): Promise<DAVServer> {
  const folders = await makeFolders(share.root);
  const { home, root } = folders;
  const port = await freePort();
  await mkdir(join(home, 'uploads'));
  const hashes = share.hashes ?? ['MD5'];
  const users = join(home, 'users');
  if (share.auth === 'digest') await writeFile(users, hashes.map(digestUser).join(''));
  const config = `
    server.modules = ( "mod_alias", "mod_auth", "mod_authn_file", "mod_webdav", "mod_dirlisting" )
    dir-listing.activate = "enable"
    server.document-root = "${home}"
    server.bind = "127.0.0.1"
    server.port = ${port}
    server.errorlog = "${home}/error.log"
    server.upload-dirs = ( "${home}/uploads" )
    alias.url = ( "/dav/" => "${root}/" )
    ${share.auth === 'digest' ? requireDigest(users, hashes) : ''}
    $HTTP["url"] =~ "^/dav(/|$)" {
      webdav.activate = "enable"
      webdav.is-readonly = "${share.readOnly === true ? 'enable' : 'disable'}"
    }
    `;
  await writeFile(join(home, 'lighttpd.conf'), config);
  return serve(folders, port, {
    command: findCommand('lighttpd') ?? 'lighttpd',
    args: ['-D', '-f', join(home, 'lighttpd.conf')],
    cwd: home,
    ready: port,
  });
}

const requireDigest = (users: string, hashes: readonly string[]): string => `
    auth.backend = "htdigest"
    auth.backend.htdigest.userfile = "${users}"
    auth.require = ( "/" => (
      "method" => "digest", "algorithm" => "${hashes.join('|')}", "realm" => "${REALM}", "require" => "valid-user"
    ) )`;

function digestUser(hash: 'MD5' | 'SHA-256'): string {
  const algorithm = hash === 'MD5' ? 'md5' : 'sha256';
  return `${USER}:${REALM}:${createHash(algorithm).update(`${USER}:${REALM}:${PASSWORD}`).digest('hex')}\n`;
}
