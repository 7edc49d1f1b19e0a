import { isVFSError } from '@holdfast/vfs';
import { webdavVFS, webdavVFSFromURL, type WebDAVTLS } from '@holdfast/webdav';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { makeCertificates, noOpenSSL, PASSPHRASE, type Certificates } from '../servers/certificates.js';
import { emptyCollection, startStub, type HTTPStub } from '../servers/http-stub.js';

const missing = await noOpenSSL();

describe.skipIf(missing !== undefined)(`a TLS connection${missing ? `: ${missing}` : ''}`, () => {
  let made: Certificates;
  let server: HTTPStub | undefined;
  beforeAll(async () => {
    made = await makeCertificates();
  });
  afterEach(async () => {
    await server?.stop();
    server = undefined;
  });

  async function start(options: Parameters<typeof startStub>[1]): Promise<HTTPStub> {
    server = await startStub(({ path }, response) => {
      response.writeHead(207).end(emptyCollection(path));
    }, options);
    return server;
  }

  /** What comes of a look: the code of the error, or `fine`. */
  async function look(url: string, tls?: WebDAVTLS): Promise<string> {
    const auth = { type: 'bearer', token: 'secret' } as const;
    const vfs = webdavVFS({ url, tls, auth, retries: 0 });
    try {
      await vfs.ls('/');
      return 'fine';
    } catch (error) {
      return isVFSError(error) ? `${error.code} ${error.outcome}` : String(error);
    } finally {
      await vfs.close();
    }
  }

  it('is trusted if its authority is', async () => {
    const { url } = await start(made.server);
    expect(await look(url, { ca: made.ca })).toBe('fine');
    expect(await look(url, { ca: [Buffer.from(made.ca)] })).toBe('fine');
    const vfs = webdavVFSFromURL(url.replace('https:', 'webdavs:'), { tls: { ca: made.ca } });
    expect(await vfs.ls('/')).toEqual([]);
    await vfs.close();
  });

  it('to a server whose authority is not known gets no request', async () => {
    const { url, requests } = await start(made.server);
    expect(await look(url)).toBe('ECONN failed');
    expect(requests).toEqual([]);
  });

  it('to a server of another name gets no request, unless that name was asked for', async () => {
    const { url, requests } = await start(made.elsewhere);
    expect(await look(url, { ca: made.ca })).toBe('ECONN failed');
    expect(requests).toEqual([]);
    expect(await look(url, { ca: made.ca, servername: 'elsewhere.example' })).toBe('fine');
  });

  it('shows a client certificate to a server that asks for one', async () => {
    const { url, requests } = await start({
      ...made.server,
      ca: made.ca,
      requestCert: true,
      rejectUnauthorized: true,
    });
    const { ca, client, pfx } = made;
    expect(await look(url, { ca, ...client })).toBe('fine');
    expect(await look(url, { ca, pfx, passphrase: PASSPHRASE })).toBe('fine');
    expect(requests).toHaveLength(2);
    expect(await look(url, { ca })).toBe('EAUTH failed');
    expect(requests).toHaveLength(2);
  });

  it('is not left for a plain one by a redirect', async () => {
    const plain = await startStub((_, response) => response.writeHead(207).end());
    try {
      server = await startStub((_, response) => {
        response.writeHead(301, { Location: plain.url }).end();
      }, made.server);
      expect(await look(server.url, { ca: made.ca })).toBe('ECONN failed');
      expect([plain.requests, plain.connections]).toEqual([[], 0]);
    } finally {
      await plain.stop();
    }
  });

  it('is used again and again', async () => {
    const { url, requests } = await start(made.server);
    const vfs = webdavVFS({ url, tls: { ca: made.ca } });
    for (let round = 0; round < 5; round++) await vfs.ls('/');
    await vfs.close();
    expect([requests.length, server?.connections]).toEqual([5, 1]);
  });
});
