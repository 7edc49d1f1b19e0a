import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parsePath } from '@holdfast/vfs';
import { describe, expect, it } from 'vitest';
import { MountJail } from '../src/mounts/mount-jail.js';
import { stepsOf } from '../src/operations/operations.js';
import { Stepper } from './stepper.js';
import { O_DIRECT } from '../src/operations/system.js';
import { makeTemporary } from './temporary.js';

const at = (path: string): ReturnType<typeof parsePath> =>
  parsePath(path, { op: 'readFile', adapter: 'local' });

/** A jail on what other hosts change too. */
function sharedJail(root: string): MountJail {
  const { platform } = process;
  const config = { root, kept: undefined, insisted: false, create: false, shared: true, smb: false } as const;
  return new MountJail({ ...config, sync: 'none', mode: undefined, platform });
}

describe.runIf(O_DIRECT !== 0)('a read past the cache', () => {
  const einval = { code: 'EINVAL' };

  it('is given up for good where the filesystem cannot do it with a file', () => {
    using temporary = makeTemporary();
    const { dir } = temporary;
    writeFileSync(join(dir, 'f'), 'x');
    const jail = sharedJail(dir);
    const read = new Stepper(stepsOf('readFile', jail, [at('/f')]));
    read.until('open');
    read.step(einval);
    expect(read.finish()).toEqual(new TextEncoder().encode('x'));
    expect(jail.uncachedReads).toBe(false);
  });

  it('is not given up because of a directory', () => {
    using temporary = makeTemporary();
    const { dir } = temporary;
    mkdirSync(join(dir, 'd'));
    const jail = sharedJail(dir);
    const read = new Stepper(stepsOf('readFile', jail, [at('/d')]));
    read.until('open');
    read.step(einval);
    expect(() => read.finish()).toThrow(expect.objectContaining({ code: 'EISDIR' }));
    expect(jail.uncachedReads).toBe(true);
  });
});
