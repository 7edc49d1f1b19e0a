import { isVFSError, type VFS, type VFSError } from '@holdfast/vfs';
import { webdavVFS, webdavVFSFromURL, type WebDAVVFSOptions } from '@holdfast/webdav';
import { inspect } from 'node:util';
import { gzipSync } from 'node:zlib';
import { Socket } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { emptyCollection, startStub, type HTTPStub, type Respond } from '../servers/http-stub.js';

const SECRET = 'hunter2-tellnobody';
const AUTH = { type: 'basic', username: 'ada', password: SECRET } as const;

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  // Clients came after their servers.
  for (let one = open.pop(); one !== undefined; one = open.pop()) await one.close();
});

async function stub(respond: Respond): Promise<HTTPStub> {
  const server = await startStub(respond);
  open.push({ close: () => server.stop() });
  return server;
}

function client(options: WebDAVVFSOptions): VFS {
  const vfs = webdavVFS({ retries: 0, ...options });
  open.push(vfs);
  return vfs;
}

async function refusal(call: Promise<unknown>): Promise<VFSError> {
  const error: unknown = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!isVFSError(error)) throw new Error('no VFSError', { cause: error });
  return error;
}

/** A little WebDAV server: an empty collection wherever one looks, and every change succeeds. */
const agreeable: Respond = ({ method, path }, response) => {
  if (method === 'PROPFIND') response.writeHead(207).end(emptyCollection(path));
  else response.writeHead(method === 'GET' ? 200 : 201).end('made');
};

describe('a redirect to another origin', () => {
  it.each([301, 302, 303, 307, 308])(
    'by %i is not followed, and no credentials get there',
    async (status) => {
      const other = await stub(agreeable);
      const server = await stub((_, response) => {
        response.writeHead(status, { Location: `${other.url}/d/` }).end();
      });
      const vfs = client({ url: server.url, auth: AUTH });
      for (const error of await Promise.all(
        [vfs.mkdir('/d'), vfs.writeFile('/f', 'x'), vfs.ls('/'), vfs.readFile('/f')].map(refusal),
      )) {
        expect(error.code).toBe('ECONN');
      }
      expect([other.requests, other.connections]).toEqual([[], 0]);
      expect(server.requests.every(({ authorization }) => authorization !== undefined)).toBe(true);
    },
  );

  it('is not followed to another name of the same host either', async () => {
    const server = await stub((_, response) => {
      const { port } = new URL(server.url);
      response.writeHead(307, { Location: `http://localhost:${port}/dav/d/` }).end();
    });
    expect((await refusal(client({ url: server.url, auth: AUTH }).mkdir('/d'))).code).toBe('ECONN');
    expect(server.requests).toHaveLength(1);
  });
});

describe('a redirect within the origin', () => {
  it('to where the base has moved is followed, and so are the names in the answer', async () => {
    const server = await stub((request, response) => {
      const { path } = request;
      if (path.startsWith('/dav/')) {
        response.writeHead(308, { Location: path.replace('/dav/', '/remote.php/dav/') }).end();
      } else agreeable(request, response);
    });
    const vfs = client({ url: server.url });
    await vfs.mkdir('/grün');
    expect(await vfs.ls('/grün')).toEqual([]);
    expect(server.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'MKCOL /dav/gr%C3%BCn/',
      'MKCOL /remote.php/dav/gr%C3%BCn/',
      'PROPFIND /dav/gr%C3%BCn/',
      'PROPFIND /remote.php/dav/gr%C3%BCn/',
    ]);
  });

  it.each([302, 303, 307])('by %i to a login page is no success', async (status) => {
    const server = await stub(({ path }, response) => {
      if (path !== '/login') response.writeHead(status, { Location: '/login' }).end();
      else response.writeHead(200, { 'Content-Type': 'text/html' }).end('<html>Who are you?</html>');
    });
    const vfs = client({ url: server.url });
    expect(await refusal(vfs.mkdir('/d'))).toMatchObject({ code: 'ECONN', outcome: 'unknown' });
    expect(await refusal(vfs.writeFile('/f', 'x'))).toMatchObject({ code: 'ECONN', outcome: 'unknown' });
    expect(await refusal(vfs.ls('/d'))).toMatchObject({ code: 'ECONN', outcome: 'failed' });
  });

  it('that makes a GET of a change (303) is no success, even to the same path', async () => {
    const server = await stub(({ method, path }, response) => {
      if (method === 'GET') response.writeHead(200).end('here it is');
      else response.writeHead(303, { Location: path }).end();
    });
    const vfs = client({ url: server.url });
    expect(await refusal(vfs.mkdir('/d'))).toMatchObject({ code: 'ECONN', outcome: 'unknown' });
    expect(await refusal(vfs.writeFile('/f', 'x'))).toMatchObject({ code: 'ECONN', outcome: 'unknown' });
  });

  it('in a circle ends, also for a request with a body', async () => {
    const server = await stub(({ path }, response) => response.writeHead(307, { Location: path }).end());
    const vfs = client({ url: server.url });
    const calls = [vfs.ls('/'), vfs.writeFile('/f', 'x'), vfs.mkdir('/d')];
    for (const error of await Promise.all(calls.map(refusal))) expect(error.code).toBe('ECONN');
    expect(server.requests).toHaveLength(15);
  });
});

describe('credentials', () => {
  it('go as UTF-8, or as a bearer token', async () => {
    const server = await stub(agreeable);
    await client({ url: server.url, auth: { type: 'basic', username: 'ada', password: '鎖ß:%' } }).ls('/');
    await client({ url: server.url, auth: { type: 'bearer', token: 'abc.def' } }).ls('/');
    const user = server.url.replace('http://', 'webdav://ada@');
    const vfs = webdavVFSFromURL(user, {}, { HOLDFAST_WEBDAV_PASSWORD: 'p@ss' });
    await vfs.ls('/');
    await vfs.close();
    await client({ url: server.url }).ls('/');
    expect(server.requests.map(({ authorization }) => authorization)).toEqual([
      `Basic ${Buffer.from('ada:鎖ß:%').toString('base64')}`,
      'Bearer abc.def',
      `Basic ${Buffer.from('ada:p@ss').toString('base64')}`,
      undefined,
    ]);
  });

  it.each([
    ['a refusal', (_: unknown, response: Parameters<Respond>[1]) => response.writeHead(401).end()],
    ['a failure', (_: unknown, response: Parameters<Respond>[1]) => response.writeHead(500).end()],
    ['a broken connection', (_: unknown, response: Parameters<Respond>[1]) => response.destroy()],
    [
      'a redirect elsewhere',
      (_: unknown, response: Parameters<Respond>[1]) =>
        response.writeHead(302, { Location: 'http://127.0.0.1:1/' }).end(),
    ],
  ])('show in no part of the error after %s', async (_, respond) => {
    const server = await stub(respond);
    const encoded = Buffer.from(`ada:${SECRET}`).toString('base64');
    const auths = [AUTH, { type: 'bearer', token: SECRET }, { ...AUTH, type: 'digest' }] as const;
    for (const auth of auths) {
      const vfs = client({ url: server.url, auth });
      for (const error of await Promise.all(
        [vfs.mkdir('/d'), vfs.ls('/'), vfs.readFile('/f'), vfs.writeFile('/f', 'x')].map(refusal),
      )) {
        const shown = inspect(error, { depth: Infinity, showHidden: true });
        expect(shown).not.toContain(SECRET);
        expect(shown).not.toContain(encoded);
      }
    }
  });
});

describe('a connection', () => {
  it('is used again and again', async () => {
    const server = await stub(agreeable);
    const vfs = client({ url: server.url });
    for (let round = 0; round < 5; round++) {
      await vfs.mkdir(`/${round}`);
      await vfs.writeFile('/f', 'x');
      await vfs.ls('/');
    }
    expect([server.requests.length, server.connections]).toEqual([15, 1]);
  });

  it('is used again after answers that are refusals, too', async () => {
    const server = await stub((_, response) => response.writeHead(507).end('No space'.repeat(1000)));
    const vfs = client({ url: server.url });
    for (let round = 0; round < 5; round++) await refusal(vfs.mkdir('/d'));
    expect([server.requests.length, server.connections]).toEqual([5, 1]);
  });

  it('is not opened beyond the limit', async () => {
    const server = await stub(agreeable);
    const vfs = client({ url: server.url, maxConnections: 3 });
    await Promise.all(Array.from({ length: 20 }, (_, n) => vfs.mkdir(`/${n}`)));
    expect([server.requests.length, server.connections]).toEqual([20, 3]);
  });

  it('that was closed while nobody used it is replaced', async () => {
    const server = await stub(agreeable);
    const vfs = client({ url: server.url });
    await vfs.mkdir('/a');
    server.cut();
    await expect.poll(() => server.open).toBe(0);
    await vfs.mkdir('/b');
    expect([server.requests.length, server.connections]).toEqual([2, 2]);
  });

  it('is let go of before servers close what idles', async () => {
    const server = await stub(agreeable);
    const setTimeout = vi.spyOn(Socket.prototype, 'setTimeout');
    await client({ url: server.url }).mkdir('/a');
    await expect.poll(() => setTimeout.mock.lastCall?.[0]).toBe(4000);
    setTimeout.mockRestore();
  });

  it('on which a call passed its deadline is replaced', async () => {
    let mute = true;
    const server = await stub((request, response) => {
      if (!mute) agreeable(request, response);
    });
    const vfs = client({ url: server.url, deadlineMs: 50 });
    expect(await refusal(vfs.ls('/'))).toMatchObject({ code: 'ETIMEDOUT', outcome: 'failed' });
    expect(await refusal(vfs.writeFile('/f', 'x'))).toMatchObject({ code: 'ETIMEDOUT', outcome: 'unknown' });
    mute = false;
    const patient = client({ url: server.url });
    expect(await patient.ls('/')).toEqual([]);
    expect(server.connections).toBe(3);
  });

  it('breaks off when the caller aborts a look', async () => {
    let arrived = (): void => undefined;
    const arrival = new Promise<void>((resolve) => (arrived = resolve));
    let left = (): void => undefined;
    const leaving = new Promise<void>((resolve) => (left = resolve));
    const server = await stub((_, response) => {
      response.once('close', left);
      arrived();
    });
    const caller = new AbortController();
    const looking = client({ url: server.url }).ls('/', { signal: caller.signal });
    await arrival;
    caller.abort('enough');
    await expect(looking).rejects.toBe('enough');
    await leaving;
  });

  it('is closed with the VFS, under calls that are on their way, and no other is opened', async () => {
    let arrived = (): void => undefined;
    const arrival = new Promise<void>((resolve) => (arrived = resolve));
    const server = await stub(() => arrived());
    const vfs = client({ url: server.url, maxConnections: 1, retries: 2 });
    const calls = ['/a', '/b', '/c'].map((path) => refusal(vfs.ls(path)));
    await arrival;
    await vfs.close();
    for (const call of calls) expect((await call).code).toBe('ECONN');
    expect(server.connections).toBe(1);
  });
});

describe('a server that answers', () => {
  const endless =
    (head: string, part: string, status = 207): Respond =>
    (_, response) => {
      response.writeHead(status);
      const more = (): void => {
        while (!response.destroyed && response.write(part)) continue;
      };
      response.on('drain', more);
      response.write(head);
      more();
    };
  const MULTISTATUS = '<multistatus xmlns="DAV:">';

  it.each([
    [
      'endless entries',
      MULTISTATUS,
      '<response><href>/dav/a</href><status>HTTP/1.1 200 OK</status></response>',
    ],
    ['endless space', MULTISTATUS, ' '.repeat(1000)],
    ['endless depth', MULTISTATUS, '<a>'.repeat(1000)],
    ['an endless name', `${MULTISTATUS}<response><href>`, 'a'.repeat(1000)],
  ])('%s is cut off at the limit', async (_, head, part) => {
    const server = await stub(endless(head, part));
    const vfs = client({ url: server.url, maxListingBytes: 100_000, retries: 2 });
    expect(await refusal(vfs.ls('/'))).toMatchObject({ code: 'EIO', outcome: 'failed' });
    expect(server.requests).toHaveLength(1);
    await expect.poll(() => server.open).toBe(0);
  });

  it('a listing that swells when it is unpacked is cut off at the limit', async () => {
    const packed = gzipSync(MULTISTATUS + ' '.repeat(10_000_000));
    const server = await stub((_, response) => {
      response.writeHead(207, { 'Content-Encoding': 'gzip' }).end(packed);
    });
    const vfs = client({ url: server.url, maxListingBytes: 100_000 });
    expect(packed.length).toBeLessThan(100_000);
    expect((await refusal(vfs.ls('/'))).code).toBe('EIO');
  });

  it('150,000 entries is listed whole, though one of them has a name that is not UTF-8', async () => {
    const server = await stub(({ path }, response) => {
      const entry = (name: string): string =>
        `<response><href>${path}${name}</href><propstat><prop><resourcetype/></prop><status>HTTP/1.1 200 OK</status></propstat></response>`;
      response.writeHead(207).write(emptyCollection(path).replace('</multistatus>', entry('%e4')));
      for (let n = 0; n < 150_000; n += 1000) {
        response.write(Array.from({ length: 1000 }, (_, at) => entry(String(n + at))).join(''));
      }
      response.end('</multistatus>');
    });
    const entries = await client({ url: server.url, deadlineMs: 60_000 }).ls('/');
    expect([entries.length, entries.at(-1)]).toEqual([150_000, { name: '149999', type: 'file' }]);
  });

  it('an endless file is cut off at the limit', async () => {
    const file = emptyCollection('/dav/f').replace('<collection/>', '');
    const server = await stub((request, response) => {
      if (request.method === 'PROPFIND') response.writeHead(207).end(file);
      else endless('', 'x'.repeat(1000), 200)(request, response);
    });
    const vfs = client({ url: server.url, maxFileBytes: 100_000 });
    expect((await refusal(vfs.readFile('/f'))).code).toBe('EFBIG');
  });

  it('201 and endless words has made the directory, and loses the connection', async () => {
    const server = await stub((_, response) => {
      response.writeHead(201);
      const more = (): void => {
        while (!response.destroyed && response.write('made '.repeat(1000))) continue;
      };
      response.on('drain', more);
      more();
    });
    await client({ url: server.url }).mkdir('/d');
    await expect.poll(() => server.open).toBe(0);
  });

  it('a listing drop by drop is given up at the deadline', async () => {
    const server = await stub((_, response) => {
      response.writeHead(207).write(MULTISTATUS);
    });
    expect((await refusal(client({ url: server.url, deadlineMs: 50 }).ls('/'))).code).toBe('ETIMEDOUT');
  });

  it.each([
    ['half a listing', MULTISTATUS],
    ['a page', '<!doctype html><html><body>It works!</body></html>'],
    ['not a word', ''],
    ['noise', '\u0000\u0001\ufffd'],
  ])('%s is EIO', async (_, text) => {
    const server = await stub((_request, response) => response.writeHead(207).end(text));
    expect((await refusal(client({ url: server.url }).ls('/'))).code).toBe('EIO');
  });

  it('half of what it announced is no listing, even if that half is one', async () => {
    const server = await stub(({ path }, response) => {
      const text = emptyCollection(path);
      response.writeHead(207, { 'Content-Length': text.length + 10 }).write(text, () => response.destroy());
    });
    expect(await refusal(client({ url: server.url }).ls('/'))).toMatchObject({
      code: 'ECONN',
      outcome: 'failed',
    });
  });

  it('something that is not HTTP is ECONN, and a change is unknown', async () => {
    const server = await stub((_, response) => response.socket?.end('SSH-2.0-OpenSSH_9.2p1\r\n'));
    const vfs = client({ url: server.url });
    expect(await refusal(vfs.mkdir('/d'))).toMatchObject({ code: 'ECONN', outcome: 'unknown' });
  });

  it.each([423, 429, 503])('%i with Retry-After is asked again, a look and a write alike', async (status) => {
    const seen = new Set<string>();
    const server = await stub((request, response) => {
      const first = !seen.has(request.method);
      seen.add(request.method);
      if (first) response.writeHead(status, { 'Retry-After': '0' }).end();
      else agreeable(request, response);
    });
    const vfs = client({ url: server.url, retries: 1 });
    await vfs.writeFile('/f', 'x');
    expect(await vfs.ls('/')).toEqual([]);
    expect(server.requests.map(({ method }) => method)).toEqual(['PUT', 'PUT', 'PROPFIND', 'PROPFIND']);
  });
});

describe('a server that is not there', () => {
  it('is ECONN, and nothing has happened', async () => {
    const server = await startStub(agreeable);
    await server.stop();
    expect(await refusal(client({ url: server.url, retries: 1 }).mkdir('/d'))).toMatchObject({
      code: 'ECONN',
      outcome: 'failed',
    });
  });
});
