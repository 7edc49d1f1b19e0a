import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolders, PASSWORD, REALM, serve, USER, type DAVServer, type DAVShare } from './dav.js';
import { ensureDebian, findCommand } from './debian.js';
import { freePort } from './process.js';

const MODULES = '/usr/lib/apache2/modules';

/** Why there is no Apache, or `undefined`. */
export const noApache = (): Promise<string | undefined> => ensureDebian(['apache2-bin'], ['apache2']);

/** Apache 2.4 with mod_dav_fs. */
export async function startApache(share: DAVShare = {}): Promise<DAVServer> {
  const folders = await makeFolders(share.root);
  const { home, root } = folders;
  const port = await freePort();
  // dir and autoindex are what a distribution's Apache has on: they redirect and list directories.
  const modules = ['mpm_event', 'authz_core', 'alias', 'dav', 'dav_fs', 'dir', 'autoindex'];
  const access: string[] = [];
  if (share.auth !== undefined) {
    modules.push('authn_core', 'authn_file', 'authz_user', `auth_${share.auth}`);
    const users = join(home, 'users');
    await writeFile(users, share.auth === 'basic' ? basicUser() : digestUser());
    access.push(
      `AuthType ${share.auth}`,
      `AuthName ${REALM}`,
      share.auth === 'basic' ? 'AuthBasicProvider file' : 'AuthDigestProvider file',
      `AuthUserFile ${users}`,
      'Require valid-user',
    );
  }
  if (share.readOnly === true) {
    access.push('<LimitExcept GET HEAD OPTIONS PROPFIND>', 'Require all denied', '</LimitExcept>');
  }
  const config = [
    ...modules.map((name) => `LoadModule ${name}_module ${MODULES}/mod_${name}.so`),
    `Listen 127.0.0.1:${port}`,
    'ServerName 127.0.0.1',
    // Only a process that starts as root can, and must, become somebody else.
    ...(process.getuid?.() === 0 ? ['User www-data', 'Group www-data'] : []),
    `PidFile ${home}/apache.pid`,
    `ErrorLog ${home}/error.log`,
    `Mutex file:${home} default`,
    `DavLockDB ${home}/locks`,
    'StartServers 1',
    'ServerLimit 2',
    'ThreadsPerChild 32',
    'MaxRequestWorkers 64',
    `DocumentRoot ${home}`,
    `Alias /dav ${root}`,
    `<Directory ${root}>`,
    'Options Indexes',
    'Dav On',
    ...access,
    '</Directory>',
  ];
  await writeFile(join(home, 'httpd.conf'), [...config, ''].join('\n'));
  return serve(folders, port, {
    command: findCommand('apache2') ?? 'apache2',
    args: ['-f', join(home, 'httpd.conf'), '-DFOREGROUND'],
    cwd: home,
    ready: port,
  });
}

const basicUser = (): string => `${USER}:{SHA}${createHash('sha1').update(PASSWORD).digest('base64')}\n`;

const digestUser = (): string =>
  `${USER}:${REALM}:${createHash('md5').update(`${USER}:${REALM}:${PASSWORD}`).digest('hex')}\n`;
