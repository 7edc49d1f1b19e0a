import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { VFS } from '@holdfast/vfs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { localVFS } from '../src/index.js';
import { makeTemporary } from './temporary.js';

/** Longer ago than any step of a filesystem's clock. */
const LATER_MS = 10_000;

let dir = '';
let vfs: VFS;
let temporary: ReturnType<typeof makeTemporary>;

beforeEach(() => {
  temporary = makeTemporary();
  dir = join(temporary.dir, 'ledger');
  mkdirSync(dir);
  writeFileSync(join(dir, 'a'), '');
  vfs = localVFS(temporary.dir);
});

afterEach(async () => {
  vi.restoreAllMocks();
  await vfs.close();
  temporary[Symbol.dispose]();
});

function timeGoesOn(): void {
  const now = Date.now();
  vi.spyOn(Date, 'now').mockReturnValue(now + LATER_MS);
}

async function names(): Promise<string[]> {
  await nextTurn();
  return (await vfs.ls('/ledger')).map(({ name }) => name).sort();
}

describe('a directory that has not changed for long is not read again, and one that has is:', () => {
  it('what is new, gone or renamed since shows at once', async () => {
    timeGoesOn();
    expect([await names(), await names()]).toEqual([['a'], ['a']]);
    writeFileSync(join(dir, 'b'), '');
    expect(await names()).toEqual(['a', 'b']);
    rmSync(join(dir, 'a'));
    expect(await names()).toEqual(['b']);
    renameSync(join(dir, 'b'), join(dir, 'c'));
    expect(await names()).toEqual(['c']);
  });

  it('also without a turn of the event loop in between', async () => {
    timeGoesOn();
    await names();
    await names();
    const before = vfs.ls('/ledger');
    writeFileSync(join(dir, 'b'), '');
    const after = vfs.ls('/ledger');
    expect([(await before).length, (await after).length]).toEqual([1, 2]);
  });

  it('a change at the time of the listing itself is never missed', async () => {
    // The clock is not ahead: the directory was changed just now, and might be again in the same step of its clock.
    for (let at = 0; at < 50; at++) {
      await names();
      writeFileSync(join(dir, `x${at}`), '');
      expect((await names()).includes(`x${at}`)).toBe(true);
      rmSync(join(dir, `x${at}`));
    }
  });

  it('however much it holds, and whatever else is listed', async () => {
    const other = join(temporary.dir, 'other');
    mkdirSync(other);
    for (let at = 0; at < 50; at++) for (const each of [dir, other]) writeFileSync(join(each, `x${at}`), '');
    timeGoesOn();
    for (let round = 0; round < 3; round++) {
      await nextTurn();
      expect((await vfs.ls('/other')).length).toBe(50 + round);
      expect((await names()).length).toBe(51 + round);
      for (const each of [dir, other]) writeFileSync(join(each, `y${round}`), '');
    }
  });

  it('another directory in its place is read', async () => {
    timeGoesOn();
    await names();
    await names();
    renameSync(dir, `${dir}-old`);
    mkdirSync(dir);
    writeFileSync(join(dir, 'z'), '');
    expect(await names()).toEqual(['z']);
  });

  it('whose times were set back is read', async () => {
    timeGoesOn();
    await names();
    await names();
    const { atime, mtime } = fs.statSync(dir);
    writeFileSync(join(dir, 'b'), '');
    fs.utimesSync(dir, atime, mtime);
    expect(await names()).toEqual(['a', 'b']);
  });

  it('a caller that changes what it was given changes nothing for the next', async () => {
    timeGoesOn();
    for (let at = 0; at < 3; at++) {
      await nextTurn();
      const entries = await vfs.ls('/ledger');
      expect(entries.map(({ name }) => name)).toEqual(['a']);
      entries.push({ name: 'mine', type: 'file' });
    }
  });
});
