import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Lock } from '@holdfast/lock';
import { sftpVFS } from '@holdfast/sftp';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startSSHServer, type SSHServer } from '../servers/ssh2-server.js';

const PLATFORM = fileURLToPath(new URL('lambda.mjs', import.meta.url));
const HANDLER = new URL('../../examples/serverless-sftp/handler.js', import.meta.url).href;

interface Outcome {
  readonly statusCode?: number;
  readonly body?: string;
  readonly code?: string;
  readonly inTime: boolean;
}

describe('the handler of examples/serverless-sftp', () => {
  let server: SSHServer;
  let functions: ChildProcess[];

  beforeEach(async () => {
    server = await startSSHServer();
    functions = [];
  });
  afterEach(async () => {
    for (const each of functions) each.kill('SIGKILL');
    await server.stop();
  });

  /** A function that is deployed, and not yet called. */
  function deploy(): ChildProcess {
    const { host, port, username, privateKey, hostKeyFingerprint } = server.options;
    const deployed = fork(PLATFORM, {
      env: {
        PATH: process.env['PATH'],
        SFTP_HOST: host,
        SFTP_PORT: String(port),
        SFTP_USER: username,
        SFTP_PRIVATE_KEY: String(privateKey),
        SFTP_HOST_KEY: [hostKeyFingerprint].flat()[0],
        SFTP_BASE: '/',
      },
    });
    functions.push(deployed);
    return deployed;
  }

  async function call(deployed: ChildProcess, limitMs: number): Promise<Outcome> {
    deployed.send({ handler: HANDLER, limitMs });
    const [outcome] = (await once(deployed, 'message')) as [Outcome];
    return outcome;
  }

  const numberIn = ({ body = '' }: Outcome): number => (JSON.parse(body) as { number: number }).number;

  test('works under the lock, warm or cold, in several copies, and ends by itself', async () => {
    const copies = [deploy(), deploy(), deploy()];
    const first = await Promise.all(copies.map((copy) => call(copy, 30_000)));
    const second = await Promise.all(copies.map((copy) => call(copy, 30_000)));
    const outcomes = [...first, ...second];
    expect(outcomes.map(({ statusCode, inTime }) => [statusCode, inTime])).toEqual(
      outcomes.map(() => [200, true]),
    );
    expect(outcomes.map(numberIn).sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(server.accepted).toBe(copies.length);
    const ended = copies.map((copy) => once(copy, 'exit'));
    for (const copy of copies) copy.disconnect();
    expect((await Promise.all(ended)).map(([status]) => status as unknown)).toEqual([0, 0, 0]);
  });

  test('answers "busy" within its time limit while another holds the lock', async () => {
    const vfs = sftpVFS(server.options);
    const lease = await new Lock(vfs, { id: 'invoice-numbers', dir: '/locks' }).acquire();
    expect(await call(deploy(), 2_500)).toMatchObject({ statusCode: 423, inTime: true });
    await lease.release();
    await vfs.close();
  });

  test('gives up within its time limit when the server falls silent', async () => {
    const copy = deploy();
    expect((await call(copy, 30_000)).statusCode).toBe(200);
    server.faults = () => ({ kind: 'hang' });
    expect(await call(copy, 2_500)).toMatchObject({ inTime: true });
    server.faults = undefined;
    expect((await call(copy, 30_000)).statusCode).toBe(200);
  });
});
