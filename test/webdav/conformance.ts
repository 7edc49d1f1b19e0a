import { vfsConformance, type Place } from '@holdfast/testkit';
import { webdavVFS, type WebDAVVFSOptions } from '@holdfast/webdav';
import { afterAll, beforeAll, describe, test } from 'vitest';
import type { DAVServer } from '../servers/dav.js';
import { startTCPProxy, type TCPProxy } from '../servers/tcp-proxy.js';
import { runNode } from './child.js';

export interface Subject {
  readonly name: string;
  /** Why it cannot be started, or `undefined`. */
  readonly missing: string | undefined;
  readonly start: () => Promise<DAVServer>;
  /** Whether to run every case on a scoped view too, which is done on one of the servers. Default `false`. */
  readonly scoped?: boolean;
  /** Races run one after the other. Default 5. */
  readonly rounds?: number;
  readonly refusesFiles?: Exceptions['refusesFiles'];
  readonly hides?: Exceptions['hides'];
}

type Exceptions = Required<Parameters<typeof vfsConformance>[0]>;

interface DAVPlace extends Place {
  readonly url: string;
}

/** Holds the adapter to the contract on one server, through a proxy that can break connections and hold them up. */
export function davConformance(subject: Subject): void {
  const { name, missing, start, scoped = false, rounds = 5, refusesFiles = {}, hides = [] } = subject;
  describe.skipIf(missing !== undefined)(`the WebDAV VFS on ${name}${missing ? `: ${missing}` : ''}`, () => {
    let server: DAVServer;
    let proxy: TCPProxy;
    let share: URL;
    let places = 0;
    beforeAll(async () => {
      server = await start();
      share = new URL(server.url);
      proxy = await startTCPProxy(Number(share.port));
      share.port = String(proxy.port);
    });
    afterAll(async () => {
      await proxy?.stop();
      await server?.stop();
    });

    vfsConformance<DAVPlace>({
      test,
      skip: (title) => console.warn(`${name}: not shown: ${title}`),
      factory: async () => {
        const url = `${share.href}/place-${places++}`;
        const open = async (options: Partial<WebDAVVFSOptions> = {}) => webdavVFS({ url, ...options });
        const vfs = await open({ create: true });
        await vfs.ls('/');
        await vfs.close();
        return { url, open, cleanup: async () => undefined };
      },
      stall: async () => {
        const goOn = proxy.stall();
        return async () => goOn();
      },
      cut: async () => proxy.cut(),
      inProcess: ({ url }, job) => runNode('contend.mjs', [url, job]),
      refusesFiles,
      hides,
      scoped,
      rounds,
      listingSize: 200,
      stalledDeadlineMs: 300,
    });
  });
}
