import { describe, expect, it } from 'vitest';
import { refuseBadNames } from './windows-names.js';

describe('on Windows', () => {
  it.each([
    'a:b',
    'C:',
    'a.',
    'a ',
    'nul',
    'NUL.txt',
    'con',
    'Com1',
    'lpt9.log',
    'a*',
    'a?',
    'a<b',
    'a|b',
    '"',
  ])('the name %j is refused', (name) => {
    expect(() => refuseBadNames(['locks', name])).toThrow(expect.objectContaining({ code: 'EINVAL' }));
  });

  it.each(['lockfile-deploy', '000000000041.beat', 'console', 'null', 'com', 'a.b', ' a', 'Ünïcode'])(
    'the name %j is fine',
    (name) => {
      expect(() => refuseBadNames([name])).not.toThrow();
    },
  );
});
