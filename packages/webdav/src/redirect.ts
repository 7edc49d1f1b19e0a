import { LOCATION } from './agent.js';
import { decodeHref } from './encode.js';
import { ASTRAY, CROSS_ORIGIN, LostExchange } from './lost.js';
import type { Reply } from './transport.js';

/** One for a `/` at the end, one for a base that has moved, and as many again. */
const MOST_REDIRECTS = 4;

/** Those that may keep the method. 303 asks for a GET: whatever that answers, it is no answer to a change. */
const FOLLOWED: ReadonlySet<number> = new Set([301, 302, 307, 308]);

/**
 * Sends to `url`, and on to where it is redirected, with the same method: within the origin, and to the same resource.
 *
 * The same path, that is, save for a `/` at its end or for another base before it. A redirect to a login page ends
 * here: its 200 would pass for success.
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
    if (target?.origin !== base.origin) throw new LostExchange(CROSS_ORIGIN, true);
    if (!FOLLOWED.has(reply.status) || !isSame(base, url, target)) throw new LostExchange(ASTRAY, true);
    at = target.href;
  }
  throw new LostExchange(ASTRAY, true);
}

function isSame(base: URL, asked: string, target: URL): boolean {
  if (target.username !== '' || target.password !== '') return false;
  const [from, to] = [decodeHref(asked, asked), decodeHref(target.href, target.href)];
  if (from === undefined || to === undefined) return false;
  const inside = from.slice(decodeHref(base.href, base.href)?.length);
  return inside.every((name, index) => name === to[to.length - inside.length + index]);
}

function parsed(location: string, from: string): URL | undefined {
  try {
    return new URL(location, from);
  } catch {
    return undefined;
  }
}
