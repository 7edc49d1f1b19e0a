import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolders, serve, type DAVServer, type DAVShare } from './dav.js';
import { ensureDebian, findCommand } from './debian.js';
import { freePort } from './process.js';

/** Why there is no nginx, or `undefined`. */
export const noNginx = (): Promise<string | undefined> =>
  ensureDebian(['nginx', 'libnginx-mod-http-dav-ext'], ['nginx']);

/** nginx with its own dav module and dav-ext, which adds PROPFIND. */
export async function startNginx(share: DAVShare = {}): Promise<DAVServer> {
  const folders = await makeFolders(share.root);
  const { home, root } = folders;
  const port = await freePort();
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  for (const name of temporary) await mkdir(join(home, name));
  const config = `
    load_module /usr/lib/nginx/modules/ngx_http_dav_ext_module.so;
    ${process.getuid?.() === 0 ? 'user root;' : ''}
    worker_processes 1;
    daemon off;
    pid ${home}/nginx.pid;
    error_log stderr;
    events { worker_connections 256; }
    http {
      access_log off;
      ${temporary.map((name) => `${name}_temp_path ${home}/${name};`).join('\n      ')}
      server {
        listen 127.0.0.1:${port};
        location /dav/ {
          ${share.isRewritten === true ? `root ${root}; rewrite ^/dav/(.*)$ /$1 break;` : `alias ${root}/;`}
          autoindex on;
          client_max_body_size 64m;
          ${share.readOnly === true ? '' : 'dav_methods PUT DELETE MKCOL COPY MOVE;'}
          dav_ext_methods PROPFIND OPTIONS;
        }
      }
    }`;
  await writeFile(join(home, 'nginx.conf'), config);
  return serve(folders, port, {
    command: findCommand('nginx') ?? 'nginx',
    args: ['-c', join(home, 'nginx.conf'), '-p', home, '-e', 'stderr'],
    cwd: home,
    ready: port,
  });
}
