import FileSystemAdapter from '@nephele/adapter-file-system';
import NoneAuthenticator from '@nephele/authenticator-none';
import express from 'express';
import nephele from 'nephele';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { makeFolders, type DAVServer } from './dav.js';

/** Nephele in this very process: a WebDAV server for machines that have no other. */
export async function startNephele(): Promise<DAVServer> {
  const folders = await makeFolders();
  const app = express();
  app.use(
    '/dav',
    nephele({
      adapter: new FileSystemAdapter({ root: folders.root }),
      authenticator: new NoneAuthenticator(),
    }),
  );
  const server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/dav`,
    root: folders.root,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await folders.remove();
    },
  };
}
