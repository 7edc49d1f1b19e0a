import { webdavVFS } from '@holdfast/webdav';
import { utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { noApache, startApache } from '../servers/apache.js';
import { noLighttpd, startLighttpd } from '../servers/lighttpd.js';
import { startNephele } from '../servers/nephele.js';
import { noNginx, startNginx } from '../servers/nginx.js';

const PAST = new Date(Date.UTC(2020, 1, 3, 4, 5, 6));
const SUBJECTS = [
  ['Apache', await noApache(), startApache],
  ['nginx', await noNginx(), startNginx],
  ['lighttpd', await noLighttpd(), startLighttpd],
  ['Nephele', undefined, startNephele],
] as const;

// The lock cannot set mtimes here, and counts on it that a beat moves that of its file.
for (const [name, missing, start] of SUBJECTS) {
  it.skipIf(missing !== undefined)(
    `a rewrite moves the mtime that a listing shows, on ${name}${missing ? `: ${missing}` : ''}`,
    async () => {
      const server = await start();
      const vfs = webdavVFS({ url: server.url });
      try {
        const shown = async (): Promise<number | undefined> => (await vfs.ls('/'))[0]?.mtimeMs;
        await vfs.writeFile('/000000000001.beat', 'first');
        await utimes(join(server.root, '000000000001.beat'), PAST, PAST);
        expect(await shown()).toBe(PAST.getTime());
        await vfs.writeFile('/000000000001.beat', 'again');
        expect(await shown()).toBeGreaterThan(PAST.getTime());
      } finally {
        await vfs.close();
        await server.stop();
      }
    },
  );
}
