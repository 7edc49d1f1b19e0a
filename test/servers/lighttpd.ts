import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolders, serve, type DAVServer, type DAVShare } from './dav.js';
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
  const config = `
    server.modules = ( "mod_alias", "mod_webdav", "mod_dirlisting" )
    dir-listing.activate = "enable"
    server.document-root = "${home}"
    server.bind = "127.0.0.1"
    server.port = ${port}
    server.errorlog = "${home}/error.log"
    server.upload-dirs = ( "${home}/uploads" )
    alias.url = ( "/dav/" => "${root}/" )
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
