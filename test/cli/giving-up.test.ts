import { setTimeout as sleep } from 'node:timers/promises';
import { inspectAll, localVFS, type LockInfo } from 'holdfast';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { eventually } from '../processes/eventually.js';
import { startSSHServer, type SSHServer } from '../servers/ssh2-server.js';
import { Bench } from './holdfast.js';

const PASSWORD = 's3cret';

describe('over a network on which each answer takes its time', () => {
  const bench = new Bench();
  let server: SSHServer;
  let env: NodeJS.ProcessEnv = {};
  beforeEach(async () => {
    server = await startSSHServer({ password: PASSWORD });
    server.faults = () => ({ kind: 'late', until: sleep(100) });
    const { username, port, hostKeyFingerprint = '' } = server.options;
    const query = new URLSearchParams({ hostKeyFingerprint: [hostKeyFingerprint].flat().join(',') });
    env = {
      HOLDFAST_URL: `sftp://${username}@127.0.0.1:${port}/?${query}`,
      HOLDFAST_SFTP_PASSWORD: PASSWORD,
    };
  });
  afterEach(() => server.stop());

  async function look(): Promise<LockInfo | undefined> {
    await using vfs = localVFS(server.folder);
    const [found] = await inspectAll(vfs, '/');
    return found?.state === 'unreadable' ? undefined : found;
  }

  const standing = async (count: number): Promise<void> => {
    let info: LockInfo | undefined;
    const matches = async (): Promise<boolean> => {
      info = await look();
      return info?.holders.length === 1 && info.waiters.length === count;
    };
    await eventually(matches, `one holds the lock, and ${count} wait`, () => info);
  };

  test.each([
    ['its time is up', ['--timeout', '2s'], undefined, 75],
    ['a signal ends it', [], 'SIGTERM', 143],
  ] as const)('whoever waits leaves no claim behind when %s', async (_, options, signal, status) => {
    const holder = bench.start(['run', '--', 'sh', '-c', 'read -r _'], env);
    await standing(0);
    const waiting = bench.start(['run', ...options, '--', 'true'], env);
    await standing(1);
    if (signal !== undefined) waiting.kill(signal);
    expect(await waiting.ended).toMatchObject({ status });
    expect((await look())?.waiters).toStrictEqual([]);
    holder.type('\n');
    expect(await holder.ended).toMatchObject({ status: 0 });
  });
});
