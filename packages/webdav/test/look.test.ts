import { describe, expect, it } from 'vitest';
import { FailedAttempt } from '@holdfast/vfs/adapter';
import { CROSS_ORIGIN } from '../src/errors.js';
import { refusal, Server } from './server.fixture.js';

describe('looking', () => {
  it('asks with a slash where Apache behind a proxy redirects to another scheme', async () => {
    const server = new Server({ '/d': 'directory' });
    server.on['PROPFIND'] = (path, exchange) => {
      if (!exchange.url.endsWith('/')) throw new FailedAttempt(CROSS_ORIGIN);
      return server.look(path, exchange);
    };
    expect((await server.vfs().stat('/d')).type).toBe('directory');
  });

  it.each([400, 403])('asks without a slash where a file with one is %i', async (status) => {
    const server = new Server({ '/f': 'file' });
    server.on['PROPFIND'] = (path, exchange) =>
      exchange.url.endsWith('/f/') ? { status } : server.look(path, exchange);
    expect((await refusal(server.vfs().ls('/f'))).code).toBe('ENOTDIR');
  });

  it('tells that there is no base', async () => {
    const server = new Server();
    server.there.clear();
    server.on['MKCOL'] = () => ({ status: 409 });
    server.on['PUT'] = () => ({ status: 409 });
    const vfs = server.vfs();
    for (const error of await Promise.all(
      [vfs.ls('/'), vfs.stat('/'), vfs.mkdir('/d'), vfs.writeFile('/f', 'x'), vfs.mkdir('/a/b')].map(refusal),
    )) {
      expect(error).toMatchObject({ code: 'ENOENT', outcome: 'failed' });
    }
    expect((await refusal(vfs.ls('/d'))).detail).toContain('http://localhost/dav/');
  });

  it.each([200, 204, 405, 501])('tells by a %i that there is no WebDAV', async (status) => {
    const server = new Server();
    server.on['PROPFIND'] = () => ({ status });
    expect((await refusal(server.vfs().ls('/'))).code).toBe('ENOTSUP');
  });

  it.each(['', '<html>', '<multistatus xmlns="DAV:"/>'])(
    'tells that an answer is no listing: "%s"',
    async (text) => {
      const server = new Server();
      server.on['PROPFIND'] = () => ({ status: 207, body: new TextEncoder().encode(text) });
      expect(await refusal(server.vfs().ls('/'))).toMatchObject({ code: 'EIO', outcome: 'failed' });
    },
  );
});
