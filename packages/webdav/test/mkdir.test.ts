import { describe, expect, it } from 'vitest';
import { partly, refusal, retryAfter, Server } from './server.fixture.js';

describe('mkdir', () => {
  it('costs one request, with a slash at its end', async () => {
    const server = new Server();
    server.on['MKCOL'] = () => ({ status: 201 });
    await server.vfs().mkdir('/d');
    expect(server.sent).toEqual(['MKCOL /d/']);
  });

  it.each([400, 403, 404, 405, 406, 409, 412, 422, 423, 500, 501])(
    'answered by %i is EEXIST if something is there',
    async (status) => {
      for (const kind of ['directory', 'file'] as const) {
        const server = new Server({ '/d': kind });
        server.on['MKCOL'] = () => ({ status });
        expect(await refusal(server.vfs().mkdir('/d'))).toMatchObject({ code: 'EEXIST', outcome: 'failed' });
      }
    },
  );

  it.each([400, 403, 404, 405, 406, 409, 412, 422, 423, 500, 501])(
    'answered by %i is ENOENT without a parent, ENOTDIR below a file',
    async (status) => {
      const server = new Server({ '/f': 'file' });
      server.on['MKCOL'] = () => ({ status });
      const vfs = server.vfs();
      expect(await refusal(vfs.mkdir('/no/d'))).toMatchObject({ code: 'ENOENT', outcome: 'failed' });
      expect(await refusal(vfs.mkdir('/f/d'))).toMatchObject({ code: 'ENOTDIR', outcome: 'failed' });
    },
  );

  it.each([
    [400, 'EINVAL'],
    [403, 'EACCES'],
    [405, 'ENOTSUP'],
    [409, 'ECONFLICT'],
    [500, 'EIO'],
    [406, 'ENOTSUP'],
    [422, 'EINVAL'],
    [423, 'EBUSY'],
    [501, 'ENOTSUP'],
  ])(
    'answered by %i, with nothing there that explains it, is %s, and had no effect',
    async (status, code) => {
      const server = new Server();
      server.on['MKCOL'] = () => ({ status });
      expect(await refusal(server.vfs().mkdir('/d'))).toMatchObject({ code, outcome: 'failed' });
    },
  );

  it('whose obstacle has gone by the time it is looked at is tried once more', async () => {
    const server = new Server();
    const answers = [405, 201];
    server.on['MKCOL'] = () => ({ status: answers.shift() ?? 500 });
    await server.vfs().mkdir('/d');
    expect(server.sent.filter((line) => line.startsWith('MKCOL'))).toHaveLength(2);
  });

  it.each([200, 202, 204, 302])('is not fooled by a %i', async (status) => {
    const server = new Server();
    server.on['MKCOL'] = () => ({ status });
    expect(await refusal(server.vfs().mkdir('/d'))).toMatchObject({ code: 'EIO', outcome: 'unknown' });
  });

  it('is not fooled by a 207 with a failure inside', async () => {
    const server = new Server();
    server.on['MKCOL'] = () => partly(507);
    expect(await refusal(server.vfs().mkdir('/d'))).toMatchObject({ code: 'ENOSPC', outcome: 'unknown' });
  });

  it('after a 503 with Retry-After looks before it tries again', async () => {
    const server = new Server();
    const answers = [retryAfter(503), { status: 201 }];
    server.on['MKCOL'] = () => answers.shift() ?? {};
    await server.clock.runUntil(server.vfs().mkdir('/d'));
    expect(server.sent).toEqual(['MKCOL /d/', 'PROPFIND /d/', 'PROPFIND /', 'MKCOL /d/']);
    expect(server.clock.now).toBe(2000);
  });

  it.each(['at once', 'late'])(
    'that a 503 was carried out all the same (%s) is not EEXIST, but unknown',
    async (when) => {
      const server = new Server();
      let tries = 0;
      server.on['MKCOL'] = () => {
        if (when === 'at once' || ++tries > 1) server.there.set('/d', 'directory');
        return when === 'late' && tries > 1 ? { status: 405 } : retryAfter(503);
      };
      const made = server.clock.runUntil(server.vfs().mkdir('/d'));
      expect(await refusal(made)).toMatchObject({ code: 'EBUSY', outcome: 'unknown' });
    },
  );

  it.each([
    [405, 'failed'],
    [500, 'unknown'],
  ])('refused by %i has %s, though it cannot be found out why', async (status, outcome) => {
    for (const look of [{ status: 403 }, { status: 502 }]) {
      const server = new Server();
      server.on['MKCOL'] = () => ({ status });
      server.on['PROPFIND'] = () => look;
      const made = server.clock.runUntil(server.vfs({ retries: 0 }).mkdir('/d'));
      expect(await refusal(made)).toMatchObject({ outcome });
    }
  });

  it('after a 503 is unknown, also if it cannot be looked at', async () => {
    const server = new Server();
    server.on['MKCOL'] = () => retryAfter(503);
    server.on['PROPFIND'] = () => ({ status: 403 });
    const made = server.clock.runUntil(server.vfs({ retries: 0 }).mkdir('/d'));
    expect(await refusal(made)).toMatchObject({ code: 'EACCES', outcome: 'unknown' });
  });

  it('is told EEXIST by a listing of the same directory that is under way, without a look of its own', async () => {
    const server = new Server({ '/d': 'directory' });
    server.on['MKCOL'] = () => ({ status: 405 });
    const vfs = server.vfs();
    const [listed, made] = await Promise.all([vfs.ls('/d'), refusal(vfs.mkdir('/d'))]);
    expect([listed, made.code]).toEqual([[], 'EEXIST']);
    expect(server.sent.sort()).toEqual(['MKCOL /d/', 'PROPFIND /d/']);
  });

  it('looks for itself if the listing that was under way found nothing, or failed', async () => {
    for (const listing of [{ status: 404 }, { status: 500 }]) {
      const server = new Server({ '/d': 'directory' });
      server.on['MKCOL'] = () => ({ status: 405 });
      server.on['PROPFIND'] = (path, exchange) =>
        exchange.headers?.['Depth'] === '1' ? listing : server.look(path, exchange);
      const vfs = server.vfs();
      const [, made] = await Promise.all([vfs.ls('/d').catch(() => undefined), refusal(vfs.mkdir('/d'))]);
      expect(made).toMatchObject({ code: 'EEXIST', outcome: 'failed' });
    }
  });

  it('tells what became of it after its caller left', async () => {
    const server = new Server();
    let land = (): void => undefined;
    server.on['MKCOL'] = () => new Promise((resolve) => (land = () => resolve({ status: 201 })));
    const late = refusal(server.vfs({ deadlineMs: 100 }).mkdir('/d'));
    await server.clock.advance(100);
    const error = await late;
    expect(error).toMatchObject({ code: 'ETIMEDOUT', outcome: 'unknown' });
    land();
    await expect(error.settled).resolves.toBeUndefined();
  });

  it('is not followed for ever after its caller left', async () => {
    const server = new Server();
    server.on['MKCOL'] = () => new Promise(() => undefined);
    const late = refusal(server.vfs({ deadlineMs: 100 }).mkdir('/d'));
    await server.clock.advance(100);
    const { settled } = await late;
    await server.clock.advance(30_000);
    await expect(settled).rejects.toMatchObject({ code: 'ECONN', outcome: 'unknown' });
    expect(server.clock.pendingTimers).toBe(0);
  });
});
