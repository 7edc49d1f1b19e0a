import { mkdirSync, readdirSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parsePath } from '@holdfast/vfs';
import { describe, expect, it } from 'vitest';
import { MountJail } from './mount-jail.js';
import { stepsOf, type ArgumentsOf, type OperationName } from '../operations/operations.js';
import { Stepper } from '../../test/stepper.js';
import { makeTemporary } from '../../test/temporary.js';

const at = (path: string): ReturnType<typeof parsePath> => parsePath(path, { op: 'open', adapter: 'local' });

/** Operations in `root`, as on an SMB mount, to be gone through call by call. */
function mountAt(root: string) {
  const jail = new MountJail({
    root,
    kept: undefined,
    insisted: false,
    create: false,
    shared: true,
    smb: true,
    sync: 'file',
    mode: undefined,
    platform: process.platform,
  });
  return <N extends OperationName>(name: N, ...rest: ArgumentsOf<N>) =>
    new Stepper(stepsOf(name, jail, rest));
}

describe('on an SMB mount', () => {
  it('mkdir does not believe that a name exists unless it is listed', () => {
    using temporary = makeTemporary();
    const { dir } = temporary;
    const mkdir = mountAt(dir)('mkdir', at('/d'));
    mkdir.until('mkdir');
    mkdir.step({ code: 'EEXIST' });
    expect(mkdir.next).toBe('readdir');
    mkdir.finish();
    expect(readdirSync(dir)).toEqual(['d']);
  });

  it('mkdir is refused at once if the name is listed, and by and by if the client insists', () => {
    using temporary = makeTemporary();
    const { dir } = temporary;
    mkdirSync(join(dir, 'd'));
    const refused = mountAt(dir)('mkdir', at('/d'));
    expect(() => refused.finish()).toThrow(expect.objectContaining({ code: 'EEXIST' }));
    expect(refused.made.filter((call) => call === 'mkdir')).toHaveLength(1);

    rmdirSync(join(dir, 'd'));
    const insisting = mountAt(dir)('mkdir', at('/d'));
    const insist = (): void => {
      while (!insisting.done) {
        if (insisting.next === 'mkdir') insisting.step({ code: 'EEXIST' });
        else insisting.step();
      }
    };
    expect(insist).toThrow(expect.objectContaining({ code: 'EEXIST' }));
  });

  it('stat has the directory listed first, as the client takes attributes over from that', () => {
    using temporary = makeTemporary();
    const { dir } = temporary;
    writeFileSync(join(dir, 'f'), 'four');
    const stat = mountAt(dir)('stat', at('/f'));
    expect(stat.finish()).toMatchObject({ type: 'file', size: 4 });
    expect(stat.made.slice(-2)).toEqual(['readdir', 'lstat']);
    expect(mountAt(dir)('stat', at('/')).finish()).toMatchObject({ type: 'directory' });
  });

  it('stat of what is not listed is an absence, whatever the client remembers', () => {
    using temporary = makeTemporary();
    const { dir } = temporary;
    writeFileSync(join(dir, 'f'), '');
    const stat = mountAt(dir)('stat', at('/f'));
    stat.until('readdir');
    rmSync(join(dir, 'f'));
    expect(() => stat.finish()).toThrow(expect.objectContaining({ code: 'ENOENT' }));
  });

  it('rm of a file waits until it is not listed any more, but not for ever', () => {
    using temporary = makeTemporary();
    const { dir } = temporary;
    const file = join(dir, 'f');
    writeFileSync(file, '');
    const rm = mountAt(dir)('rm', at('/f'));
    rm.until('readdir');
    writeFileSync(file, '');
    rm.step();
    expect(rm.next).toBe('pause');
    rmSync(file);
    rm.finish();

    writeFileSync(file, '');
    const stuck = mountAt(dir)('rm', at('/f'));
    stuck.until('readdir');
    writeFileSync(file, '');
    stuck.finish();
    expect(stuck.made.filter((call) => call === 'pause').length).toBeGreaterThan(10);
  });

  it('a name that Windows takes for a device is refused, one with a colon is not', () => {
    using temporary = makeTemporary();
    const begin = mountAt(temporary.dir);
    for (const path of ['/NUL', '/con.txt', '/com1/d']) {
      expect(() => begin('mkdir', at(path)).finish()).toThrow(expect.objectContaining({ code: 'EINVAL' }));
    }
    begin('mkdir', at('/a:b')).finish();
    expect(readdirSync(temporary.dir)).toEqual(['a:b']);
  });
});
