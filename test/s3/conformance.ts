import { s3VFS, type S3VFSOptions } from '@holdfast/s3';
import { vfsConformance, type Place } from '@holdfast/testkit';
import { afterAll, beforeAll, test } from 'vitest';
import { runScript } from '../servers/node-script.js';
import { makeBucket, type S3Server } from '../servers/s3-server.js';
import { startTCPProxy, type TCPProxy } from '../servers/tcp-proxy.js';

interface S3Place extends Place {
  readonly options: S3VFSOptions;
}

export interface Extent {
  readonly rounds: number;
  readonly listingSize: number;
  /** Whether to run every case on a scoped view too. That says nothing of a server, and is done on one of them. */
  readonly scoped: boolean;
  readonly options?: Partial<S3VFSOptions>;
}

/** Long enough for a machine with much else to do. */
const PATIENCE_MS = 240_000;

const register: (name: string, run: () => Promise<void>, timeoutMs: number) => void = test;

/** Holds the adapter to the contract on one server, through a proxy that can break and stop the traffic. */
export function s3Conformance(
  server: () => S3Server,
  { rounds, listingSize, scoped, options: extra = {} }: Extent,
): void {
  let proxy: TCPProxy;
  let bucket: S3VFSOptions;
  let places = 0;
  beforeAll(async () => {
    const { port } = new URL(server().endpoint);
    proxy = await startTCPProxy(Number(port));
    bucket = {
      ...(await makeBucket(server(), 'conformance')),
      endpoint: `http://127.0.0.1:${proxy.port}`,
      ...extra,
    };
  });
  afterAll(() => proxy.stop());

  vfsConformance<S3Place>({
    test: (name, run) => register(name, run, PATIENCE_MS),
    scoped,
    factory: async () => {
      const options = { ...bucket, prefix: `place ${places++}` };
      return {
        options,
        open: async ({ deadlineMs } = {}) =>
          s3VFS({ ...options, ...(deadlineMs === undefined ? {} : { deadlineMs }) }),
        cleanup: async () => undefined,
      };
    },
    stall: async () => {
      const resume = proxy.stall();
      return async () => resume();
    },
    cut: async () => proxy.cut(),
    inProcess: ({ options }, job) => runScript(new URL('contend.mjs', import.meta.url), { options, job }),
    rounds,
    listingSize,
    patienceMs: PATIENCE_MS / 4,
    stalledDeadlineMs: 1_200,
  });
}
