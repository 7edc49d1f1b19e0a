import { execFileSync } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import type { FSWatcher } from 'node:fs';
import { join } from 'node:path';
import { parsePath } from '@holdfast/vfs';
import { describe, expect, it, vi } from 'vitest';
import { localVFS } from '../open.js';
import { makeTemporary } from '../../test/temporary.js';
import { DiskJail } from './disk-jail.js';
import { Watches, type StartWatch } from './watches.js';

// Real disks may be slow; what waits for one here waits for nothing else.
vi.setConfig({ testTimeout: 60_000 });

const at = (path: string): ReturnType<typeof parsePath> => parsePath(path, { op: 'watch', adapter: 'local' });
const jailAt = (root: string): DiskJail =>
  new DiskJail(
    {
      root,
      kept: undefined,
      insisted: false,
      create: false,
      shared: false,
      smb: false,
      sync: 'none',
      mode: undefined,
      platform: process.platform,
    },
    undefined,
  );

/** A watch of the system whose events the test makes. */
class FakeSource extends EventEmitter {
  closed = false;
  close(): void {
    this.closed = true;
  }
}

/** Watches in `dir` on a source of the test's own. */
function fake(dir: string): { watches: Watches; source: FakeSource } {
  const source = new FakeSource();
  return { watches: new Watches(jailAt(dir), () => source as unknown as FSWatcher), source };
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

describe('a watch of a real directory', () => {
  it('tells of entries that come, change and go', async () => {
    using temporary = makeTemporary();
    const { dir } = temporary;
    await using vfs = localVFS(dir);
    mkdirSync(join(dir, 'd'));
    let told: () => void = () => undefined;
    let changes = 0;
    const watcher = await vfs.watch('/d', () => told());
    const change = async (make: () => void): Promise<void> => {
      const event = new Promise<void>((resolve) => (told = resolve));
      make();
      await event;
      changes++;
    };
    await change(() => mkdirSync(join(dir, 'd/a')));
    await change(() => writeFileSync(join(dir, 'd/f'), '1'));
    await change(() => rmSync(join(dir, 'd/a'), { recursive: true }));
    watcher.close();
    expect(changes).toBe(3);
  });

  it('outlives the removal of that directory without an error', async () => {
    using temporary = makeTemporary();
    const { dir } = temporary;
    await using vfs = localVFS(dir);
    mkdirSync(join(dir, 'd'));
    const told = new Promise<void>((resolve) => {
      void vfs.watch('/d', () => resolve()).then(() => rmSync(join(dir, 'd'), { recursive: true }));
    });
    await expect(told).resolves.toBeUndefined();
  });

  it('is refused for what is neither file nor directory, or not there', async () => {
    using temporary = makeTemporary();
    const { dir } = temporary;
    await using vfs = localVFS(dir);
    execFileSync('mkfifo', [join(dir, 'pipe')]);
    await expect(vfs.watch('/pipe', () => undefined)).rejects.toMatchObject({ code: 'EINVAL', op: 'watch' });
    await expect(vfs.watch('/missing', () => undefined)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describe('a watch', () => {
  it('tells once of the changes of one name in one turn of the event loop', async () => {
    using temporary = makeTemporary();
    const { dir } = temporary;
    const { watches, source } = fake(dir);
    const onChange = vi.fn<() => void>();
    await watches.open(at('/'), onChange);
    for (let count = 0; count < 5; count++) source.emit('change', 'rename', 'a');
    await nextTurn();
    expect(onChange).toHaveBeenCalledTimes(1);
    source.emit('change', 'rename', 'b');
    await nextTurn();
    expect(onChange).toHaveBeenCalledTimes(2);
  });

  it('tells nothing once it is closed, not even of what happened before', async () => {
    using temporary = makeTemporary();
    const { dir } = temporary;
    const { watches, source } = fake(dir);
    const onChange = vi.fn<() => void>();
    const watcher = await watches.open(at('/'), onChange);
    source.emit('change', 'rename', 'a');
    watcher.close();
    watcher.close();
    source.emit('change', 'rename', 'b');
    await nextTurn();
    expect(onChange).not.toHaveBeenCalled();
    expect(source.closed).toBe(true);
  });

  it('that breaks later tells so as a change, and throws at nobody', async () => {
    using temporary = makeTemporary();
    const { dir } = temporary;
    const { watches, source } = fake(dir);
    const onChange = vi.fn<() => void>();
    await watches.open(at('/'), onChange);
    source.emit('error', Object.assign(new Error('gone'), { code: 'EPERM' }));
    await nextTurn();
    expect(onChange).toHaveBeenCalledTimes(1);
    expect(source.closed).toBe(true);
  });

  it('is shared by those who watch the same, and ends with the last of them', async () => {
    using temporary = makeTemporary();
    const { dir } = temporary;
    const sources: FakeSource[] = [];
    const watches = new Watches(jailAt(dir), () => {
      sources.push(new FakeSource());
      return sources.at(-1) as unknown as FSWatcher;
    });
    const told: string[] = [];
    const first = await watches.open(at('/'), (name) => told.push(`first ${name}`));
    const second = await watches.open(at('/'), (name) => told.push(`second ${name}`));
    sources[0]?.emit('change', 'rename', 'a');
    await nextTurn();
    first.close();
    sources[0]?.emit('change', 'rename', 'b');
    await nextTurn();
    expect(told).toEqual(['first a', 'second a', 'second b']);
    second.close();
    expect(sources.map(({ closed }) => closed)).toEqual([true]);
    await watches.open(at('/'), () => undefined);
    expect(sources).toHaveLength(2);
    watches.close();
  });

  it('is not shared with one of a file that had the same name before', async () => {
    using temporary = makeTemporary();
    const { dir } = temporary;
    const started: string[] = [];
    const watches = new Watches(jailAt(dir), (path) => {
      started.push(path);
      return new FakeSource() as unknown as FSWatcher;
    });
    writeFileSync(join(dir, 'f'), 'old');
    writeFileSync(join(dir, 'new'), 'new');
    await watches.open(at('/f'), () => undefined);
    renameSync(join(dir, 'new'), join(dir, 'f'));
    await watches.open(at('/f'), () => undefined);
    expect(started).toHaveLength(2);
    watches.close();
  });

  it('ends with the VFS', async () => {
    using temporary = makeTemporary();
    const { dir } = temporary;
    const { watches, source } = fake(dir);
    await watches.open(at('/'), () => undefined);
    watches.close();
    expect(source.closed).toBe(true);
  });

  it.for([
    ['ENOSPC', 'ENOSPC', 'max_user_watches'],
    ['EMFILE', 'EBUSY', 'max_user_instances'],
  ] as const)('that the system refuses with %s is %s, with advice on %s', async ([errno, code, limit]) => {
    using temporary = makeTemporary();
    const { dir } = temporary;
    const refuse: StartWatch = () => {
      throw Object.assign(new Error('no'), { code: errno });
    };
    const opening = async (): Promise<unknown> =>
      new Watches(jailAt(dir), refuse).open(at('/'), () => undefined);
    await expect(opening()).rejects.toEqual(
      expect.objectContaining({ code, advice: expect.stringContaining(limit) }),
    );
  });
});
