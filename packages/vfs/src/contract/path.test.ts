import { describe, expect, test } from 'vitest';
import { joinPath, nameOf, parentOf, parsePath, ROOT, segmentsOf, type VFSPath } from './path.js';

const about = { op: 'stat', adapter: 'some' } as const;
const path = (text: string): VFSPath => parsePath(text, about);

describe('a path', () => {
  test.each([
    '/',
    '/a',
    '/a/b/c',
    '/ a ',
    '/a b',
    '/%2e%2e/%2f',
    '/#/?',
    '/...',
    '/..a/a..',
    '/.hidden',
    '/gr\u{fc}n',
    '/gru\u{308}n',
    '/\u{1f512}',
    '/\u{2028}',
    '/:*"<>|',
    `/${'n'.repeat(5000)}`,
  ])('%j is accepted as it is', (text) => {
    expect(path(text)).toBe(text);
  });

  test.each<[unknown]>([
    [''],
    ['a'],
    ['a/b'],
    ['.'],
    ['..'],
    [' /a'],
    ['//'],
    ['/a/'],
    ['/a//b'],
    ['/.'],
    ['/..'],
    ['/a/./b'],
    ['/a/../b'],
    ['/\u{0}'],
    ['/a\u{1f}'],
    ['/a\u{7f}'],
    ['/a\u{80}'],
    ['/a\u{9f}'],
    ['/a\\b'],
    ['/\u{d800}'],
    ['/\u{dc00}a'],
    [undefined],
    [null],
    [7],
    [{}],
  ])('%j is refused with EINVAL, and names what it was for', (text) => {
    expect(() => path(text as string)).toThrow(
      expect.objectContaining({ code: 'EINVAL', outcome: 'failed', path: String(text), ...about }),
    );
  });
});

describe('the parts of a path', () => {
  test.each([
    ['/', undefined, '', []],
    ['/a', '/', 'a', ['a']],
    ['/a/b c/d', '/a/b c', 'd', ['a', 'b c', 'd']],
  ])('of %s are known', (text, parent, name, segments) => {
    expect(parentOf(path(text))).toBe(parent);
    expect(nameOf(path(text))).toBe(name);
    expect(segmentsOf(path(text))).toEqual(segments);
  });

  test('are joined with one slash', () => {
    expect(joinPath(ROOT, 'a')).toBe('/a');
    expect(joinPath('/a', 'b')).toBe('/a/b');
  });

  test.each(['', '.', '..', 'a/b', '/a', 'a\\b', 'a\u{0}'])(
    'are not joined with %j, which is no name',
    (name) => {
      expect(() => joinPath('/a', name)).toThrow(expect.objectContaining({ code: 'EINVAL' }));
    },
  );
});
