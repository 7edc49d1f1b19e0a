import { segmentsOf, type VFSPath } from '@holdfast/vfs';

/** Whether a URL is to end with `/`, as a collection's must: nginx answers 409 to one without, Apache redirects. */
export type Slash = 'slash' | 'bare';

/**
 * The URL of `path` below `base`, whose path ends with `/`.
 *
 * Each segment is encoded whole, so that `%`, `#` and `?` in a name stay part of it, and `%2e%2e` cannot become `..`.
 */
export function encodeURL(base: URL, path: VFSPath, slash: Slash): string {
  const segments = segmentsOf(path).map(encodeURIComponent);
  if (segments.length === 0) return base.href;
  return base.href + segments.join('/') + (slash === 'slash' ? '/' : '');
}

/**
 * The decoded segments of the path that `href` names; a `/` at the end counts for nothing.
 * `undefined` if it is no URL, or names something that no path of ours can be.
 *
 * Only the path counts: a server behind a proxy may believe in another scheme or host.
 */
export function decodeHref(href: string, from: string): string[] | undefined {
  // The URL parser would drop or turn these silently, and name something else.
  if (/[\p{Cc}\\]/u.test(href)) return undefined;
  let url: URL;
  try {
    url = new URL(href, from);
  } catch {
    return undefined;
  }
  if (url.search !== '' || url.hash !== '' || !/^https?:$/.test(url.protocol)) return undefined;
  const names: string[] = [];
  for (const segment of url.pathname.replace(/^\//, '').replace(/\/$/, '').split('/')) {
    const name = decoded(segment);
    if (name === undefined || /[/\0]/.test(name) || name === '.' || name === '..') return undefined;
    names.push(name);
  }
  if (names.length === 1 && names[0] === '') return [];
  return names.includes('') ? undefined : names;
}

function decoded(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}
