import {
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  rmdirSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { HalfDone } from '../src/errors.js';
import { at, bytes, callsOf, operationsIn } from './operations-in.js';
import { makeTemporary } from './temporary.js';

describe('on a local filesystem, the system calls of', () => {
  it('mkdir is the call itself', () => {
    using temporary = makeTemporary();
    const { dir } = temporary;
    expect(callsOf(operationsIn(dir)('mkdir', at('/a')))).toBe('mkdir');
  });

  it('a rewrite are four, one more if the file was longer', () => {
    using temporary = makeTemporary();
    const { dir } = temporary;
    const begin = operationsIn(dir);
    writeFileSync(join(dir, 'f'), 'old');
    expect(callsOf(begin('writeFile', at('/f'), bytes('longer'), false))).toBe('open fstat write close');
    expect(callsOf(begin('writeFile', at('/f'), bytes('s'), false))).toBe('open fstat write ftruncate close');
  });

  it('a link is one', () => {
    using temporary = makeTemporary();
    const { dir } = temporary;
    const begin = operationsIn(dir);
    writeFileSync(join(dir, 'f'), '');
    expect(callsOf(begin('link', at('/f'), at('/g')))).toBe('link');
  });

  it('the first of a turn of the event loop begin with one look at the directory', async () => {
    using temporary = makeTemporary();
    const { dir } = temporary;
    mkdirSync(join(dir, 'd'));
    const begin = operationsIn(dir);
    begin('ls', at('/d')).finish();
    await nextTurn();
    expect(callsOf(begin('writeFile', at('/d/f'), bytes('x'), true))).toBe('lstat open write close');
    expect(callsOf(begin('ls', at('/d')))).toBe('readdir');
    expect(callsOf(begin('link', at('/d/f'), at('/d/g')))).toBe('link');
  });

  it('a small read are four', () => {
    using temporary = makeTemporary();
    const { dir } = temporary;
    const begin = operationsIn(dir);
    writeFileSync(join(dir, 'f'), 'text');
    expect(callsOf(begin('readFile', at('/f')))).toBe('open fstat read close');
  });

  it('a listing is one', () => {
    using temporary = makeTemporary();
    const { dir } = temporary;
    expect(callsOf(operationsIn(dir)('ls', at('/')))).toBe('readdir');
  });

  it('rm are one, also for a directory that was listed or made before', () => {
    using temporary = makeTemporary();
    const { dir } = temporary;
    const begin = operationsIn(dir);
    writeFileSync(join(dir, 'f'), '');
    mkdirSync(join(dir, 'd'));
    expect(callsOf(begin('rm', at('/f')))).toBe('unlink');
    begin('ls', at('/')).finish();
    begin('mkdir', at('/e')).finish();
    for (const path of ['/d', '/e']) expect(callsOf(begin('rm', at(path)))).toBe('rmdir');
    // Nobody told that it is a directory, or somebody told wrongly.
    mkdirSync(join(dir, 'd'));
    expect(callsOf(begin('rm', at('/d')))).toMatch(/^unlink( lstat)? rmdir$/);
    begin('mkdir', at('/d')).finish();
    rmdirSync(join(dir, 'd'));
    writeFileSync(join(dir, 'd'), '');
    expect(callsOf(begin('rm', at('/d')))).toBe('rmdir unlink');
  });

  it('anything that is to last through a power cut end with a flush', () => {
    using temporary = makeTemporary();
    const { dir } = temporary;
    const begin = operationsIn(dir, { sync: 'all' });
    expect(callsOf(begin('mkdir', at('/a')))).toBe('mkdir open fsync close');
    expect(callsOf(begin('writeFile', at('/f'), bytes('x'), false))).toBe(
      'open fstat write fsync open fsync close close',
    );
    expect(callsOf(begin('writeFile', at('/f'), bytes('y'), false))).toBe('open fstat write fsync close');
    expect(callsOf(begin('writeFile', at('/g'), bytes('x'), true))).toBe(
      'open write fsync close open fsync close',
    );
    expect(callsOf(begin('rename', at('/f'), at('/a/f')))).toBe(
      'lstat rename open fsync close open fsync close',
    );
    expect(callsOf(begin('rm', at('/g')))).toBe('unlink open fsync close');
  });
});

describe('a rewrite', () => {
  it('never shows a reader an empty file, nor anything but old and new bytes', () => {
    using temporary = makeTemporary();
    const { dir } = temporary;
    const begin = operationsIn(dir);
    const file = join(dir, 'f');
    writeFileSync(file, 'a long old record');
    const seen = new Set<string>();
    const rewrite = begin('writeFile', at('/f'), bytes('new'), false);
    while (!rewrite.done) {
      rewrite.step();
      seen.add(readFileSync(file, 'utf8'));
    }
    expect([...seen]).toEqual(['a long old record', 'newong old record', 'new']);
  });

  it('that the disk is too full for may have changed the file, and says so', () => {
    using temporary = makeTemporary();
    const { dir } = temporary;
    const begin = operationsIn(dir);
    writeFileSync(join(dir, 'f'), 'old');
    for (const [call, code] of [
      ['write', 'ENOSPC'],
      ['close', 'EDQUOT'],
    ] as const) {
      const rewrite = begin('writeFile', at('/f'), bytes('new'), false);
      rewrite.until(call);
      expect(() => {
        rewrite.step({ code });
        rewrite.finish();
      }).toThrow(HalfDone);
    }
  });

  it('that fails to open changed nothing', () => {
    using temporary = makeTemporary();
    const { dir } = temporary;
    const rewrite = operationsIn(dir)('writeFile', at('/f'), bytes('new'), false);
    rewrite.until('open');
    expect(() => rewrite.step({ code: 'ENOSPC' })).toThrow(expect.objectContaining({ code: 'ENOSPC' }));
  });
});

describe('an exclusive write', () => {
  it('that fails half-way leaves no file, for its caller hears that it failed', () => {
    using temporary = makeTemporary();
    const { dir } = temporary;
    const create = operationsIn(dir)('writeFile', at('/f'), bytes('new'), true);
    create.until('write');
    expect(() => {
      create.step({ code: 'ENOSPC' });
      create.finish();
    }).toThrow(expect.objectContaining({ code: 'ENOSPC' }));
    expect(readdirSync(dir)).toEqual([]);
  });

  it('that can not even remove what it began was done in part', () => {
    using temporary = makeTemporary();
    const { dir } = temporary;
    const create = operationsIn(dir)('writeFile', at('/f'), bytes('new'), true);
    create.until('write');
    create.step({ code: 'EIO' });
    create.until('unlink');
    expect(() => create.step({ code: 'EIO' })).toThrow(HalfDone);
  });
});

describe('a mkdir', () => {
  it('whose flush fails was done in part', () => {
    using temporary = makeTemporary();
    const { dir } = temporary;
    const making = operationsIn(dir, { sync: 'all' })('mkdir', at('/a'));
    making.until('fsync');
    expect(() => {
      making.step({ code: 'EIO' });
      making.finish();
    }).toThrow(HalfDone);
  });
});

describe('a listing', () => {
  it('is begun anew when an entry goes away under it', () => {
    using temporary = makeTemporary();
    const { dir } = temporary;
    const begin = operationsIn(dir);
    writeFileSync(join(dir, 'f'), '');
    const listing = begin('ls', at('/'));
    listing.until('readdir');
    listing.step({ code: 'ENOENT' });
    expect(listing.finish()).toEqual([{ name: 'f', type: 'file' }]);
  });

  it('tells ENOENT when the directory itself went away', () => {
    using temporary = makeTemporary();
    const { dir } = temporary;
    const begin = operationsIn(dir);
    mkdirSync(join(dir, 'd'));
    const listing = begin('ls', at('/d'));
    listing.until('readdir');
    rmdirSync(join(dir, 'd'));
    expect(() => listing.finish()).toThrow(expect.objectContaining({ code: 'ENOENT' }));
  });
});

describe('a link that appears between the check and the call', () => {
  it.runIf(process.platform !== 'win32')('is not written or read through', () => {
    using temporary = makeTemporary();
    const { dir } = temporary;
    mkdirSync(join(dir, 'root'));
    const begin = operationsIn(join(dir, 'root'));
    const [outside, inside] = [join(dir, 'secret'), join(dir, 'root/f')];
    writeFileSync(outside, 'secret');
    writeFileSync(inside, '');
    for (const call of [
      begin('writeFile', at('/f'), bytes('mine'), false),
      begin('writeFile', at('/f'), bytes('mine'), true),
      begin('readFile', at('/f')),
    ]) {
      call.until('open');
      unlinkSync(inside);
      symlinkSync(outside, inside);
      expect(() => call.finish()).toThrow(expect.objectContaining({ name: expect.any(String) }));
      rmSync(inside);
      writeFileSync(inside, '');
    }
    expect(readFileSync(outside, 'utf8')).toBe('secret');
  });
});

describe('a leased file', () => {
  it('is opened again in a way that waits for the lease, off the main thread', () => {
    using temporary = makeTemporary();
    const { dir } = temporary;
    const begin = operationsIn(dir);
    writeFileSync(join(dir, 'f'), 'text');
    const read = begin('readFile', at('/f'));
    read.until('open');
    read.step({ code: 'EAGAIN' });
    expect([read.next, new TextDecoder().decode(read.finish())]).toEqual(['lstat', 'text']);
  });
});
