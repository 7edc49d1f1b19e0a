import { s3VFS } from '@holdfast/s3';
import { VirtualClock } from '@holdfast/testkit/clock';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { expect, test } from 'vitest';

test('the error of a deadline that has passed names the bucket and where it is', async () => {
  const sockets = new Set<Socket>();
  const silent = createServer((socket) => sockets.add(socket)).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const { port } = silent.address() as AddressInfo;
  const endpoint = `http://127.0.0.1:${port}`;
  const clock = new VirtualClock();
  const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
  const vfs = s3VFS({ bucket: 'quiet-locks', endpoint, credentials, clock, deadlineMs: 9_000 });
  try {
    const refusal = vfs.stat('/a').catch((error: unknown) => error);
    await once(silent, 'connection');
    for (let step = 0; step < 10; step++) await clock.advance(1_000);
    expect(await refusal).toMatchObject({
      code: 'ETIMEDOUT',
      message: expect.stringContaining(`bucket quiet-locks at ${endpoint}`),
    });
  } finally {
    await vfs.close();
    for (const socket of sockets) socket.destroy();
    silent.close();
  }
});
