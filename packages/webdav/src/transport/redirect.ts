import { FailedAttempt } from '@holdfast/vfs/adapter';
import { ASTRAY, CROSS_ORIGIN } from '../errors.js';
import { parseHref } from '../multistatus/urls.js';
import type { Reply } from './exchange.js';
import { LOCATION } from './pool.js';

/** One for a `/` at the end, one for a base that has moved, and as many again. */
const MOST_REDIRECTS = 4;

/** Those that may keep the method. 303 asks for a GET: whatever that answers, it is no answer to a change. */
const FOLLOWED: ReadonlySet<number> = new Set([301, 302, 307, 308]);

/**
 * Sends to `url`, and on to where it is redirected, with the same method: within the origin, and to the same resource.
 *
 * The same path, that is, save for a `/` at its end or for another base before it. A redirect to a login page ends
 * here: its 200 would pass for success.
 *
 * @throws FailedAttempt
 */
export async function following(
  base: URL,
  url: string,
  send: (url: string) => Promise<Reply>,
): Promise<Reply> {
  let at = url;
  for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects++) {
    const reply = await send(at);
    const location = reply.header(LOCATION);
    if (reply.status < 300 || reply.status > 399 || location === undefined) return reply;
    const target = parsed(location, at);
    if (target?.origin !== base.origin) throw new FailedAttempt(CROSS_ORIGIN);
    if (!FOLLOWED.has(reply.status) || !isSame(base, url, target)) throw new FailedAttempt(ASTRAY);
    at = target.href;
  }
  throw new FailedAttempt(ASTRAY);
}

function isSame(base: URL, asked: string, target: URL): boolean {
  if (target.username !== '' || target.password !== '' || target.search !== '') return false;
  const [from, to, above] = [new URL(asked), target, base].map(({ pathname }) => parseHref(pathname)?.names);
  if (from === undefined || to === undefined || above === undefined) return false;
  const inside = from.slice(above.length);
  return inside.every((name, index) => name === to[to.length - inside.length + index]);
}

function parsed(location: string, from: string): URL | undefined {
  try {
    return new URL(location, from);
  } catch {
    return undefined;
  }
}
