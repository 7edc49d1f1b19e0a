import { describe, expect, it } from 'vitest';
import { ASTRAY, CROSS_ORIGIN } from '../src/errors.js';
import type { Reply } from '../src/transport/exchange.js';
import { LOCATION } from '../src/transport/pool.js';
import { following } from '../src/transport/redirect.js';

const BASE = new URL('https://dav.example/dav/');

/** Sends to `/dav/a b` of the base, where each URL of `moves` redirects with its status and target. */
async function follow(moves: Record<string, readonly [status: number, to: string]>): Promise<string[]> {
  const sent: string[] = [];
  const send = async (url: string): Promise<Reply> => {
    sent.push(url);
    const [status, to] = moves[url] ?? [201, undefined];
    const header = (name: string): string | undefined => (name === LOCATION ? to : undefined);
    return { status, url, header, body: new Uint8Array(), cut: undefined };
  };
  await following(BASE, 'https://dav.example/dav/a%20b', send);
  return sent;
}

const FIRST = 'https://dav.example/dav/a%20b';

describe('a redirect', () => {
  it.each([301, 302, 307, 308])('by %i is followed', async (status) => {
    expect(await follow({ [FIRST]: [status, '/dav/a%20b/'] })).toEqual([FIRST, `${FIRST}/`]);
  });

  it.each([300, 303, 304, 305])('by %i is not followed', async (status) => {
    await expect(follow({ [FIRST]: [status, '/dav/a%20b/'] })).rejects.toMatchObject({
      failure: ASTRAY,
    });
  });

  it.each([
    ['/dav/a%20b/'],
    ['/remote.php/dav/a b'],
    ['https://dav.example:443/x/a%20b'],
    ['a%20b/'],
    ['/a%20b'],
  ])('to %s is followed: the same resource in the same origin', async (to) => {
    expect(await follow({ [FIRST]: [307, to] })).toHaveLength(2);
  });

  it.each([
    ['/login', ASTRAY],
    ['/dav/a%20b/c', ASTRAY],
    ['/dav/xa%20b', ASTRAY],
    ['/dav/a%20b?token=1', ASTRAY],
    ['https://eve:x@dav.example/dav/a%20b', ASTRAY],
    ['http://dav.example/dav/a%20b', CROSS_ORIGIN],
    ['https://dav.example:8443/dav/a%20b', CROSS_ORIGIN],
    ['https://sub.dav.example/dav/a%20b', CROSS_ORIGIN],
    ['//evil.example/dav/a%20b', CROSS_ORIGIN],
    ['file:///dav/a%20b', CROSS_ORIGIN],
    ['http://', CROSS_ORIGIN],
  ])('to %s is not followed', async (to, failure) => {
    const moves = { [FIRST]: [307, to] } as const;
    await expect(follow(moves)).rejects.toMatchObject({ failure });
  });

  it('that never ends, ends', async () => {
    await expect(follow({ [FIRST]: [307, FIRST] })).rejects.toMatchObject({ failure: ASTRAY });
  });

  it('that leads nowhere is an answer like any other', async () => {
    const send = async (url: string): Promise<Reply> => ({
      status: 302,
      url,
      header: () => undefined,
      body: new Uint8Array(),
      cut: undefined,
    });
    expect(await following(BASE, FIRST, send)).toMatchObject({ status: 302 });
  });
});
