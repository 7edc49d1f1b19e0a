import { execFileSync } from 'node:child_process';
import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { VFS } from '@holdfast/vfs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { localVFS, openLocal } from '../src/open.js';
import type { LocalVFSOptions } from '../src/options.js';
import { thisMachine } from '../src/mounts/survey.js';
import { makeTemporary } from './temporary.js';
import { VirtualClock } from '@holdfast/testkit';

// Real disks may be slow; what waits for one here waits for nothing else.
vi.setConfig({ testTimeout: 60_000 });

const text = async (bytes: Promise<Uint8Array>): Promise<string> => new TextDecoder().decode(await bytes);

/** Every way in which the operations are carried out, without a helper process. */
const WAYS: [string, LocalVFSOptions][] = [
  ['on the main thread', { filesystem: 'local' }],
  ['in the thread pool', { filesystem: 'local', calls: 'pool' }],
  ['flushed', { filesystem: 'local', fsync: true }],
  ['as on a network mount', { filesystem: 'network', isolate: false }],
  ['as on a FUSE mount', { filesystem: 'fuse', isolate: false, fsync: false }],
];

describe.each(WAYS)('a directory of the machine, %s', (_, options) => {
  it('keeps what is put into it', async () => {
    using temporary = makeTemporary();
    const { dir } = temporary;
    await using vfs = localVFS(dir, options);
    await vfs.mkdir('/d');
    await vfs.writeFile('/d/f', 'content');
    await vfs.chtimes('/d/f', new Date(1_000), new Date(86_400_000));
    expect(await text(vfs.readFile('/d/f'))).toBe('content');
    expect(await vfs.stat('/d/f')).toEqual({ type: 'file', size: 7, mtimeMs: 86_400_000 });
    expect(await vfs.stat('/d')).toMatchObject({ type: 'directory', size: 0 });
    expect(await vfs.ls('/')).toEqual([{ name: 'd', type: 'directory' }]);
    await vfs.rename('/d/f', '/g');
    expect(await vfs.ls('/d')).toEqual([]);
    await vfs.rm('/d');
    await vfs.rm('/g');
    expect(await vfs.ls('/')).toEqual([]);
  });

  it('gives back what was written, whether it grew or shrank, empty or large', async () => {
    using temporary = makeTemporary();
    const { dir } = temporary;
    await using vfs = localVFS(dir, options);
    for (const length of [10, 20, 5, 0, 300_000, 65_536, 65_537, 1, 1_000_000, 3]) {
      const data = new Uint8Array(length).map((_byte, index) => index % 251);
      await vfs.writeFile('/f', data);
      const read = await vfs.readFile('/f');
      expect(Buffer.compare(read, data)).toBe(0);
      expect((await vfs.stat('/f')).size).toBe(length);
    }
  });

  it('lets one of many concurrent mkdirs of a name win', async () => {
    using temporary = makeTemporary();
    const { dir } = temporary;
    await using vfs = localVFS(dir, options);
    const results = await Promise.allSettled(Array.from({ length: 8 }, () => vfs.mkdir('/one')));
    const lost = results.filter((result) => result.status === 'rejected');
    expect(lost).toHaveLength(7);
    for (const { reason } of lost) expect(reason).toMatchObject({ code: 'EEXIST', outcome: 'failed' });
  });

  it('refuses what cannot be', async () => {
    using temporary = makeTemporary();
    const { dir } = temporary;
    await using vfs = localVFS(dir, options);
    await vfs.mkdir('/d/e', { recursive: true });
    await vfs.writeFile('/f', '');
    const refused: [() => Promise<unknown>, string][] = [
      [() => vfs.mkdir('/missing/a'), 'ENOENT'],
      [() => vfs.writeFile('/missing/a', ''), 'ENOENT'],
      [() => vfs.writeFile('/missing/a', '', { exclusive: true }), 'ENOENT'],
      [() => vfs.readFile('/missing'), 'ENOENT'],
      [() => vfs.ls('/missing'), 'ENOENT'],
      [() => vfs.stat('/missing'), 'ENOENT'],
      [() => vfs.rm('/missing'), 'ENOENT'],
      [() => vfs.chtimes('/missing', new Date(0), new Date(0)), 'ENOENT'],
      [() => vfs.rename('/missing', '/a'), 'ENOENT'],
      [() => vfs.mkdir('/d'), 'EEXIST'],
      [() => vfs.mkdir('/f'), 'EEXIST'],
      [() => vfs.writeFile('/f', '', { exclusive: true }), 'EEXIST'],
      [() => vfs.writeFile('/d', '', { exclusive: true }), 'EEXIST'],
      [() => vfs.writeFile('/d', ''), 'EISDIR'],
      [() => vfs.readFile('/d'), 'EISDIR'],
      [() => vfs.ls('/f'), 'ENOTDIR'],
      [() => vfs.mkdir('/f/a'), 'ENOTDIR'],
      [() => vfs.writeFile('/f/a', ''), 'ENOTDIR'],
      [() => vfs.readFile('/f/a'), 'ENOTDIR'],
      [() => vfs.stat('/f/a'), 'ENOTDIR'],
      [() => vfs.mkdir('/f', { recursive: true }), 'ENOTDIR'],
      [() => vfs.rm('/d'), 'ENOTEMPTY'],
      [() => vfs.rename('/f', '/d'), 'EISDIR'],
      [() => vfs.mkdir(`/${'x'.repeat(300)}`), 'EINVAL'],
      [() => vfs.mkdir('/'), 'EEXIST'],
    ];
    for (const [call, code] of refused) {
      await expect(call()).rejects.toMatchObject({
        name: 'VFSError',
        code,
        outcome: 'failed',
        adapter: 'local',
      });
    }
    expect((await vfs.ls('/')).map(({ name }) => name).toSorted()).toEqual(['d', 'f']);
  });

  it('takes names of any kind as they are', async () => {
    using temporary = makeTemporary();
    const { dir } = temporary;
    await using vfs = localVFS(dir, options);
    const names = ['%2e%2e', 'a b', '#?&', 'Ünïcode', '日本', '-rf', '~', "'"];
    for (const name of names) await vfs.mkdir(`/${name}`);
    expect((await vfs.ls('/')).map(({ name }) => name).toSorted()).toEqual(names.toSorted());
  });

  it('lists a directory of many entries whole', async () => {
    using temporary = makeTemporary();
    const { dir } = temporary;
    const names = Array.from({ length: 1500 }, (_entry, index) => `a-rather-long-name-for-an-entry-${index}`);
    for (const name of names) writeFileSync(join(dir, name), '');
    await using vfs = localVFS(dir, options);
    expect((await vfs.ls('/')).map(({ name }) => name).toSorted()).toEqual(names.toSorted());
  });

  it.runIf(process.platform !== 'win32')('is not held up by a FIFO or a socket in it', async () => {
    using temporary = makeTemporary();
    const { dir } = temporary;
    await using vfs = localVFS(dir, options);
    execFileSync('mkfifo', [join(dir, 'fifo')]);
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(join(dir, 'socket'), resolve));
    try {
      for (const path of ['/fifo', '/socket']) {
        await expect(vfs.readFile(path)).rejects.toMatchObject({ code: 'EINVAL' });
        await expect(vfs.writeFile(path, 'x')).rejects.toMatchObject({ code: 'EINVAL' });
        expect((await vfs.stat(path)).type).toBe('other');
      }
      expect((await vfs.ls('/')).map(({ type }) => type)).toEqual(['other', 'other']);
      await vfs.rm('/fifo');
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  });
});

describe('the capabilities', () => {
  it('promise what is known of the filesystem', () => {
    using temporary = makeTemporary();
    const { dir } = temporary;
    const promised = (options: LocalVFSOptions): unknown => {
      const { exclusiveMkdir, watch, cost, listing, abort } = localVFS(dir, options).capabilities;
      return { exclusiveMkdir, watch, cost, listing, abort };
    };
    const common = { listing: 'names', abort: 'caller' };
    const mount = { ...common, watch: false, cost: 'network' };
    expect(promised({ filesystem: 'local' })).toEqual({
      ...common,
      exclusiveMkdir: 'known',
      watch: true,
      cost: 'local',
    });
    expect(promised({ filesystem: 'network' })).toEqual({ ...mount, exclusiveMkdir: 'known' });
    expect(promised({ filesystem: 'fuse' })).toEqual({ ...mount, exclusiveMkdir: 'probe' });
  });
});

describe('a filesystem of which nothing is proved', () => {
  const warningsOf = (type: string, options: LocalVFSOptions = {}): string[] => {
    const warnings: string[] = [];
    const machine = {
      ...thisMachine,
      platform: 'linux' as const,
      mountinfo: () => `9 1 0:9 / / rw - ${type} x rw\n`,
    };
    const warn = (message: string): void => void warnings.push(message);
    openLocal('/locks', options, { machine, clock: new VirtualClock(), warn });
    return warnings;
  };

  it('is used, and says so before the first call', () => {
    for (const type of ['fuse', 'fuse.shiny', 'ceph']) {
      expect(warningsOf(type)).toEqual([expect.stringMatching(/^\/locks lies on /)]);
    }
  });

  it('says nothing if the caller knows, or if enough is known', () => {
    expect(warningsOf('fuse', { filesystem: 'fuse' })).toEqual([]);
    expect(warningsOf('ceph', { filesystem: 'network' })).toEqual([]);
    for (const type of ['ext4', 'nfs4', 'cifs', 'fuse.sshfs']) expect(warningsOf(type)).toEqual([]);
  });
});

describe('a filesystem on which no lock is safe', () => {
  const mounted = (type: string): VFS | string => {
    const machine = {
      ...thisMachine,
      platform: 'linux' as const,
      mountinfo: () => `9 1 0:9 / / rw - ${type} x rw\n`,
    };
    const open = (options: LocalVFSOptions): VFS =>
      openLocal('/locks', options, { machine, clock: new VirtualClock() });
    expect(open({ filesystem: 'fuse' }).capabilities.exclusiveMkdir).toBe('probe');
    return open({});
  };

  it('is refused, unless the caller knows better', () => {
    for (const type of ['fuse.rclone', 'fuse.s3fs', 'fuse.gcsfuse']) {
      expect(() => mounted(type)).toThrow(expect.objectContaining({ code: 'ENOTSUP' }));
    }
    expect(() => mounted('fuse.sshfs')).not.toThrow();
  });
});

describe.runIf(process.platform !== 'win32')('the permissions', () => {
  const modeOf = (path: string): number => statSync(path).mode & 0o7777;
  let umask: number | undefined;
  const setUmask = (mask: number): void => {
    umask = process.umask(mask);
  };
  afterEach(() => {
    if (umask !== undefined) process.umask(umask);
    umask = undefined;
  });

  it('follow the umask by default', async () => {
    using temporary = makeTemporary();
    const { dir } = temporary;
    setUmask(0o027);
    const vfs = localVFS(dir);
    await vfs.mkdir('/d');
    await vfs.writeFile('/f', '');
    expect([modeOf(join(dir, 'd')), modeOf(join(dir, 'f'))]).toEqual([0o750, 0o640]);
  });

  it('are exactly the given ones, whatever the umask', async () => {
    using temporary = makeTemporary();
    const { dir } = temporary;
    setUmask(0o077);
    const root = join(dir, 'root');
    const vfs = localVFS(root, { create: true, mode: 0o2775 });
    await vfs.mkdir('/d');
    await vfs.writeFile('/f', 'x');
    await vfs.writeFile('/g', 'x', { exclusive: true });
    expect(['', 'd', 'f', 'g'].map((name) => modeOf(join(root, name)))).toEqual([
      0o2775, 0o2775, 0o664, 0o664,
    ]);
  });

  it('of a file that somebody changed are left alone by a rewrite', async () => {
    using temporary = makeTemporary();
    const { dir } = temporary;
    const vfs = localVFS(dir, { mode: 0o770 });
    await vfs.writeFile('/f', 'x');
    chmodSync(join(dir, 'f'), 0o600);
    await vfs.writeFile('/f', 'y');
    expect([modeOf(join(dir, 'f')), readFileSync(join(dir, 'f'), 'utf8')]).toEqual([0o600, 'y']);
  });
});

describe('a closed VFS', () => {
  it('refuses calls, and may be closed twice', async () => {
    using temporary = makeTemporary();
    const { dir } = temporary;
    for (const [, options] of WAYS) {
      const vfs = localVFS(dir, options);
      await vfs.close();
      await vfs.close();
      await expect(vfs.ls('/')).rejects.toMatchObject({ code: 'ECONN' });
    }
  });
});
