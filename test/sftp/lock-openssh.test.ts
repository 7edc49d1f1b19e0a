import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LockOptions } from '@holdfast/lock';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { signalTree } from '../servers/process.js';
import { noSshd, startSshd, type Sshd } from '../servers/sshd.js';
import { Actor, judged, type Cast } from './actors.js';
import { placeOn, type SftpPlace } from './places.js';

const missing = await noSshd();

/** No less than what a busy machine needs between two heartbeats. */
const STALE_MS = 3_000;
/** Where nobody has to wait for a lease to end. */
const LONG = { staleAfterMs: 30_000, heartbeatMs: 1_000 };

describe.skipIf(missing !== undefined)(`a lock on OpenSSH${missing ? ` (${missing})` : ''}`, () => {
  let server: Sshd;
  let place: SftpPlace;
  let history: string;
  const actors: Actor[] = [];

  beforeAll(async () => {
    server = await startSshd();
  });
  afterAll(() => server?.stop());
  beforeEach(async () => {
    place = placeOn(server);
    await place.open();
    history = join(server.folder, `history-${Math.random()}`);
    writeFileSync(history, '');
  });
  afterEach(async () => {
    server.process.signal('SIGCONT');
    for (const each of actors.splice(0)) each.kill();
    await place.cleanup();
  });

  /** A process of its own, with a lock of the given settings. */
  async function actor(
    lock: Partial<LockOptions> = {},
    more: Partial<Pick<Cast, 'options' | 'contenders'>> = {},
  ): Promise<Actor> {
    const cast: Cast = {
      options: { ...place.options, deadlineMs: 30_000 },
      lock: { id: 'deploy', staleAfterMs: STALE_MS, pollMs: 100, ...lock },
      history,
      ...more,
    };
    const made = new Actor();
    actors.push(made);
    await made.begin(cast);
    return made;
  }

  test('goes from one process to the other, with a greater token', async () => {
    const [first, second] = await Promise.all([actor(LONG), actor(LONG)]);
    const token = await first.acquire();
    const waiting = second.acquire();
    await second.says('waiting');
    expect(await first.release()).toBe(true);
    expect(await waiting).toBeGreaterThan(token);
    expect(await second.release()).toBe(true);
    expect(judged(history)).toMatchObject({ ok: true, grants: 2 });
  });

  test('is taken over from a process that was killed', async () => {
    const [first, second] = await Promise.all([actor(), actor()]);
    const token = await first.acquire();
    await first.says('beat');
    const waiting = second.acquire();
    await second.says('waiting');
    first.kill();
    expect(await waiting).toBeGreaterThan(token);
    expect(second.said.map(({ type }) => type)).toContain('takeover');
    await second.release();
    expect(judged(history)).toMatchObject({ ok: true, grants: 2 });
  });

  test('outlives the connections of its holder and of a waiter', async () => {
    const [holder, waiter] = await Promise.all([actor(LONG), actor(LONG)]);
    const token = await holder.acquire();
    const waiting = waiter.acquire();
    await waiter.says('waiting');
    for (let round = 0; round < 3; round++) {
      for (const pid of server.sessions()) signalTree(pid, 'SIGKILL');
      await Promise.all([holder.says('beat', 2), waiter.says('waiting', 2)]);
      expect(await holder.held()).toBe(true);
    }
    expect(await holder.release()).toBe(true);
    expect(await waiting).toBe(token + 1);
    expect(await waiter.release()).toBe(true);
    expect(judged(history)).toMatchObject({ ok: true, grants: 2 });
  });

  test('is lost in time when the server stops for longer than the lease, and all recover', async () => {
    const options = { ...place.options, deadlineMs: 5_000, answerTimeoutMs: 1_000 };
    const [holder, waiter] = await Promise.all([actor({}, { options }), actor({}, { options })]);
    const token = await holder.acquire();
    await holder.says('beat');
    const waiting = waiter.acquire();
    await waiter.says('waiting');

    server.process.signal('SIGSTOP');
    await holder.says('lost');
    expect(await holder.held()).toBe(false);
    server.process.signal('SIGCONT');

    expect(await waiting).toBeGreaterThan(token);
    expect(await waiter.held()).toBe(true);
    // What the old holder had sent before the stop has been carried out by now, and hurts nobody.
    await waiter.says('beat');
    expect(await waiter.held()).toBe(true);
    const again = holder.acquire();
    expect(await waiter.release()).toBe(true);
    expect(await again).toBeGreaterThan(token + 1);
    expect(await holder.release()).toBe(true);
    expect(judged(history)).toMatchObject({ ok: true, grants: 3 });
  });

  test('is held by one of twenty contenders in four processes at a time, and no update is lost', async () => {
    const [processes, contenders, times] = [4, 5, 2];
    const counter = join(server.folder, `counter-${Math.random()}`);
    writeFileSync(counter, '0');
    mkdirSync(join(server.folder, 'unrelated'), { recursive: true });
    const cast = await Promise.all(Array.from({ length: processes }, () => actor(LONG, { contenders })));
    await Promise.all(cast.map((each) => each.count(counter, times)));
    const updates = processes * contenders * times;
    expect(Number(readFileSync(counter, 'utf8'))).toBe(updates);
    expect(judged(history, { deploy: updates })).toMatchObject({ ok: true, grants: updates, updates });
  });
});
