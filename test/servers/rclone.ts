import { makeFolders, serve, type DAVServer } from './dav.js';
import { ensureDebian, findCommand } from './debian.js';
import { freePort } from './process.js';

/** Why there is no rclone, or `undefined`. */
export const noRclone = (): Promise<string | undefined> => ensureDebian(['rclone'], ['rclone']);

/** `rclone serve webdav`, which answers success to an MKCOL of what exists: no lock may be built on it. */
export async function startRcloneDAV(): Promise<DAVServer> {
  const folders = await makeFolders();
  const port = await freePort();
  return serve(folders, port, {
    command: findCommand('rclone') ?? 'rclone',
    args: ['serve', 'webdav', folders.root, '--config', '/dev/null', '--baseurl', '/dav'].concat([
      '--addr',
      `127.0.0.1:${port}`,
      '--cache-dir',
      folders.home,
    ]),
    ready: port,
  });
}
