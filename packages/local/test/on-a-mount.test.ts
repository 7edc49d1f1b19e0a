import { mkdirSync, readdirSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { stepsOf } from '../src/operations/operations.js';
import { at, bytes, callsOf, jailAt, operationsIn } from './operations-in.js';
import { Stepper } from './stepper.js';
import { makeTemporary } from './temporary.js';

describe('on a mount', () => {
  it('stat opens, for only an open is fresh', () => {
    using temporary = makeTemporary();
    const { dir } = temporary;
    const begin = operationsIn(dir, { shared: true, sync: 'file' });
    writeFileSync(join(dir, 'f'), 'text');
    expect(callsOf(begin('stat', at('/f')))).toBe('realpath open fstat close');
    expect(callsOf(begin('stat', at('/')))).toBe('realpath open fstat close');
  });

  it('a write is flushed to the server before it counts', () => {
    using temporary = makeTemporary();
    const { dir } = temporary;
    const begin = operationsIn(dir, { shared: true, sync: 'file' });
    expect(callsOf(begin('writeFile', at('/f'), bytes('x'), false))).toBe(
      'realpath open fstat write fsync close',
    );
  });

  it.each(['realpath', 'open'])(
    'an absence that %s tells is doubted: the listing shows the file, and it is read',
    (liar) => {
      using temporary = makeTemporary();
      const { dir } = temporary;
      const begin = operationsIn(dir, { shared: true });
      mkdirSync(join(dir, 'd'));
      writeFileSync(join(dir, 'd/f'), 'there');
      const read = begin('readFile', at('/d/f'));
      read.until(liar);
      read.step({ code: 'ENOENT' });
      expect(new TextDecoder().decode(read.finish())).toBe('there');
      expect(read.made).toContain('readdir');
    },
  );

  it.each(['open', 'read'])(
    'a read goes past the cache, unless %s says that it cannot; then it is not tried again',
    (refuser) => {
      using temporary = makeTemporary();
      const { dir } = temporary;
      const begin = operationsIn(dir, { shared: true });
      writeFileSync(join(dir, 'f'), 'text');
      const read = begin('readFile', at('/f'));
      read.until(refuser);
      read.step({ code: 'EINVAL' });
      expect(new TextDecoder().decode(read.finish())).toBe('text');
      expect(read.made.filter((name) => name === 'open')).toHaveLength(2);
      expect(callsOf(begin('readFile', at('/f')))).toBe('realpath open fstat read close');
    },
  );

  it('an absence of the parent is doubted before a mkdir or a write fails of it', () => {
    using temporary = makeTemporary();
    const { dir } = temporary;
    const begin = operationsIn(dir, { shared: true });
    mkdirSync(join(dir, 'd'));
    const calls = [begin('mkdir', at('/d/a')), begin('writeFile', at('/d/f'), bytes('x'), false)];
    for (const call of calls) {
      call.step({ code: 'ENOENT' });
      call.finish();
    }
    expect(readdirSync(join(dir, 'd'))).toEqual(['a', 'f']);
  });

  it('an absence of the root is doubted too, and of the target of a rename', () => {
    using temporary = makeTemporary();
    const { dir } = temporary;
    writeFileSync(join(dir, 'f'), '');
    mkdirSync(join(dir, 'd'));
    const moving = operationsIn(dir, { shared: true })('rename', at('/f'), at('/d/f'));
    moving.until('rename');
    moving.step({ code: 'ENOENT' });
    moving.finish();
    expect(readdirSync(join(dir, 'd'))).toEqual(['f']);

    const first = new Stepper(stepsOf('ls', jailAt(dir, { shared: true }), [at('/')]));
    first.step({ code: 'ENOENT' });
    expect(first.next).toBe('readdir');
    expect(first.finish()).toHaveLength(1);
  });

  it('a file that the server no longer knows is asked for again if it is listed, and is absent if not', () => {
    using temporary = makeTemporary();
    const { dir } = temporary;
    const begin = operationsIn(dir, { shared: true });
    writeFileSync(join(dir, 'f'), 'new');
    const read = begin('readFile', at('/f'));
    read.until('open');
    read.step({ code: 'ESTALE' });
    expect(new TextDecoder().decode(read.finish())).toBe('new');

    const gone = begin('stat', at('/f'));
    gone.until('open');
    unlinkSync(join(dir, 'f'));
    gone.step({ code: 'ESTALE' });
    expect(() => gone.finish()).toThrow(expect.objectContaining({ code: 'ENOENT' }));
  });

  it('an absence that the listing confirms is believed, without a second attempt', () => {
    using temporary = makeTemporary();
    const begin = operationsIn(temporary.dir, { shared: true });
    const read = begin('readFile', at('/f'));
    expect(() => read.finish()).toThrow(expect.objectContaining({ code: 'ENOENT' }));
    expect(read.made).toEqual(['realpath', 'realpath', 'readdir']);
  });

  it('a part of the path that is a file is no reason to doubt further', () => {
    using temporary = makeTemporary();
    const begin = operationsIn(temporary.dir, { shared: true });
    writeFileSync(join(temporary.dir, 'f'), '');
    const making = begin('mkdir', at('/f/g/h'));
    making.step({ code: 'ENOENT' });
    making.step({ code: 'ENOENT' });
    making.step();
    expect(() => making.finish()).toThrow(expect.objectContaining({ code: 'ENOENT' }));
    expect(making.made).toEqual(['realpath', 'realpath', 'realpath', 'readdir', 'readdir']);
  });
});
