import { mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { parsePath, type VFSPath } from '@holdfast/vfs';
import { describe, expect, it } from 'vitest';
import { makeTemporary } from '../../test/temporary.js';
import { OFFLOAD, type Steps } from '../operations/steps.js';
import { DiskJail } from './disk-jail.js';

const at = (path: string): VFSPath => parsePath(path, { op: 'open', adapter: 'local' });
const DISK = '27 1 254:0 / / rw - ext4 /dev/vda rw\n';
const mount = (id: number, parent: number, point: string, what: string): string =>
  `${id} ${parent} 0:${id} / ${point} rw - ${what}\n`;

/** A jail at `root`, on a machine whose table of mounts a test may replace. */
class Machine {
  table: string;
  /** How often the table was read. */
  reads = 0;
  readonly #jail: DiskJail;

  constructor(root: string, table: string, create = false) {
    this.table = table;
    this.#jail = new DiskJail(
      {
        root,
        kept: undefined,
        insisted: false,
        create,
        shared: false,
        smb: false,
        sync: 'none',
        mode: undefined,
        platform: 'linux',
      },
      table,
    );
  }

  /** The directory at `path`, in a turn of the event loop of its own. */
  async directory(path: string): Promise<string> {
    await nextTurn();
    return this.#run(this.#jail.directory(at(path))).real;
  }

  #run<T>(steps: Steps<T>): T {
    let turn = steps.next();
    while (turn.done !== true) {
      const call = turn.value;
      let answer: unknown;
      try {
        if (call !== OFFLOAD) answer = call.name === 'mountinfo' ? this.#mountinfo() : call.now();
      } catch (error) {
        turn = steps.throw(error);
        continue;
      }
      turn = steps.next(answer);
    }
    return turn.value;
  }

  #mountinfo(): string {
    this.reads++;
    return this.table;
  }
}

const isGone = expect.objectContaining({ code: 'ECONN' });

describe('a directory on a disk', () => {
  it('is looked for among the mounts at first, and later only when there is a reason', async () => {
    using temporary = makeTemporary();
    const { dir } = temporary;
    mkdirSync(join(dir, 'd'));
    const machine = new Machine(dir, DISK);
    for (let turn = 0; turn < 3; turn++) await machine.directory('/d');
    expect(machine.reads).toBe(1);
  });

  it('over which another filesystem was mounted is another one, and not used', async () => {
    using temporary = makeTemporary();
    const { dir } = temporary;
    mkdirSync(join(dir, 'd/e'), { recursive: true });
    const machine = new Machine(dir, DISK);
    await machine.directory('/d');
    // What a mount looks like from here: another directory under the same name.
    renameSync(join(dir, 'd'), join(dir, 'covered'));
    mkdirSync(join(dir, 'd/e'), { recursive: true });
    machine.table = DISK + mount(28, 27, join(dir, 'd'), 'tmpfs none rw');
    await expect(machine.directory('/d')).rejects.toEqual(isGone);
    // Put right again, it goes on.
    machine.table = DISK;
    expect(await machine.directory('/d')).toBe(join(dir, 'd'));
  });

  it('that was mounted and no longer is, is not used, nor made again', async () => {
    using temporary = makeTemporary();
    const { dir } = temporary;
    mkdirSync(join(dir, 'd'));
    const mounted = DISK + mount(28, 27, join(dir, 'd'), 'ext4 /dev/vdb rw');
    const machine = new Machine(dir, mounted);
    expect(await machine.directory('/d')).toBe(join(dir, 'd'));
    machine.table = DISK;
    renameSync(join(dir, 'd'), join(dir, 'gone'));
    mkdirSync(join(dir, 'd'));
    await expect(machine.directory('/d')).rejects.toEqual(isGone);
    machine.table = mounted;
    expect(await machine.directory('/d')).toBe(join(dir, 'd'));
  });

  it('whose root was mounted and no longer is, tells that instead of a missing root', async () => {
    using temporary = makeTemporary();
    const root = join(temporary.dir, 'root');
    mkdirSync(root);
    const machine = new Machine(root, DISK + mount(28, 27, root, 'ext4 /dev/vdb rw'), true);
    await machine.directory('/');
    machine.table = DISK;
    rmSync(root, { recursive: true });
    await expect(machine.directory('/')).rejects.toEqual(isGone);
    expect(statSync(root, { throwIfNoEntry: false })).toBeUndefined();
  });

  it('mounted somewhere else on the machine is no concern', async () => {
    using temporary = makeTemporary();
    const { dir } = temporary;
    mkdirSync(join(dir, 'd'));
    const machine = new Machine(dir, DISK);
    await machine.directory('/d');
    machine.table = DISK + mount(28, 27, '/somewhere/else', 'tmpfs none rw');
    rmSync(join(dir, 'd'), { recursive: true });
    mkdirSync(join(dir, 'other'));
    expect(await machine.directory('/other')).toBe(join(dir, 'other'));
  });
});
