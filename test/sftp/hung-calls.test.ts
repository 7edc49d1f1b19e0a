import { Lock, type LockEvent } from '@holdfast/lock';
import { sftpVFS } from '@holdfast/sftp';
import { VirtualClock } from '@holdfast/testkit';
import type { VFS } from '@holdfast/vfs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startSSHServer, type SSHServer } from '../servers/ssh2-server.js';
import { turning } from './turning.js';

/** Longer than a lease at the defaults, so that one which is not renewed would be lost. */
const LONGER_THAN_A_LEASE_MS = 15_000;
/** Well below the defaults, a second and more. */
const STEP_MS = 50;

const HEALTHY = { held: true, lost: [], warnings: [] };

describe('a healthy lock at the defaults', () => {
  let server: SSHServer;
  let clock: VirtualClock;
  let vfs: VFS;
  const warnings: Error[] = [];
  const onWarning = (warning: Error): void => void warnings.push(warning);

  beforeEach(async () => {
    warnings.length = 0;
    process.on('warning', onWarning);
    server = await startSSHServer();
    clock = new VirtualClock({ wallMs: Date.now() });
    vfs = sftpVFS({ ...server.options, clock });
  });
  afterEach(async () => {
    process.off('warning', onWarning);
    await vfs.close();
    await server.stop();
  });

  /** @returns how it fares after so much time, and what Node warned of */
  async function kept(start: () => void): Promise<{ held: boolean; lost: unknown[]; warnings: Error[] }> {
    const lost: unknown[] = [];
    const onEvent = (event: LockEvent): void => void (event.type === 'lost' && lost.push(event.error));
    const lease = await new Lock(vfs, { id: 'healthy', clock, onEvent }).acquire();
    await turning(clock, () => clock.now > 3_000, STEP_MS);
    start();
    const until = clock.now + LONGER_THAN_A_LEASE_MS;
    await turning(clock, () => clock.now > until, STEP_MS);
    const { held } = lease;
    server.faults = undefined;
    if (held) await lease.release();
    return { held, lost, warnings };
  }

  test.each(['OPEN', 'WRITE', 'CLOSE', 'OPENDIR', 'READDIR'])(
    'is not lost to one %s that is never answered',
    async (kind) => {
      let befallen = 0;
      const result = await kept(() => {
        server.faults = ({ op }) => {
          if (op !== kind) return undefined;
          server.faults = undefined;
          befallen++;
          return { kind: 'hang' };
        };
      });
      expect(befallen).toBe(1);
      expect(result).toEqual(HEALTHY);
    },
  );

  test('is not lost to a connection that falls silent', async () => {
    const result = await kept(() => {
      const before = server.accepted;
      server.faults = () => (server.accepted === before ? { kind: 'hang' } : undefined);
    });
    expect(server.accepted).toBe(2);
    expect(result).toEqual(HEALTHY);
  });

  test('is not lost to eight other locks on the same VFS whose calls are never answered', async () => {
    const stop = new AbortController();
    const attempts: Promise<unknown>[] = [];
    const result = await kept(() => {
      server.faults = ({ path }) => (path.includes('ailing') ? { kind: 'hang' } : undefined);
      for (let index = 0; index < 8; index++) {
        const lock = new Lock(vfs, { id: `ailing-${index}`, clock });
        attempts.push(lock.acquire({ signal: stop.signal }).catch((error: unknown) => error));
      }
    });
    expect(result).toEqual(HEALTHY);
    // They do not make it open one connection after the other.
    expect(server.accepted).toBeLessThan(16);
    stop.abort();
    await turning(clock, () => clock.now > 60_000, 500);
    await Promise.all(attempts);
  });
});
