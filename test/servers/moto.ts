import { findCommand } from './debian.js';
import { freePort, startServer } from './process.js';
import type { S3Server } from './s3-server.js';

/**
 * Why moto_server cannot be had here, if so. It is Python's, not Debian's (`pip install 'moto[server]'`), so that a
 * machine without it does with the other servers, also under CI.
 */
export function motoMissing(): string | undefined {
  return findCommand('moto_server') === undefined
    ? 'moto_server not found (pip install moto[server])'
    : undefined;
}

/** Python's moto, which follows AWS closely. Everything in memory. */
export async function startMoto(): Promise<S3Server> {
  const port = await freePort();
  const server = await startServer({
    command: findCommand('moto_server') ?? 'moto_server',
    args: ['-H', '127.0.0.1', '-p', String(port)],
    ready: port,
  });
  return {
    name: 'moto_server',
    endpoint: `http://127.0.0.1:${port}`,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    stop: () => server.stop(),
  };
}
