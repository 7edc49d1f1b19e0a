import { webdavVFS } from '@holdfast/webdav';
import { afterAll, beforeAll, describe } from 'vitest';
import type { DAVServer } from '../servers/dav.js';
import { startProxy, type Caught, type HTTPProxy, type Trap } from '../servers/http-proxy.js';
import type { ServerProcess } from '../servers/process.js';
import { lockCalls } from './lock-calls.js';
import { lockHolders } from './lock-holders.js';

export interface Subject {
  readonly name: string;
  readonly missing: string | undefined;
  readonly start: () => Promise<DAVServer>;
  /** It runs in this very process. */
  readonly here?: boolean;
}

/** A place of its own for one test: tests run side by side. */
export interface Ground {
  readonly url: string;
  readonly proxy: HTTPProxy;
  /** The process of the server, where it is not this one. */
  readonly server: ServerProcess | undefined;
  /** As that of the proxy, for requests of this place alone. */
  trap(trap: Trap): Caught;
}

/** The lock over one server, through a proxy that counts, cuts and holds. */
export function lockOnDAV({ name, missing, start, here = false }: Subject): void {
  describe.skipIf(missing !== undefined)(`the lock on ${name}${missing ? `: ${missing}` : ''}`, () => {
    let server: DAVServer;
    let proxy: HTTPProxy;
    let places = 0;
    beforeAll(async () => {
      server = await start();
      proxy = await startProxy(server.url);
    });
    afterAll(async () => {
      await proxy?.stop();
      await server?.stop();
    });
    const open = async (): Promise<Ground> => {
      const place = `/place-${places++}`;
      const vfs = webdavVFS({ url: `${proxy.url}${place}`, create: true });
      await vfs.ls('/');
      await vfs.close();
      return {
        url: `${proxy.url}${place}`,
        proxy,
        server: server.process,
        trap: ({ matches, ...trap }) =>
          proxy.trap({
            ...trap,
            matches: (request) => request.path.startsWith(`${place}/`) && matches(request),
          }),
      };
    };
    lockCalls(open);
    lockHolders(open, { ownProcess: !here });
  });
}
