import { describe, expect, it } from 'vitest';
import { directoryName, lockId } from './id.js';

describe('the directory of a lock', () => {
  it.each([
    ['deploy', 'lockfile-deploy'],
    ['db.v2_x-y', 'lockfile-db.v2_x-y'],
    ['Deploy', 'lockfile-~44eploy'],
    ['a/b', 'lockfile-a~2Fb'],
    ['x.', 'lockfile-x~2E'],
    ['é', 'lockfile-~C3~A9'],
    ['~41', 'lockfile-~7E41'],
  ])('of %j is %s, and leads back', (id, name) => {
    expect(directoryName(id)).toBe(name);
    expect(lockId(name)).toBe(id);
  });

  it.each(['', '\ud800', 'x'.repeat(300), 'É'.repeat(50)])('cannot be made of %j', (id) => {
    expect(directoryName(id)).toBeUndefined();
  });

  it.each([
    'deploy',
    'lockfile-',
    'lockfile-Deploy',
    'lockfile-~44~',
    'lockfile-~61',
    'lockfile-x.',
    'lockfile-~FF',
  ])('is not %s', (name) => {
    expect(lockId(name)).toBeUndefined();
  });

  it('is one for each id, however hostile, also where case and Unicode form do not count', () => {
    const ids = [
      'A',
      'a',
      'é',
      'e\u0301',
      '.',
      '..',
      '../../etc',
      'a/b',
      'a b',
      '\u001b[2J',
      '%2e',
      '名',
      'ı',
      'K',
    ];
    const names = ids.map((id) => directoryName(id)?.toLowerCase().normalize('NFKC'));
    expect(new Set(names).size).toBe(ids.length);
    expect(names.filter((name) => name === undefined || name.includes('/'))).toEqual([]);
  });
});
