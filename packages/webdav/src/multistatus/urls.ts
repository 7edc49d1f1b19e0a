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

/** Which resource a `href` names, decoded. */
export interface Href {
  /** Its path from the root of the server, or from the folder that was asked for if {@link isRelative}. */
  readonly names: readonly string[];
  /** It does not begin with a `/`, which no server may send (RFC 4918, section 8.3), and some do. */
  readonly isRelative: boolean;
  /** The last of {@link names} is none that a path of ours can have: not UTF-8, say, or with a `/` in it. */
  readonly isUnreadable: boolean;
}

/**
 * Reads a `href` (or the path of a URL).
 *
 * Only the path counts: a server behind a proxy may believe in another scheme or host. A `/` at the end counts for
 * nothing, and neither does one that stands twice. Nothing of ours has a query, so that a `?` or `#` belongs to a name
 * that the server did not encode; likewise a `%` that begins no escape.
 *
 * @returns `undefined` if it cannot be told which folder it is in
 */
export function parseHref(href: string): Href | undefined {
  const [, scheme, rest = href] = /^([a-z][a-z0-9+.-]*):(?:\/\/[^/]*)?([^]*)$/i.exec(href) ?? [];
  if (scheme !== undefined && !/^https?$/i.test(scheme)) return undefined;
  const names = rest
    .split('/')
    .filter((segment) => segment !== '' && segment !== '.')
    .map(decoded);
  const folder = names.slice(0, -1);
  if (!folder.every((name) => name !== undefined)) return undefined;
  const last = names.at(-1);
  const isUnreadable = names.length > 0 && last === undefined;
  return {
    names: names.length === 0 ? [] : [...folder, last ?? ''],
    isRelative: scheme === undefined && !rest.startsWith('/'),
    isUnreadable,
  };
}

/** `undefined` if no path of ours can have a segment like that. */
function decoded(segment: string): string | undefined {
  // Nearly all, and a listing may have many.
  if (/^[\w-][\w.-]*$/.test(segment)) return segment;
  let name: string;
  try {
    name = decodeURIComponent(segment.replaceAll(/%(?![0-9a-f]{2})/gi, '%25'));
  } catch {
    return undefined;
  }
  // What arrived as U+FFFD was something else on the server.
  if (segment.includes('\ufffd') || /[/\0]/.test(name) || name === '..' || name === '.') return undefined;
  return name;
}

/** Whether two names may mean the same on a server that ignores case, or normalises what it is given. */
export function isAlike(one: string, other: string): boolean {
  return one === other || folded(one) === folded(other);
}

const folded = (name: string): string => name.normalize('NFC').toLowerCase();
