import { describe, expect, it } from 'vitest';
import { FailedAttempt } from '@holdfast/vfs/adapter';
import { GIVEN_UP } from '../src/errors.js';
import { partly, refusal, retryAfter, Server } from './server.fixture.js';

describe('writeFile', () => {
  it('costs one request', async () => {
    const server = new Server();
    server.on['PUT'] = () => ({ status: 204 });
    await server.vfs().writeFile('/f', 'x');
    expect(server.sent).toEqual(['PUT /f']);
  });

  it.each([400, 403, 404, 405, 409, 500])(
    'answered by %i tells a directory, a missing parent and a file above',
    async (status) => {
      const server = new Server({ '/d': 'directory', '/f': 'file' });
      server.on['PUT'] = () => ({ status });
      const vfs = server.vfs();
      expect(await refusal(vfs.writeFile('/d', 'x'))).toMatchObject({ code: 'EISDIR', outcome: 'failed' });
      expect(await refusal(vfs.writeFile('/no/f', 'x'))).toMatchObject({ code: 'ENOENT', outcome: 'failed' });
      expect(await refusal(vfs.writeFile('/f/f', 'x'))).toMatchObject({ code: 'ENOTDIR', outcome: 'failed' });
    },
  );

  it('answered by 500 is in doubt if the file is there, and had no effect if it is not', async () => {
    const server = new Server({ '/f': 'file' });
    server.on['PUT'] = () => ({ status: 500 });
    const vfs = server.vfs();
    expect(await refusal(vfs.writeFile('/f', 'x'))).toMatchObject({ code: 'EIO', outcome: 'unknown' });
    expect(await refusal(vfs.writeFile('/g', 'x'))).toMatchObject({ code: 'EIO', outcome: 'failed' });
  });

  it.each([
    [507, 'ENOSPC'],
    [413, 'ENOSPC'],
    [423, 'EBUSY'],
    [401, 'EAUTH'],
  ])('answered by %i is %s, without a further look', async (status, code) => {
    const server = new Server();
    server.on['PUT'] = () => ({ status });
    expect(await refusal(server.vfs().writeFile('/f', 'x'))).toMatchObject({ code, outcome: 'failed' });
    expect(server.sent).toEqual(['PUT /f']);
  });
});

describe('readFile', () => {
  it('does not take the page of a directory for a file', async () => {
    const server = new Server({ '/d': 'directory' });
    expect((await refusal(server.vfs().readFile('/d'))).code).toBe('EISDIR');
  });

  it('does not take a file above for one that is not there', async () => {
    const server = new Server({ '/f': 'file' });
    server.on['GET'] = () => ({ status: 200, body: new TextEncoder().encode('of /f') });
    expect((await refusal(server.vfs().readFile('/f/g'))).code).toBe('ENOTDIR');
  });

  it('of more than maxBytes is EFBIG, by its size or by what arrives', async () => {
    const server = new Server({ '/f': 'file' });
    server.on['GET'] = (_path, { limit }) => ({
      status: 200,
      body: new Uint8Array(7),
      ...(limit !== undefined && limit.bytes < 7 && { cut: new FailedAttempt(limit.failure) }),
    });
    const vfs = server.vfs({ maxFileBytes: 6 });
    expect((await refusal(vfs.readFile('/f', { maxBytes: 3 }))).code).toBe('EFBIG');
    expect((await refusal(vfs.readFile('/f'))).message).toContain('6 bytes');
    server.on['PROPFIND'] = (path, exchange) => {
      const { body, ...reply } = server.look(path, exchange);
      const text = new TextDecoder().decode(body).replace(/<getcontentlength>.*<.getcontentlength>/, '');
      return { ...reply, body: new TextEncoder().encode(text) };
    };
    expect((await refusal(vfs.readFile('/f'))).code).toBe('EFBIG');
    expect(await server.vfs().readFile('/f', { maxBytes: 7 })).toHaveLength(7);
  });

  it('does not wait for the content of an empty file', async () => {
    const server = new Server({ '/f': 'empty file' });
    let left = false;
    server.on['GET'] = (_path, _exchange, signal) =>
      new Promise((_, reject) => {
        signal?.addEventListener('abort', () => {
          left = true;
          reject(new FailedAttempt(GIVEN_UP));
        });
      });
    expect(await server.vfs().readFile('/f')).toEqual(new Uint8Array());
    expect(left).toBe(true);
  });
});

describe('what the server tells little of', () => {
  const shapes: Record<string, (href: string) => string> = {
    'no resourcetype': (href) =>
      `<response><href>${href}</href><propstat><prop><getcontentlength>7</getcontentlength></prop><status>HTTP/1.1 200 OK</status></propstat></response>`,
    'resourcetype under a 404': (href) =>
      `<response><href>${href}</href><propstat><prop><resourcetype/></prop><status>HTTP/1.1 404 No</status></propstat></response>`,
    'resourcetype under a 403': (href) =>
      `<response><href>${href}</href><propstat><prop><resourcetype/></prop><status>HTTP/1.1 403 No</status></propstat></response>`,
  };
  it.each(Object.keys(shapes))('can be looked at, read, written and removed: %s', async (shape) => {
    const server = new Server({ '/f': 'file' });
    server.on['PROPFIND'] = (path, exchange) =>
      path === '/f'
        ? {
            status: 207,
            body: new TextEncoder().encode(
              `<multistatus xmlns="DAV:">${shapes[shape]?.('/dav/f')}</multistatus>`,
            ),
          }
        : server.look(path, exchange);
    server.on['DELETE'] = () => ({ status: 204 });
    server.on['PUT'] = () => ({ status: 204 });
    const vfs = server.vfs();
    expect((await vfs.stat('/f')).type).toBe(shape.includes('403') ? 'other' : 'file');
    expect(new TextDecoder().decode(await vfs.readFile('/f'))).toBe('content');
    await vfs.writeFile('/f', 'x');
    await vfs.rm('/f');
    expect((await refusal(vfs.ls('/f'))).code).toBe('ENOTDIR');
  });

  it.each([
    [403, 'EACCES'],
    [423, 'EBUSY'],
    [507, 'ENOSPC'],
  ])('of a file with a status of its own, %i, is why it cannot be had: %s', async (status, code) => {
    const server = new Server({ '/f': 'file' });
    server.on['PROPFIND'] = (path, exchange) =>
      path === '/f' ? { ...partly(status, '/dav/f') } : server.look(path, exchange);
    const vfs = server.vfs();
    for (const error of await Promise.all([vfs.stat('/f'), vfs.readFile('/f'), vfs.rm('/f')].map(refusal))) {
      expect(error).toMatchObject({ code, outcome: 'failed' });
    }
  });
});

describe('rm', () => {
  it('never removes what is in a directory', async () => {
    const server = new Server({ '/d': 'directory', '/d/f': 'file' });
    expect((await refusal(server.vfs().rm('/d'))).code).toBe('ENOTEMPTY');
    expect(server.sent).toEqual(['PROPFIND /d']);
  });

  it('never removes a directory that holds something under a name that no path can have', async () => {
    const server = new Server({ '/d': 'directory' });
    server.on['PROPFIND'] = () => ({
      status: 207,
      body: new TextEncoder().encode(
        `<multistatus xmlns="DAV:">${['/dav/d/', '/dav/d/%e4']
          .map(
            (href) =>
              `<response><href>${href}</href><propstat><prop><resourcetype><collection/></resourcetype></prop><status>HTTP/1.1 200 OK</status></propstat></response>`,
          )
          .join('')}</multistatus>`,
      ),
    });
    expect((await refusal(server.vfs().rm('/d'))).code).toBe('ENOTEMPTY');
    expect(server.sent).toEqual(['PROPFIND /d']);
  });

  it('asks with a slash for a directory, and without for a file', async () => {
    const server = new Server({ '/d': 'directory', '/f': 'file' });
    server.on['DELETE'] = () => ({ status: 204 });
    const vfs = server.vfs();
    await vfs.rm('/d');
    await vfs.rm('/f');
    expect(server.sent.filter((line) => line.startsWith('DELETE'))).toEqual(['DELETE /d/', 'DELETE /f']);
  });

  it.each([423, 403])('does not take a 207 with %i inside for success', async (status) => {
    const server = new Server({ '/d': 'directory' });
    server.on['DELETE'] = () => partly(status);
    expect(await refusal(server.vfs().rm('/d', { recursive: true }))).toMatchObject({
      code: status === 423 ? 'EBUSY' : 'EACCES',
      outcome: 'unknown',
    });
  });

  it.each(['', '<multistatus xmlns="DAV:"/>', '<html>'])(
    'does not take a 207 that says nothing for success: "%s"',
    async (text) => {
      const server = new Server({ '/d': 'directory' });
      server.on['DELETE'] = () => ({ status: 207, body: new TextEncoder().encode(text) });
      expect(await refusal(server.vfs().rm('/d'))).toMatchObject({ code: 'EIO', outcome: 'unknown' });
    },
  );

  it.each([404, 500])('by somebody else in between, answered by %i, is ENOENT', async (status) => {
    const server = new Server({ '/f': 'file' });
    server.on['DELETE'] = (path) => {
      server.there.delete(path);
      return { status };
    };
    expect(await refusal(server.vfs().rm('/f'))).toMatchObject({ code: 'ENOENT', outcome: 'failed' });
  });

  it('that a 503 was carried out all the same has succeeded', async () => {
    const server = new Server({ '/f': 'file' });
    const answers = [retryAfter(503), { status: 404 }];
    server.on['DELETE'] = () => answers.shift() ?? {};
    await expect(server.clock.runUntil(server.vfs().rm('/f'))).resolves.toBeUndefined();
  });
});

describe('rename', () => {
  it('names the target by its whole URL, encoded', async () => {
    const server = new Server({ '/f': 'file' });
    let destination: string | undefined;
    server.on['MOVE'] = (_, { headers }) => {
      destination = headers?.['Destination'];
      return { status: 201 };
    };
    await server.vfs().rename('/f', '/a #%');
    expect(destination).toBe('http://localhost/dav/a%20%23%25');
  });

  it.each([
    ['/f', '/d', 'EISDIR'],
    ['/d', '/g', 'EISDIR'],
    ['/no', '/g', 'ENOENT'],
    ['/f', '/no/g', 'ENOENT'],
    ['/f', '/f/g', 'ENOTDIR'],
  ])('of %s to %s is %s, and nothing is moved', async (from, to, code) => {
    const server = new Server({ '/d': 'directory', '/f': 'file' });
    expect((await refusal(server.vfs().rename(from, to))).code).toBe(code);
    expect(server.sent.some((line) => line.startsWith('MOVE'))).toBe(false);
  });

  it('onto itself moves nothing: some servers would delete it', async () => {
    const server = new Server({ '/f': 'file' });
    await server.vfs().rename('/f', '/f');
    expect(server.sent.some((line) => line.startsWith('MOVE'))).toBe(false);
  });

  it('does not take a 207 with 412 inside for success', async () => {
    const server = new Server({ '/f': 'file' });
    server.on['MOVE'] = () => partly(412);
    expect(await refusal(server.vfs().rename('/f', '/g'))).toMatchObject({
      code: 'ECONFLICT',
      outcome: 'unknown',
    });
  });
});

describe('a page in place of an answer', () => {
  const page = {
    status: 200,
    header: (name: string) => (name === 'content-type' ? 'text/html; charset=utf-8' : undefined),
  };

  it('is no success of a write, a removal or a move, nor a file', async () => {
    const server = new Server({ '/f': 'file' });
    server.on = {
      PUT: () => page,
      DELETE: () => page,
      MOVE: () => page,
      GET: () => ({ ...page, body: new Uint8Array(3) }),
    };
    const vfs = server.vfs();
    const calls = [vfs.writeFile('/f', 'x'), vfs.rm('/f'), vfs.rename('/f', '/g')];
    for (const error of await Promise.all(calls.map(refusal))) {
      expect(error).toMatchObject({ code: 'EIO', outcome: 'unknown' });
    }
    expect(await refusal(vfs.readFile('/f'))).toMatchObject({ code: 'EIO', outcome: 'failed' });
  });

  it('is a success if what was to be written or removed shows so', async () => {
    const server = new Server({ '/f': 'file', '/g': 'file' });
    server.on['PUT'] = () => page;
    server.on['DELETE'] = (path) => {
      server.there.delete(path);
      return page;
    };
    const vfs = server.vfs();
    await vfs.writeFile('/f', 'content');
    await vfs.rm('/g');
    expect((await refusal(vfs.stat('/g'))).code).toBe('ENOENT');
  });

  it('of a portal that answers everything so is an error of each call', async () => {
    const server = new Server({ '/f': 'file' });
    server.on['*'] = () => page;
    const vfs = server.vfs();
    for (const error of await Promise.all(
      [vfs.ls('/'), vfs.mkdir('/d'), vfs.writeFile('/f', 'x'), vfs.readFile('/f'), vfs.rm('/f')].map(refusal),
    )) {
      expect(['EIO', 'ENOTSUP']).toContain(error.code);
    }
  });
});

describe('the root', () => {
  it('that is missing is never made unless that was asked for', async () => {
    const server = new Server();
    server.there.clear();
    server.on['MKCOL'] = () => ({ status: 409 });
    const error = await refusal(server.vfs().mkdir('/', { recursive: true }));
    expect(error).toMatchObject({ code: 'ENOENT', outcome: 'failed' });
    expect(error.message).toContain('http://localhost/dav/');
    expect(server.sent.some((line) => line.startsWith('MKCOL'))).toBe(false);
  });

  it('is made at the first call with create, and never again', async () => {
    const server = new Server();
    let isThere = false;
    server.on['MKCOL'] = (_path, { url }) => {
      if (url !== 'http://localhost/dav/') return { status: 409 };
      isThere = true;
      return { status: 201 };
    };
    server.on['PROPFIND'] = (path, exchange) => (isThere ? server.look(path, exchange) : { status: 404 });
    const vfs = server.vfs({ create: true });
    expect(await vfs.ls('/')).toEqual([]);
    isThere = false;
    expect((await refusal(vfs.mkdir('/d'))).code).toBe('ENOENT');
    expect((await refusal(vfs.mkdir('/', { recursive: true }))).code).toBe('ENOENT');
    expect(server.sent.filter((line) => line === 'MKCOL /')).toHaveLength(1);
  });
});

describe('close', () => {
  it('lets go of the connections', async () => {
    const server = new Server();
    await server.vfs().close();
    expect(server.sent).toEqual(['close']);
  });
});
