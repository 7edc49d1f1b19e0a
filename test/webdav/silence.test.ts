import { VirtualClock } from '@holdfast/testkit';
import { isVFSError, type VFS, type VFSError } from '@holdfast/vfs';
import { webdavVFS, type WebDAVVFSOptions } from '@holdfast/webdav';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { emptyCollection, startStub, type HTTPStub, type Respond } from '../servers/http-stub.js';

/** Of the deadline of 10 s, after which an attempt is given up, and after which others may go past it. */
const SILENCE_MS = 3000;
const PAUSE_MS = 450;
/** Longer than the pause before the second and third attempt. */
const BACKOFF_MS = 200;

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (let one = open.pop(); one !== undefined; one = open.pop()) await one.close();
});

async function stub(respond: Respond): Promise<HTTPStub> {
  const server = await startStub(respond);
  open.push({ close: () => server.stop() });
  return server;
}

function client(server: { readonly url: string }, options: Partial<WebDAVVFSOptions> = {}) {
  const clock = new VirtualClock();
  const vfs = webdavVFS({ url: server.url, clock, ...options });
  open.push(vfs);
  return { vfs, clock };
}

async function refusal(call: Promise<unknown>): Promise<VFSError> {
  const error: unknown = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!isVFSError(error)) throw new Error('no VFSError', { cause: error });
  return error;
}

const FILE = (path: string): string =>
  emptyCollection(path)
    .replace('<collection/>', '')
    .replace('</prop>', '<getcontentlength>7</getcontentlength></prop>');

/** An empty collection wherever one looks, but for the file `/dav/f` and nothing at `/dav/g`; changes succeed. */
const agreeable: Respond = ({ method, path }, response) => {
  if (path === '/dav/g') return void response.writeHead(404).end();
  if (method === 'PROPFIND')
    response.writeHead(207).end(path === '/dav/f' ? FILE(path) : emptyCollection(path));
  else if (method === 'GET') response.writeHead(200).end('content');
  else response.writeHead(method === 'DELETE' ? 204 : 201).end('made');
};

/** Leaves the first request of `method` without an answer. */
const mute = (method: string): Respond => {
  let isFirst = true;
  return (request, response) => {
    if (request.method !== method || !isFirst) agreeable(request, response);
    else isFirst = false;
  };
};

const READS: readonly [
  method: string,
  call: string,
  run: (vfs: VFS) => Promise<unknown>,
  requests: number,
][] = [
  ['PROPFIND', 'ls', (vfs) => vfs.ls('/d'), 1],
  ['PROPFIND', 'stat', (vfs) => vfs.stat('/d'), 1],
  ['GET', 'readFile', (vfs) => vfs.readFile('/f'), 2],
  ['PUT', 'writeFile', (vfs) => vfs.writeFile('/f', 'x'), 1],
];

describe('a request without an answer', () => {
  it.each(READS)(
    '(%s) is sent again after three tenths of the deadline, on a new connection: %s',
    async (method, _, run, requests) => {
      const server = await stub(mute(method));
      const { vfs, clock } = client(server);
      const call = run(vfs);
      await server.arrived(requests);
      await clock.advance(SILENCE_MS + BACKOFF_MS);
      await server.arrived(requests + 1);
      await call;
      const sent = server.requests.filter((request) => request.method === method);
      expect(new Set(sent.map(({ connection }) => connection)).size).toBe(2);
    },
  );

  it.each<[string, (vfs: VFS) => Promise<unknown>, number]>([
    ['MKCOL', (vfs) => vfs.mkdir('/d'), 1],
    ['DELETE', (vfs) => vfs.rm('/f'), 2],
    ['MOVE', (vfs) => vfs.rename('/f', '/g'), 4],
  ])('(%s) is waited for until the deadline if it must not be repeated', async (method, run, requests) => {
    const server = await stub(mute(method));
    const { vfs, clock } = client(server);
    const call = refusal(run(vfs));
    await server.arrived(requests);
    await clock.advance(10_000);
    const error = await call;
    expect(error).toMatchObject({ code: 'ETIMEDOUT', outcome: 'unknown' });
    expect(error.message).toContain(new URL(server.url).host);
    expect(server.requests.filter((request) => request.method === method)).toHaveLength(1);
  });

  it('is given up by the third time, at the deadline', async () => {
    const server = await stub(() => undefined);
    const { vfs, clock } = client(server);
    const call = refusal(vfs.ls('/d'));
    for (const attempt of [1, 2, 3]) {
      await server.arrived(attempt);
      await clock.advance(SILENCE_MS + BACKOFF_MS);
    }
    expect(await call).toMatchObject({ code: 'ETIMEDOUT', outcome: 'failed' });
    expect([server.requests.length, clock.now]).toEqual([3, 9600]);
  });

  it('that makes a directory is followed for half a minute after its caller left, and tells what became of it', async () => {
    let land = (): void => undefined;
    const server = await stub((_, response) => {
      land = () => void response.writeHead(201).end();
    });
    const { vfs, clock } = client(server);
    const call = refusal(vfs.mkdir('/d'));
    await server.arrived(1);
    await clock.advance(10_000);
    const { settled } = await call;
    await clock.advance(29_000);
    land();
    await expect(settled).resolves.toBeUndefined();
  });

  it('that makes a directory is not followed for ever', async () => {
    const server = await stub(() => undefined);
    const { vfs, clock } = client(server);
    const call = refusal(vfs.mkdir('/d'));
    await server.arrived(1);
    await clock.advance(10_000);
    const { settled } = await call;
    await clock.advance(30_000);
    await expect(settled).rejects.toMatchObject({ code: 'ECONN', outcome: 'unknown' });
    await expect.poll(() => server.open).toBe(0);
    expect(clock.pendingTimers).toBe(0);
  });
});

describe('connections that go silent', () => {
  it('all at once cost one attempt, not one for each', async () => {
    let silentUpTo = 0;
    const server = await stub((request, response) => {
      if (request.connection > silentUpTo) agreeable(request, response);
    });
    const { vfs, clock } = client(server);
    await Promise.all(['/a', '/b', '/c', '/d'].map((path) => vfs.mkdir(path)));
    silentUpTo = server.connections;
    expect(silentUpTo).toBe(4);
    const beat = Promise.all([vfs.writeFile('/f', 'x'), vfs.ls('/')]);
    await server.arrived(6);
    await clock.advance(SILENCE_MS + BACKOFF_MS);
    await beat;
    expect(server.requests).toHaveLength(8);
    expect(server.requests.slice(6).every(({ connection }) => connection > silentUpTo)).toBe(true);
  });

  it('before a word was exchanged leave nothing in doubt, and a directory is tried again', async () => {
    // It takes connections and never says a word, as a port that speaks no TLS may do.
    const sockets = new Set<Socket>();
    const silent = createServer((socket) => void sockets.add(socket.on('error', () => undefined)));
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as AddressInfo;
    const { vfs, clock } = client({ url: `https://127.0.0.1:${port}/dav` });
    const call = refusal(vfs.mkdir('/d'));
    for (const attempt of [1, 2, 3]) {
      await expect.poll(() => sockets.size).toBe(attempt);
      await clock.advance(SILENCE_MS + BACKOFF_MS);
    }
    expect(await call).toMatchObject({ code: 'ETIMEDOUT', outcome: 'failed' });
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => silent.close(resolve));
  });
});

describe('requests that are never answered', () => {
  it.each<[string, (vfs: VFS, n: number) => Promise<unknown>, number]>([
    ['mkdir', (vfs, n) => vfs.mkdir(`/hung-${n}`), 8],
    ['writeFile', (vfs, n) => vfs.writeFile(`/hung-${n}`, 'x'), 8],
    ['ls', (vfs, n) => vfs.ls(`/hung-${n}`), 8],
    ['readFile', (vfs, n) => vfs.readFile(`/hung-${n}`), 16],
    ['rm', (vfs, n) => vfs.rm(`/hung-${n}`), 8],
  ])('hold no connection that others need: 8 times %s', async (_, hang, requests) => {
    const server = await stub((request, response) => {
      if (!request.path.includes('hung')) agreeable(request, response);
    });
    const { vfs, clock } = client(server);
    const hung = Array.from({ length: 8 }, (__, n) => hang(vfs, n).catch((error: unknown) => error));
    const beat = Promise.all([vfs.writeFile('/f', 'x'), vfs.ls('/')]);
    for (let come = 8; come <= requests; come += 8) {
      await server.arrived(come);
      await clock.advance(PAUSE_MS);
    }
    await beat;
    expect(clock.now).toBeLessThan(1000);
    await vfs.close();
    await Promise.all(hung);
  });

  it('hold none when their callers have left, however many they are', async () => {
    const server = await stub((request, response) => {
      if (!request.path.includes('hung')) agreeable(request, response);
    });
    const { vfs, clock } = client(server, { maxConnections: 1 });
    const hung: Promise<VFSError>[] = [];
    for (let n = 0; n < 40; n++) {
      hung.push(refusal(vfs.mkdir(`/hung-${n}`)));
      await server.arrived(n + 1);
      await clock.advance(PAUSE_MS);
    }
    await vfs.writeFile('/f', 'x');
    // Those that waited longest made room.
    await expect.poll(() => server.open).toBeLessThan(20);
    await vfs.close();
    await Promise.all(hung);
  });
});

describe('a change that was answered', () => {
  it.each<[string, number, (vfs: VFS) => Promise<unknown>]>([
    ['mkdir', 201, (vfs) => vfs.mkdir('/d')],
    ['writeFile', 204, (vfs) => vfs.writeFile('/f', 'x')],
  ])('is done, however slow the words under its status are: %s, %i', async (_, status, run) => {
    const server = await stub((__, response) => {
      if (status === 204) response.writeHead(200, { 'Content-Length': 10 }).write('x');
      else response.writeHead(status, { 'Content-Length': 10 }).write('x');
    });
    const { vfs, clock } = client(server);
    const call = run(vfs);
    await server.arrived(1);
    await clock.runUntil(call);
    // Its connection is not kept for the rest.
    await clock.advance(2 * SILENCE_MS);
    await expect.poll(() => server.open).toBe(0);
  });
});
