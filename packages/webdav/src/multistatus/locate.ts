import { segmentsOf, type VFSPath } from '@holdfast/vfs';
import { MalformedReply, type DAVResponse } from './reader.js';
import { isAlike, parseHref, type Href } from './urls.js';

/** The responses of a PROPFIND, told apart. */
export interface Located {
  /** About the resource itself. More than one if the server repeats itself, or adds that it left something out. */
  readonly selves: readonly DAVResponse[];
  readonly children: readonly Child[];
}

export interface Child {
  /** `undefined` if no path can have it. */
  readonly name: string | undefined;
  readonly response: DAVResponse;
}

interface Named {
  readonly href: Href;
  readonly response: DAVResponse;
}

type Names = readonly string[];

/**
 * Tells which response is about the resource that was asked for, and which are about what is in it.
 *
 * The hrefs need not be below the URL that was asked: a reverse proxy, or a rewrite, leaves in them the path that the
 * server behind it knows. Then the resource is the one response above all others whose path ends as `path` does.
 *
 * @throws MalformedReply if any response is neither, or if none is about the resource itself
 */
export function locate(responses: readonly DAVResponse[], url: string, path: VFSPath): Located {
  const asked = parseHref(new URL(url).pathname)?.names ?? [];
  const inside = segmentsOf(path);
  const named = responses.map((response): Named => {
    const href = parseHref(response.href);
    if (href === undefined) throw elsewhere();
    return { href, response };
  });
  const all = namedFrom(named, asked);
  const self = selfAmong(all, asked, inside);
  const selves: DAVResponse[] = [];
  const others: Named[] = [];
  for (const one of all) {
    if (!one.href.isUnreadable && isSame(one.href.names, self)) selves.push(one.response);
    else others.push(one);
  }
  const folder = folderOf(others, self, inside);
  return {
    selves,
    children: others.map(({ href, response }) => {
      if (!isIn(href.names, folder)) throw elsewhere();
      return { name: href.isUnreadable ? undefined : href.names.at(-1), response };
    }),
  };
}

/** With absolute paths only. A relative one counts from the folder that was asked for, or from the one above that. */
function namedFrom(named: readonly Named[], asked: Names): Named[] {
  const relative = named.filter(({ href }) => href.isRelative);
  if (relative.length === 0) return [...named];
  const own = asked.at(-1);
  const namesItself = ({ names }: Href): boolean =>
    own !== undefined && names.length === 1 && names[0] !== undefined && isAlike(names[0], own);
  const isExact = named.some(({ href }) => !href.isUnreadable && isSame(pathOf(href, asked), asked));
  // `folder/` and `folder/file` count from above; `folder/` and `file` from the folder itself, but for its own name.
  const fromAbove = !isExact && relative.every(({ href }) => isAlike(href.names[0] ?? '', own ?? ''));
  return named.map(({ href, response }) => {
    const base =
      href.isRelative && (fromAbove || (!isExact && namesItself(href))) ? asked.slice(0, -1) : asked;
    return { href: { ...href, names: pathOf(href, base), isRelative: false }, response };
  });
}

const pathOf = ({ names, isRelative }: Href, base: Names): Names =>
  isRelative ? [...base, ...names] : names;

function selfAmong(named: readonly Named[], asked: Names, inside: Names): Names {
  const readable = named.filter(({ href }) => !href.isUnreadable).map(({ href }) => href.names);
  const exact = readable.find((names) => isSame(names, asked));
  const shortest = named.reduce((least, { href }) => Math.min(least, href.names.length), Infinity);
  const [above, ...more] = readable.filter(({ length }) => length === shortest);
  const isUnique = above !== undefined && more.every((names) => isSame(names, above));
  // What is called as the URL has it may yet be in the resource: `/dav/dav`, behind a server that knows no first `/dav`.
  if (exact !== undefined && !(isUnique && isIn(exact, above) && endsAs(above, inside))) return exact;
  // And something in the resource is not the resource, whatever it is called.
  if (!isUnique || !endsAs(above, inside) || isBelow(above, asked)) throw unsaid();
  return above;
}

/** Where the children are: in `self`, or all in one folder that ends as it does. */
function folderOf(others: readonly Named[], self: Names, inside: Names): Names {
  const first = others[0]?.href.names.slice(0, -1) ?? self;
  if (!endsAs(first, inside) || isBelow(first, self)) return self;
  return others.some(({ href }) => isIn(href.names, self)) ? self : first;
}

const isSame = (one: Names, other: Names): boolean => one.length === other.length && endsAs(one, other);

const isIn = (names: Names, folder: Names): boolean =>
  names.length === folder.length + 1 && isSame(names.slice(0, -1), folder);

const isBelow = (names: Names, folder: Names): boolean =>
  names.length > folder.length && isSame(names.slice(0, folder.length), folder);

function endsAs(names: Names, end: Names): boolean {
  const from = names.length - end.length;
  return from >= 0 && end.every((name, index) => isAlike(name, names[from + index] ?? ''));
}

const elsewhere = (): MalformedReply =>
  new MalformedReply('the answer names something that was not asked for');
const unsaid = (): MalformedReply => new MalformedReply('the answer does not say what was asked');
