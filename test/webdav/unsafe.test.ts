import { Lock } from '@holdfast/lock';
import { webdavVFS } from '@holdfast/webdav';
import { describe, expect, it } from 'vitest';
import { startProxy } from '../servers/http-proxy.js';
import { startNephele } from '../servers/nephele.js';
import { noRclone, startRcloneDAV } from '../servers/rclone.js';

/** What comes of an attempt to lock at `url`, in every way there is. */
async function refusals(url: string): Promise<unknown[]> {
  const vfs = webdavVFS({ url });
  try {
    const lock = new Lock(vfs, { id: 'deploy' });
    const attempts = [() => lock.tryAcquire(), () => lock.acquire(), () => lock.with(() => 'done')];
    const codes: unknown[] = [];
    for (const attempt of attempts) {
      codes.push(
        await attempt().then(
          () => 'granted',
          (error: unknown) => (error as { code?: unknown }).code,
        ),
      );
    }
    return codes;
  } finally {
    await vfs.close();
  }
}

const UNSAFE = ['EUNSAFESTORAGE', 'EUNSAFESTORAGE', 'EUNSAFESTORAGE'];
const missing = await noRclone();

describe('no lock is granted on', () => {
  it.skipIf(missing !== undefined)(
    `rclone serve webdav, which makes a directory that exists${missing ? `: ${missing}` : ''}`,
    async () => {
      const server = await startRcloneDAV();
      try {
        expect(await refusals(server.url)).toEqual(UNSAFE);
        // Nor on a directory that was there before anybody asked.
        const vfs = webdavVFS({ url: server.url });
        await vfs.mkdir('/place/lockfile-deploy', { recursive: true });
        await vfs.close();
        expect(await refusals(`${server.url}/place`)).toEqual(UNSAFE);
      } finally {
        await server.stop();
      }
    },
  );

  it('a server that says that it made what exists', async () => {
    const server = await startNephele();
    const liar = await startProxy(server.url, {
      claim: ({ method }, status) => (method === 'MKCOL' && [405, 500].includes(status) ? 201 : status),
    });
    try {
      expect(await refusals(liar.url)).toEqual(UNSAFE);
    } finally {
      await liar.stop();
      await server.stop();
    }
  });

  it('a server that answers 200 to whatever it is asked', async () => {
    const server = await startNephele();
    const agreeable = await startProxy(server.url, {
      claim: ({ method }, status) => (method === 'MKCOL' ? 200 : status),
    });
    try {
      expect(await refusals(agreeable.url)).toEqual(['EIO', 'EIO', 'EIO']);
    } finally {
      await agreeable.stop();
      await server.stop();
    }
  });
});
