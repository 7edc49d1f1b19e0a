import { isVFSError, type VFSError, type VFSErrorCode } from '@holdfast/vfs';
import { webdavVFS, type WebDAVVFSOptions } from '@holdfast/webdav';
import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rmdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect, promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { noApache, startApache } from '../servers/apache.js';
import { PASSWORD, USER, type DAVServer, type DAVShare } from '../servers/dav.js';
import { noLighttpd, startLighttpd } from '../servers/lighttpd.js';
import { startNephele } from '../servers/nephele.js';
import { noNginx, startNginx } from '../servers/nginx.js';

interface Subject {
  readonly name: string;
  readonly missing: string | undefined;
  readonly start: (share?: DAVShare) => Promise<DAVServer>;
  /** What it makes of a change to a read-only share. */
  readonly readOnly: VFSErrorCode;
  /** What it makes of a full disk: not every server says 507. */
  readonly full: { readonly writeFile: VFSErrorCode; readonly mkdir: VFSErrorCode };
}

const SERVERS: readonly Subject[] = [
  {
    name: 'Apache',
    missing: await noApache(),
    start: startApache,
    readOnly: 'EACCES',
    full: { writeFile: 'ENOSPC', mkdir: 'ENOSPC' },
  },
  {
    name: 'nginx',
    missing: await noNginx(),
    start: startNginx,
    readOnly: 'ENOTSUP',
    full: { writeFile: 'EIO', mkdir: 'ENOSPC' },
  },
  {
    name: 'lighttpd',
    missing: await noLighttpd(),
    start: startLighttpd,
    readOnly: 'EACCES',
    full: { writeFile: 'EIO', mkdir: 'EACCES' },
  },
];

async function refusal(call: Promise<unknown>): Promise<VFSError> {
  const error: unknown = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!isVFSError(error)) throw new Error('no VFSError', { cause: error });
  return error;
}

async function using<T>(
  server: DAVServer,
  options: Omit<WebDAVVFSOptions, 'url'>,
  work: (vfs: ReturnType<typeof webdavVFS>) => Promise<T>,
): Promise<T> {
  const vfs = webdavVFS({ url: server.url, ...options });
  try {
    return await work(vfs);
  } finally {
    await vfs.close();
  }
}

describe.each(SERVERS)('on $name', ({ missing, start, readOnly, full }) => {
  it.skipIf(missing !== undefined)(
    `a base that is not there is ENOENT${missing ? `: ${missing}` : ''}`,
    async () => {
      const server = await start();
      try {
        const nowhere = { ...server, url: `${server.url}/no/where` };
        await using(nowhere, {}, async (vfs) => {
          const calls = [
            vfs.ls('/'),
            vfs.stat('/'),
            vfs.mkdir('/d'),
            vfs.writeFile('/f', 'x'),
            vfs.readFile('/f'),
          ];
          for (const error of await Promise.all(calls.map(refusal))) {
            expect(error).toMatchObject({ code: 'ENOENT', outcome: 'failed' });
          }
          expect((await refusal(vfs.mkdir('/', { recursive: true }))).code).toBe('ENOENT');
        });
      } finally {
        await server.stop();
      }
    },
  );

  it.skipIf(missing !== undefined)(
    `a read-only share refuses changes and can be read${missing ? `: ${missing}` : ''}`,
    async () => {
      const server = await start({ readOnly: true });
      try {
        await writeFile(join(server.root, 'f'), 'kept');
        await using(server, {}, async (vfs) => {
          expect((await vfs.ls('/')).map((entry) => entry.name)).toEqual(['f']);
          expect(new TextDecoder().decode(await vfs.readFile('/f'))).toBe('kept');
          for (const error of await Promise.all(
            [vfs.mkdir('/d'), vfs.writeFile('/f', 'x'), vfs.rm('/f')].map(refusal),
          )) {
            expect(error).toMatchObject({ code: readOnly, outcome: 'failed' });
          }
          expect((await refusal(vfs.mkdir('/f'))).code).toBe('EEXIST');
        });
      } finally {
        await server.stop();
      }
    },
  );

  // Only root can make a disk that is full.
  const reason = missing ?? (process.getuid?.() === 0 ? undefined : 'a small disk needs root');
  it.skipIf(reason !== undefined)(
    `a full disk refuses, and nothing has happened${reason ? `: ${reason}` : ''}`,
    async () => {
      const disk = await mkdtemp(join(tmpdir(), 'holdfast-disk-'));
      const run = promisify(execFile);
      await run('mount', ['-t', 'tmpfs', '-o', 'size=64k,nr_inodes=4', 'tmpfs', disk]);
      let server: DAVServer | undefined;
      try {
        await chmod(disk, 0o777);
        server = await start({ root: disk });
        await using(server, {}, async (vfs) => {
          await vfs.mkdir('/d');
          const unwritten = await refusal(vfs.writeFile('/f', new Uint8Array(200_000)));
          expect(unwritten).toMatchObject({ code: full.writeFile, outcome: 'failed' });
          const unmade = await refusal(Promise.all(['/e', '/g', '/h', '/i'].map((path) => vfs.mkdir(path))));
          expect(unmade).toMatchObject({ code: full.mkdir, outcome: 'failed' });
          const names = (await vfs.ls('/')).map(({ name }) => name);
          expect(names).toContain('d');
          expect(names).not.toContain('f');
        });
      } finally {
        await server?.stop();
        await run('umount', [disk]);
        await rmdir(disk);
      }
    },
  );
});

const noServer = await noApache();
describe.skipIf(noServer !== undefined)(`credentials on Apache${noServer ? `: ${noServer}` : ''}`, () => {
  it.each(['basic', 'digest'] as const)('by %s open the share, wrong ones are EAUTH', async (type) => {
    const server = await startApache({ auth: type });
    try {
      const auth = { type, username: USER, password: PASSWORD };
      await using(server, { auth }, async (vfs) => {
        await vfs.mkdir('/ü #%');
        await vfs.writeFile('/ü #%/f', 'x');
        expect((await vfs.stat('/ü #%')).type).toBe('directory');
        expect((await vfs.ls('/ü #%')).map(({ name }) => name)).toEqual(['f']);
        // Side by side: a digest counts its requests.
        await Promise.all(Array.from({ length: 8 }, (_, n) => vfs.mkdir(`/${n}`)));
        expect(await vfs.ls('/')).toHaveLength(9);
      });
      for (const wrong of [{ ...auth, password: 'hunter2' }, { ...auth, username: 'eve' }, undefined]) {
        await using(server, { auth: wrong }, async (vfs) => {
          const calls = [
            vfs.ls('/'),
            vfs.mkdir('/x'),
            vfs.writeFile('/x', 'x'),
            vfs.readFile('/x'),
            vfs.rm('/0'),
          ];
          for (const error of await Promise.all(calls.map(refusal))) {
            expect(error).toMatchObject({ code: 'EAUTH', outcome: 'failed' });
            expect(inspect(error, { depth: Infinity, showHidden: true })).not.toContain('hunter2');
          }
        });
      }
    } finally {
      await server.stop();
    }
  });
});

const noSecond = await noLighttpd();
describe.skipIf(noSecond !== undefined)(`a digest on lighttpd${noSecond ? `: ${noSecond}` : ''}`, () => {
  it.each([[['SHA-256'] as const], [['MD5', 'SHA-256'] as const], [['SHA-256', 'MD5'] as const]])(
    'opens the share by whatever is offered: %s',
    async (hashes) => {
      const server = await startLighttpd({ auth: 'digest', hashes });
      try {
        const auth = { type: 'digest', username: USER, password: PASSWORD } as const;
        await using(server, { auth }, async (vfs) => {
          await Promise.all(Array.from({ length: 4 }, (_, n) => vfs.mkdir(`/${n}`)));
          expect(await vfs.ls('/')).toHaveLength(4);
        });
        await using(server, { auth: { ...auth, password: 'hunter2' } }, async (vfs) => {
          expect(await refusal(vfs.mkdir('/x'))).toMatchObject({ code: 'EAUTH', outcome: 'failed' });
        });
      } finally {
        await server.stop();
      }
    },
  );
});

const noThird = await noNginx();
it.skipIf(noThird !== undefined)(
  `a share that the server knows by another path works${noThird ? `: ${noThird}` : ''}`,
  async () => {
    const server = await startNginx({ isRewritten: true });
    try {
      await using(server, {}, async (vfs) => {
        await vfs.mkdir('/d');
        await vfs.writeFile('/d/f', 'x');
        expect((await vfs.ls('/')).map(({ name }) => name)).toEqual(['d']);
        expect((await vfs.ls('/d')).map(({ name }) => name)).toEqual(['f']);
        expect((await refusal(vfs.mkdir('/d'))).code).toBe('EEXIST');
        expect((await vfs.stat('/')).type).toBe('directory');
        await vfs.rm('/d', { recursive: true });
        expect(await vfs.ls('/')).toEqual([]);
      });
      const below = { ...server, url: `${server.url}/d/e` };
      await using(below, { create: true }, async (vfs) => expect(await vfs.ls('/')).toEqual([]));
    } finally {
      await server.stop();
    }
  },
);

describe('on Nephele', () => {
  it('a base that is not there is ENOENT', async () => {
    const server = await startNephele();
    try {
      await using({ ...server, url: `${server.url}/no` }, {}, async (vfs) => {
        const calls = [vfs.ls('/'), vfs.mkdir('/d'), vfs.writeFile('/f', 'x')];
        for (const error of await Promise.all(calls.map(refusal))) expect(error.code).toBe('ENOENT');
      });
    } finally {
      await server.stop();
    }
  });
});
