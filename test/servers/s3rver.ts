import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, startServer } from './process.js';
import type { S3Server } from './s3-server.js';

/** s3rver, which ignores If-None-Match: every conditional create overwrites. It is there to be refused. */
export async function startS3rver(): Promise<S3Server> {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-s3rver-'));
  const port = await freePort();
  const script = createRequire(import.meta.url).resolve('s3rver/bin/s3rver.js');
  const server = await startServer({
    command: process.execPath,
    args: [script, '-d', folder, '-a', '127.0.0.1', '-p', String(port), '-s'],
    ready: port,
  }).catch((error: unknown) => {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  });
  return {
    name: 's3rver',
    endpoint: `http://127.0.0.1:${port}`,
    credentials: { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' },
    async stop() {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
