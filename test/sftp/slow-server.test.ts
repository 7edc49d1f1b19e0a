import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Lock, type LockEvent } from '@holdfast/lock';
import { sftpVFS } from '@holdfast/sftp';
import { VirtualClock } from '@holdfast/testkit';
import type { VFS } from '@holdfast/vfs';
import { sleep } from '@holdfast/vfs/adapter';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startSSHServer, type SSHServer } from '../servers/ssh2-server.js';
import { turning } from './turning.js';

const ANSWER_MS = 150;
const STEP_MS = 30;
/** A megabyte, in 32 requests. */
const LARGE = new Uint8Array(32 * 30 * 1024);

describe('a server that takes its time, one answer after the other', () => {
  let server: SSHServer;
  let clock: VirtualClock;
  let opened: VFS[];

  beforeEach(async () => {
    server = await startSSHServer();
    clock = new VirtualClock({ wallMs: Date.now() });
    opened = [];
  });
  afterEach(async () => {
    server.faults = undefined;
    await Promise.all(opened.map((vfs) => vfs.close()));
    await server.stop();
  });

  function open(deadlineMs?: number): VFS {
    const vfs = sftpVFS({ ...server.options, clock, answerTimeoutMs: 3_000, deadlineMs });
    opened.push(vfs);
    return vfs;
  }

  /** Answers in the order of the requests, each so much later than the one before. */
  function slowDown(): void {
    let last = Promise.resolve();
    server.faults = () => {
      last = last.then(() => sleep(clock, ANSWER_MS));
      return { kind: 'late', until: last };
    };
  }

  async function done<T>(call: Promise<T>): Promise<T> {
    let settled = false;
    const settle = (): void => void (settled = true);
    call.then(settle, settle);
    await turning(clock, () => settled, STEP_MS);
    return call;
  }

  test('is not taken for one that hangs while it answers: a large file is written', async () => {
    const vfs = open();
    await vfs.stat('/');
    slowDown();
    const begun = clock.now;
    await done(vfs.writeFile('/large', LARGE));
    expect(clock.now - begun).toBeGreaterThan(32 * ANSWER_MS);
    expect(server.accepted).toBe(1);
  });

  test('lists a large directory', async () => {
    const vfs = open(60_000);
    mkdirSync(join(server.folder, 'many'));
    for (let index = 0; index < 2_500; index++) mkdirSync(join(server.folder, 'many', `${index}`));
    await vfs.stat('/');
    slowDown();
    expect(await done(vfs.ls('/many'))).toHaveLength(2_500);
    expect(server.accepted).toBe(1);
  });

  test('leaves a lock its lease, on the same VFS as what is slow', async () => {
    const vfs = open();
    const events: LockEvent['type'][] = [];
    const onEvent = ({ type }: LockEvent): void => void events.push(type);
    const lease = await new Lock(vfs, { id: 'deploy', clock, onEvent }).acquire();
    slowDown();
    for (const name of ['/a', '/b', '/c']) await done(vfs.writeFile(name, LARGE));
    expect(lease.held).toBe(true);
    expect(events).not.toContain('lost');
    expect(server.accepted).toBe(1);
    server.faults = undefined;
    await done(lease.release());
  });
});
