import { Lock, type LockEvent } from '@holdfast/lock';
import { sftpVFS } from '@holdfast/sftp';
import { VirtualClock } from '@holdfast/testkit';
import type { VFS } from '@holdfast/vfs';
import type { Attributes } from 'ssh2';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Telling } from '../servers/ssh2-folder.js';
import { startSSHServer, type SSHServer } from '../servers/ssh2-server.js';
import { turning } from './turning.js';

/** All attributes are optional in the protocol, and so is what stands in a listing beside them. */
const SERVERS: [string, Telling][] = [
  ['no types, but lines of ls -l', { attributes: without('mode') }],
  ['no types', { attributes: without('mode'), longname: (name) => name }],
  [
    'permissions without types',
    { attributes: (all) => ({ ...all, mode: all.mode & 0o777 }), longname: () => '' },
  ],
  ['no sizes', { attributes: without('size') }],
  ['no times', { attributes: without('mtime', 'atime') }],
  ['nothing at all', { attributes: () => ({}), longname: () => '' }],
];

function without(...names: (keyof Attributes)[]): (all: Attributes) => Partial<Attributes> {
  return (all) => Object.fromEntries(Object.entries(all).filter(([name]) => !names.includes(name as never)));
}

describe.each(SERVERS)('a server that tells %s', (_, tells) => {
  let server: SSHServer;
  let vfs: VFS;

  beforeEach(async () => {
    server = await startSSHServer({ tells });
    vfs = sftpVFS(server.options);
  });
  afterEach(async () => {
    await vfs.close();
    await server.stop();
  });

  test('has files and directories told apart, and nothing made up', async () => {
    await vfs.mkdir('/deploy');
    await vfs.writeFile('/data', 'x');
    const { size, mtime } =
      tells.attributes?.({ mode: 0o644, uid: 0, gid: 0, size: 1, atime: 1, mtime: 1 }) ?? {};
    const listed = await vfs.ls('/');
    expect(listed.map(({ name, type }) => `${name} ${type}`).toSorted()).toEqual([
      'data file',
      'deploy directory',
    ]);
    for (const info of [...listed.filter(({ type }) => type === 'file'), await vfs.stat('/data')]) {
      expect([info.size, info.mtimeMs !== undefined]).toEqual([size, mtime !== undefined]);
    }
    expect((await vfs.stat('/deploy')).type).toBe('directory');
    await expect(vfs.mkdir('/deploy')).rejects.toMatchObject({ code: 'EEXIST' });
    await expect(vfs.mkdir('/data')).rejects.toMatchObject({ code: 'EEXIST' });
    await expect(vfs.readFile('/deploy')).rejects.toMatchObject({ code: 'EISDIR' });
    await expect(vfs.rm('/')).rejects.toMatchObject({ code: 'EINVAL' });
    await vfs.rm('/data');
    await vfs.mkdir('/deploy/sub');
    await expect(vfs.rm('/deploy')).rejects.toMatchObject({ code: 'ENOTEMPTY' });
    await vfs.rm('/deploy', { recursive: true });
    expect(await vfs.ls('/')).toEqual([]);
  });

  test('serves a lock: a holder that lives is never taken over, and its waiter comes next', async () => {
    const clock = new VirtualClock({ wallMs: Date.now() });
    const events: LockEvent['type'][] = [];
    const onEvent = ({ type }: LockEvent): void => void events.push(type);
    const holding = sftpVFS(server.options);
    const lease = await new Lock(holding, { id: 'deploy', clock, onEvent }).acquire();
    const next = new Lock(vfs, { id: 'deploy', clock, onEvent }).acquire();
    await turning(clock, () => clock.now > 25_000, 50);
    expect(lease.held).toBe(true);
    expect(events).not.toContain('takeover');
    expect(events).not.toContain('lost');
    await lease.release();
    await turning(clock, () => events.filter((type) => type === 'acquired').length === 2, 50);
    expect((await next).token).toBeGreaterThan(lease.token);
    await (await next).release();
    await holding.close();
  });
});
