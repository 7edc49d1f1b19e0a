import { vfsConformance, type Place } from '@holdfast/testkit';
import { webdavVFS, type WebDAVOptions } from '@holdfast/webdav';
import { afterAll, beforeAll, describe, test } from 'vitest';
import type { DAVServer } from '../servers/dav.js';
import { startProxy, type HTTPProxy } from '../servers/http-proxy.js';
import { runNode } from './child.js';

export interface Subject {
  readonly name: string;
  /** Why it cannot be started, or `undefined`. */
  readonly missing: string | undefined;
  readonly start: () => Promise<DAVServer>;
  /** It runs in this very process. */
  readonly here?: boolean;
  /** Its etag follows from size and mtime. */
  readonly weakEtag?: boolean;
  readonly refusesFiles?: Exceptions['refusesFiles'];
  readonly hides?: Exceptions['hides'];
}

type Exceptions = Required<Parameters<typeof vfsConformance>[0]>;

interface DAVPlace extends Place {
  readonly url: string;
}

/** Holds the adapter to the contract on one server, through a proxy that can break connections. */
export function davConformance(subject: Subject): void {
  const { name, missing, start, weakEtag = false, refusesFiles = {}, hides = [] } = subject;
  describe.skipIf(missing !== undefined)(`the WebDAV VFS on ${name}${missing ? `: ${missing}` : ''}`, () => {
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

    vfsConformance<DAVPlace>({
      test,
      skip: (title) => console.warn(`${name}: not shown: ${title}`),
      factory: async () => {
        const url = `${proxy.url}/place-${places++}`;
        const open = async (options: Partial<WebDAVOptions> = {}) => webdavVFS({ url, ...options });
        const vfs = await open();
        await vfs.mkdir('/', { recursive: true });
        await vfs.close();
        return { url, open, cleanup: async () => undefined };
      },
      // A server in this very process cannot be stopped without stopping the test.
      ...(subject.here !== true && {
        stall: async () => {
          server.process?.signal('SIGSTOP');
          return async () => server.process?.signal('SIGCONT');
        },
      }),
      cut: async () => proxy.cut(),
      inProcess: ({ url }, job) => runNode('contend.mjs', [url, job]),
      weakEtag,
      refusesFiles,
      hides,
      rounds: 8,
      listingSize: 300,
      stalledDeadlineMs: 300,
    });
  });
}
