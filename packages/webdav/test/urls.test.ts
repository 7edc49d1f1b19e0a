import type { VFSPath } from '@holdfast/vfs';
import { describe, expect, it } from 'vitest';
import { encodeURL, isAlike, parseHref } from '../src/multistatus/urls.js';

const BASE = new URL('https://dav.example/base/');
const at = (path: string): VFSPath => path as VFSPath;

describe('the URL of a path', () => {
  it.each([
    ['/', 'https://dav.example/base/'],
    ['/a', 'https://dav.example/base/a'],
    ['/a/b', 'https://dav.example/base/a/b'],
    ['/100%', 'https://dav.example/base/100%25'],
    ['/%2e%2e/x', 'https://dav.example/base/%252e%252e/x'],
    ['/a#b?c', 'https://dav.example/base/a%23b%3Fc'],
    ['/grün', 'https://dav.example/base/gr%C3%BCn'],
    ['/a b+c&d', 'https://dav.example/base/a%20b%2Bc%26d'],
    ['/__PATH_SEPARATOR_POSIX__', 'https://dav.example/base/__PATH_SEPARATOR_POSIX__'],
  ])('of %s stays below the base', (path, url) => {
    expect(encodeURL(BASE, at(path), 'bare')).toBe(url);
    expect(new URL(url).href).toBe(url);
  });

  it('of a directory ends with a slash, once', () => {
    expect(encodeURL(BASE, at('/a'), 'slash')).toBe('https://dav.example/base/a/');
    expect(encodeURL(BASE, at('/'), 'slash')).toBe('https://dav.example/base/');
  });
});

/** The names, `!` behind one that is unreadable, `~` before relative ones; `undefined` if it names no folder of ours. */
function names(href: string): readonly string[] | undefined {
  const parsed = parseHref(href);
  if (parsed === undefined) return undefined;
  return [...(parsed.isRelative ? ['~'] : []), ...parsed.names, ...(parsed.isUnreadable ? ['!'] : [])];
}

describe('a href', () => {
  it.each<[string, readonly string[]]>([
    ['/base/a', ['base', 'a']],
    ['/base/a/', ['base', 'a']],
    ['https://dav.example/base/a', ['base', 'a']],
    ['http://inner.example:8080/base/a', ['base', 'a']],
    ['HTTP://INNER/base', ['base']],
    ['http://inner', []],
    ['/', []],
    ['//', []],
    ['//base//a/', ['base', 'a']],
    ['/base/./a', ['base', 'a']],
    ['a/', ['~', 'a']],
    ['./a', ['~', 'a']],
    ['', ['~']],
    ['/base/%C3%BC%20%25%23', ['base', 'ü %#']],
    ['/base/%c3%bc', ['base', 'ü']],
    ['/base/ü', ['base', 'ü']],
    ['/base/a&b+c', ['base', 'a&b+c']],
    ['/base/a%5Cb', ['base', 'a\\b']],
    ['/base/a\\b', ['base', 'a\\b']],
    ['/base/what? #1', ['base', 'what? #1']],
    ['/base/100% done', ['base', '100% done']],
    ['/base/%zz', ['base', '%zz']],
    ['/base/%EF%BF%BD', ['base', '\ufffd']],
  ])('%s names its segments', (href, expected) => {
    expect(names(href)).toEqual(expected);
  });

  it.each([
    ['/base/a%2Fb'],
    ['/base/a%00'],
    ['/base/%e4'],
    ['/base/\ufffd'],
    ['/base/..'],
    ['/base/%2e%2e/'],
  ])('%s is in /base, under a name that no path can have', (href) => {
    expect(names(href)).toEqual(['base', '', '!']);
  });

  it.each([
    ['/base/../a'],
    ['/%2e%2e/a'],
    ['/b%2Fase/a'],
    ['/%ff/a'],
    ['javascript:alert(1)'],
    ['file:///base/a'],
  ])('%s names nothing that could be ours', (href) => {
    expect(names(href)).toBeUndefined();
  });
});

describe('two names', () => {
  it.each([
    ['dav', 'DAV'],
    ['gr\u00fcn', 'gru\u0308n'],
    ['a', 'a'],
  ])('%s and %s are alike', (one, other) => {
    expect(isAlike(one, other)).toBe(true);
  });

  it('are not alike if they differ in more than case and normal form', () => {
    expect(isAlike('dav', 'dev')).toBe(false);
  });
});
