import type { VFSPath } from '@holdfast/vfs';
import { describe, expect, it } from 'vitest';
import { decodeHref, encodeURL } from './encode.js';

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

describe('a href', () => {
  it.each<[string, string[]]>([
    ['/base/a', ['base', 'a']],
    ['/base/a/', ['base', 'a']],
    ['https://dav.example/base/a', ['base', 'a']],
    ['http://inner.example:8080/base/a', ['base', 'a']],
    ['/', []],
    ['/base/%C3%BC%20%25%23', ['base', 'ü %#']],
    ['/base/%c3%bc', ['base', 'ü']],
    ['/base/ü', ['base', 'ü']],
    ['/base/a&b+c', ['base', 'a&b+c']],
    ['/base/a%5Cb', ['base', 'a\\b']],
    ['/base/../a', ['a']],
  ])('%s names its segments', (href, names) => {
    expect(decodeHref(href, 'https://dav.example/base/')).toEqual(names);
  });

  it.each([
    ['/base/a%2Fb'],
    ['/base/a%00'],
    ['/base/%zz'],
    ['/base/%ff'],
    ['/base//a'],
    ['/base/a?b'],
    ['/base/a#b'],
    ['/base/a\\b'],
    ['/base/a\tb'],
    ['javascript:alert(1)'],
    ['http://'],
    ['//'],
  ])('%s names nothing', (href) => {
    expect(decodeHref(href, 'https://dav.example/base/')).toBeUndefined();
  });
});
