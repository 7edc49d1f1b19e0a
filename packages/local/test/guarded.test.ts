import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parsePath } from '@holdfast/vfs';
import { describe, expect, it } from 'vitest';
import { MountJail } from '../src/mounts/mount-jail.js';
import {
  stepsOf,
  type AnswerOf,
  type ArgumentsOf,
  type OperationName,
} from '../src/operations/operations.js';
import { OFFLOAD } from '../src/operations/steps.js';
import { thisMachine, survey } from '../src/mounts/survey.js';
import { makeTemporary } from './temporary.js';

const at = (path: string): ReturnType<typeof parsePath> => parsePath(path, { op: 'open', adapter: 'local' });
const bytes = new TextEncoder().encode('x');
const DISK = '27 1 254:0 / / rw - ext4 /dev/vda rw\n';
const mount = (id: number, parent: number, point: string, what: string): string =>
  `${id} ${parent} 0:${id} / ${point} rw - ${what}\n`;

/** A VFS in `root`, on a machine whose table of mounts is `table`, which a test may replace at any time. */
class Machine {
  table: string;
  /** Looks at the table so far. */
  looks = 0;
  /** Called before the system call of that name. */
  before: Record<string, () => void> = {};
  readonly jail: MountJail;

  constructor(root: string, table: string, insisted = false) {
    this.table = table;
    const found = survey(root, { ...thisMachine, platform: 'linux', mountinfo: () => table });
    this.jail = new MountJail({
      root,
      kept: found.kept,
      insisted,
      create: false,
      shared: true,
      smb: found.smb,
      sync: 'file',
      mode: undefined,
      platform: process.platform,
    });
  }

  run<N extends OperationName>(name: N, ...rest: ArgumentsOf<N>): AnswerOf<N> {
    const steps = stepsOf(name, this.jail, rest);
    let turn = steps.next();
    while (turn.done !== true) {
      const call = turn.value;
      let answer: unknown;
      try {
        if (call !== OFFLOAD) answer = this.#make(call.name, call.now);
      } catch (error) {
        turn = steps.throw(error);
        continue;
      }
      turn = steps.next(answer);
    }
    return turn.value;
  }

  #make(name: string, now: () => unknown): unknown {
    this.before[name]?.();
    if (name !== 'mountinfo') return now();
    this.looks++;
    return this.table;
  }
}

const isGone = expect.objectContaining({ code: 'ECONN' });
const isUnknown = expect.objectContaining({ name: 'HalfDone', cause: isGone });

describe.runIf(process.platform === 'linux')('on what can be unmounted', () => {
  const CALLS: [string, string, (machine: Machine) => void][] = [
    ['mkdir', 'mkdir', (machine) => machine.run('mkdir', at('/new'))],
    ['writeFile', 'write', (machine) => machine.run('writeFile', at('/f'), bytes, false)],
    ['an exclusive write', 'open', (machine) => machine.run('writeFile', at('/new'), bytes, true)],
    ['rm', 'unlink', (machine) => machine.run('rm', at('/f'))],
    ['rm of a directory', 'rmdir', (machine) => machine.run('rm', at('/d'))],
    ['rename', 'rename', (machine) => machine.run('rename', at('/f'), at('/g'))],
    ['a listing', 'readdir', (machine) => machine.run('ls', at('/d'))],
    ['chtimes', 'lutimes', (machine) => machine.run('chtimes', at('/f'), new Date(0), new Date(0))],
  ];

  it.each(CALLS)(
    '%s succeeds, is refused if the mount is gone, and is in doubt if it goes',
    (_, call, change) => {
      using temporary = makeTemporary();
      const { dir } = temporary;
      mkdirSync(join(dir, 'd'));
      writeFileSync(join(dir, 'f'), '');
      const mounted = DISK + mount(30, 27, dir, 'nfs4 filer:/x rw');
      const machine = new Machine(dir, mounted);
      machine.table = DISK;
      expect(() => change(machine)).toThrow(isGone);
      machine.table = mounted;
      machine.before[call] = () => (machine.table = DISK);
      expect(() => change(machine)).toThrow(isUnknown);
    },
  );

  it('a change or a listing looks at the table twice, another look once, and none does if nothing can go away', () => {
    using temporary = makeTemporary();
    const { dir } = temporary;
    const machine = new Machine(dir, DISK + mount(30, 27, dir, 'nfs4 filer:/x rw'));
    machine.run('ls', at('/'));
    machine.looks = 0;
    machine.run('mkdir', at('/d'));
    expect(machine.looks).toBe(2);
    machine.run('ls', at('/d'));
    expect(machine.looks).toBe(4);
    machine.run('stat', at('/d'));
    expect(machine.looks).toBe(5);
    const disk = new Machine(dir, DISK);
    disk.run('mkdir', at('/e'));
    expect(disk.looks).toBe(0);
  });

  it('a mount below a local root is looked after also when a link leads there', () => {
    using temporary = makeTemporary();
    const { dir } = temporary;
    mkdirSync(join(dir, 'team/d'), { recursive: true });
    symlinkSync('team', join(dir, 'link'));
    const machine = new Machine(dir, DISK + mount(30, 27, join(dir, 'team'), 'nfs4 filer:/x rw'));
    machine.run('mkdir', at('/team/a'));
    machine.run('mkdir', at('/link/b'));
    machine.table = DISK;
    for (const path of ['/team/c', '/link/c', '/team/missing/c']) {
      expect(() => machine.run('mkdir', at(path))).toThrow(isGone);
    }
    machine.run('mkdir', at('/elsewhere'));
    expect(existsSync(join(dir, 'team/c'))).toBe(false);
  });

  it('that an automounter mounts on first use, it is looked at again then, and must stay from then on', () => {
    using temporary = makeTemporary();
    const { dir } = temporary;
    mkdirSync(join(dir, 'team'));
    const root = join(dir, 'team');
    const auto = DISK + mount(29, 27, dir, 'autofs auto rw,indirect');
    const machine = new Machine(root, auto);
    machine.before['open'] = () => (machine.table = auto + mount(30, 29, root, 'cifs //filer/team rw'));
    expect(machine.jail.smb).toBe(false);
    machine.run('mkdir', at('/a'));
    expect(machine.jail.smb).toBe(true);
    machine.before = {};
    machine.table = DISK;
    expect(() => machine.run('mkdir', at('/b'))).toThrow(isGone);
    // It was away for being idle.
    machine.table = auto;
    machine.before['open'] = () => (machine.table = auto + mount(31, 29, root, 'cifs //filer/team rw'));
    machine.run('mkdir', at('/b'));
  });

  it('and is unsafe once an automounter has mounted it, nothing is done unless that was insisted on', () => {
    using temporary = makeTemporary();
    const { dir } = temporary;
    const auto = DISK + mount(29, 27, dir, 'autofs auto rw,direct');
    const opened = (insisted: boolean): Machine => {
      const machine = new Machine(dir, auto, insisted);
      machine.table = auto + mount(30, 29, dir, 'nfs filer:/x rw,nocto');
      return machine;
    };
    const unsafe = expect.objectContaining({ code: 'ENOTSUP' });
    expect(() => opened(false).run('mkdir', at('/a'))).toThrow(unsafe);
    expect(existsSync(join(dir, 'a'))).toBe(false);
    opened(true).run('mkdir', at('/a'));
    expect(existsSync(join(dir, 'a'))).toBe(true);
  });
});
