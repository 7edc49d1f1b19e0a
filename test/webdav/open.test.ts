import { Lock, openVFS } from 'holdfast';
import { afterEach, expect, it, vi } from 'vitest';
import { noApache, startApache } from '../servers/apache.js';
import { PASSWORD, USER } from '../servers/dav.js';
import { startNephele } from '../servers/nephele.js';

afterEach(() => vi.unstubAllEnvs());

it('openVFS opens a share by its URL, and the lock works on it', async () => {
  const server = await startNephele();
  try {
    const vfs = await openVFS(server.url.replace('http:', 'webdav:'), { retries: 1 });
    const lease = await new Lock(vfs, { id: 'deploy', dir: '/locks' }).acquire();
    expect([vfs.adapter, lease.held]).toEqual(['webdav', true]);
    await lease.release();
    await vfs.close();
  } finally {
    await server.stop();
  }
});

const missing = await noApache();
it.skipIf(missing !== undefined)(
  `openVFS takes user and options from the URL, and the password from the environment${missing ? `: ${missing}` : ''}`,
  async () => {
    const server = await startApache({ auth: 'digest' });
    try {
      vi.stubEnv('HOLDFAST_WEBDAV_PASSWORD', PASSWORD);
      const url = server.url.replace('http://', `webdav://${USER}@`);
      const vfs = await openVFS(`${url}?auth=digest&deadlineMs=20000`);
      expect(await vfs.ls('/')).toEqual([]);
      await vfs.close();
    } finally {
      await server.stop();
    }
  },
);

it('openVFS refuses plain http to another machine, and what it does not know, without showing the password', async () => {
  for (const url of ['webdav://ada:hunter2@dav.example/', 'webdavs://ada:hunter2@dav.example/?colour=red']) {
    const error: unknown = await openVFS(url).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'EINVAL' });
    expect(String(error)).not.toContain('hunter2');
  }
});
