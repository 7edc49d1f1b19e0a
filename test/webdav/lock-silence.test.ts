import { Lock } from '@holdfast/lock';
import { VirtualClock } from '@holdfast/testkit/clock';
import { webdavVFS } from '@holdfast/webdav';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startProxy, type HTTPProxy, type ProxyRequest } from '../servers/http-proxy.js';
import { startNephele } from '../servers/nephele.js';
import type { DAVServer } from '../servers/dav.js';

let server: DAVServer;
let proxy: HTTPProxy;
beforeAll(async () => {
  server = await startNephele();
  proxy = await startProxy(server.url);
});
afterAll(async () => {
  await proxy?.stop();
  await server?.stop();
});

const BEAT = /\/lockfile-mine\/\d{16}\.beat\.\d+$/;
const CALLS: Readonly<Record<string, (request: ProxyRequest) => boolean>> = {
  'the PUT of a beat': ({ method, path }) => method === 'PUT' && BEAT.test(path),
  'the look of a beat': ({ method, path }) => method === 'PROPFIND' && path.endsWith('/lockfile-mine'),
};

let places = 0;
async function hold() {
  const time = new VirtualClock({ wallMs: Date.now() });
  const vfs = webdavVFS({ url: `${proxy.url}/silent-${places++}`, create: true, clock: time });
  let beats = 0;
  const onEvent = ({ type }: { readonly type: string }): void => {
    if (type === 'beat') beats++;
  };
  const lease = await new Lock(vfs, { id: 'mine', clock: time, onEvent }).acquire();
  /** Lets time go on slowly: what the server answers comes in a fraction of what a lease lasts. */
  const live = async (untilMs: number): Promise<void> => {
    const end = time.now + untilMs;
    while (time.now < end) {
      await time.advance(5);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  };
  return { vfs, time, lease, live, beats: () => beats };
}

/** What is known of a lease that went on beating. */
const ALIVE = { held: true, reason: undefined, hasBeaten: true };

it.each(Object.keys(CALLS))('a lock outlives one call that is never answered: %s', async (call) => {
  const { vfs, lease, live, beats } = await hold();
  await live(1000);
  const hung = proxy.trap({ matches: CALLS[call] ?? (() => false), fate: 'hold' });
  const before = beats();
  await live(15_000);
  const { held, signal } = lease;
  expect({ held, reason: signal.reason, hasBeaten: beats() > before + 2 }).toEqual(ALIVE);
  await hung.release();
  await vfs.close();
});

it('a lock outlives 8 others whose claims are never answered', async () => {
  const { vfs, time, lease, live, beats } = await hold();
  const hung = proxy.trap({
    matches: ({ method, path }) => method === 'MKCOL' && /lockfile-other-\d\/\d{16}$/.test(path),
    fate: 'hold',
    every: true,
  });
  const others = Array.from({ length: 8 }, (_, n) =>
    new Lock(vfs, { id: `other-${n}`, clock: time }).tryAcquire().catch((error: unknown) => error),
  );
  await hung.sprung;
  const before = beats();
  await live(15_000);
  const { held, signal } = lease;
  expect({ held, reason: signal.reason, hasBeaten: beats() > before + 2 }).toEqual(ALIVE);
  await vfs.close();
  await Promise.all(others);
  await hung.release();
});
