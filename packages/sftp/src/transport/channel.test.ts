import { VirtualClock } from '@holdfast/testkit';
import { beforeEach, describe, expect, test } from 'vitest';
import { Channel } from './channel.js';
import { FailedAttempt, failure } from '@holdfast/vfs/adapter';
import type { Session } from './session.js';

type Reply = (error: unknown, value?: unknown) => void;

let clock: VirtualClock;
let replies: Reply[];
let downs: FailedAttempt[];
let stuck: number;
let channel: Channel;

const END = new FailedAttempt(failure('ECONN', { outcome: 'unknown', retryable: true, detail: 'the end' }));

beforeEach(() => {
  clock = new VirtualClock();
  replies = [];
  downs = [];
  stuck = 0;
  const session = new Proxy({} as Session, {
    get:
      () =>
      (...args: unknown[]) =>
        void replies.push(args.at(-1) as Reply),
  });
  channel = new Channel({
    session,
    clock,
    server: 'host:22',
    answerTimeoutMs: 1000,
    quote: (text) => text,
    onDown: (why) => downs.push(why),
    onStuck: () => stuck++,
  });
});

const failureOf = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => 'it succeeded',
    (error: unknown) => error,
  );

describe('a request', () => {
  test('that is answered resolves, and leaves no timer', async () => {
    const made = channel.mkdir('/a');
    expect(channel.answered).toBe(false);
    replies[0]?.(undefined);
    await made;
    expect(channel.answered).toBe(true);
    expect(clock.pendingTimers).toBe(0);
  });

  test('that is refused rejects with the number of the server, and the session goes on', async () => {
    const refused = failureOf(channel.mkdir('/a'));
    replies[0]?.(Object.assign(new Error('Failure'), { code: 4 }));
    expect(await refused).toMatchObject({ name: 'ServerRefusal', status: 4, message: 'Failure' });
    expect(downs).toEqual([]);
  });

  test('without an answer gives the session up at its deadline, with whatever else is under way', async () => {
    const first = failureOf(channel.mkdir('/a'));
    await clock.advance(600);
    const second = failureOf(channel.stat('/b'));
    await clock.advance(399);
    expect(downs).toEqual([]);
    await clock.advance(1);
    for (const error of [await first, await second]) {
      expect(error).toMatchObject({ failure: { code: 'ETIMEDOUT', outcome: 'unknown' } });
    }
    expect(downs).toHaveLength(1);
  });

  test('waits on while those before it are answered: a slow server is alive', async () => {
    const calls = ['/a', '/b', '/c', '/d'].map((path) => channel.mkdir(path));
    for (let index = 0; index < calls.length; index++) {
      await clock.advance(999);
      replies[index]?.(undefined);
    }
    await Promise.all(calls);
    expect(downs).toEqual([]);
    expect(clock.pendingTimers).toBe(0);
  });

  test('has its own limit, also when one before it was answered late', async () => {
    const first = channel.mkdir('/a');
    await clock.advance(900);
    const second = failureOf(channel.mkdir('/b'));
    replies[0]?.(undefined);
    await first;
    await clock.advance(999);
    expect(downs).toEqual([]);
    await clock.advance(1);
    expect(await second).toBeInstanceOf(FailedAttempt);
  });

  test('is given up alone where later ones are answered, and then the connection should get no new ones', async () => {
    const hung = failureOf(channel.mkdir('/a'));
    for (let round = 0; round < 5; round++) {
      const later = channel.stat('/b');
      await clock.advance(200);
      replies.at(-1)?.(undefined, {});
      await later;
    }
    expect(await hung).toMatchObject({ failure: { code: 'ETIMEDOUT', outcome: 'unknown', retryable: true } });
    expect([downs, stuck]).toEqual([[], 1]);
    const after = channel.stat('/c');
    replies.at(-1)?.(undefined, {});
    await after;
    expect(clock.pendingTimers).toBe(0);
  });

  test('is given up at its limit also where times are fractions that do not add up', async () => {
    for (let round = 0; round < 50; round++) {
      await clock.advance(0.1 + round / 7);
      const first = failureOf(channel.mkdir('/a'));
      const second = channel.stat('/b');
      await clock.advance(1 / 3);
      replies.at(-1)?.(undefined, {});
      await second;
      await clock.advance(1_000);
      expect(await first).toBeInstanceOf(FailedAttempt);
    }
    expect(stuck).toBe(50);
  });

  test('is not given up if its answer arrived while this process stood still', async () => {
    const made = channel.mkdir('/a');
    // The timer is due, and runs first; the socket is read right after that.
    clock.schedule(() => clock.schedule(() => replies[0]?.(undefined), 0), 999);
    await clock.advance(1_500);
    await made;
    expect(downs).toEqual([]);
  });

  test('does not keep the process alive by its timer: the socket does, for as long as someone waits', async () => {
    const never = failureOf(channel.close(Buffer.from('h')));
    await clock.runUntilIdle();
    expect(clock.pendingTimers).toBe(1);
    channel.fail(END);
    await never;
  });

  test('after the end of the session was not sent', async () => {
    channel.fail(END);
    expect(await failureOf(channel.mkdir('/a'))).toMatchObject({
      failure: { code: 'ECONN', outcome: 'failed' },
    });
    expect(replies).toEqual([]);
    expect(downs).toHaveLength(1);
  });

  test('that is answered after the end of the session is answered to nobody', async () => {
    const made = failureOf(channel.mkdir('/a'));
    channel.fail(END);
    replies[0]?.(undefined);
    expect(await made).toMatchObject({ failure: { code: 'ECONN', outcome: 'unknown' } });
  });

  test('that ssh2 lost with the connection may have taken effect', async () => {
    const made = failureOf(channel.mkdir('/a'));
    replies[0]?.(new Error('No response from server'));
    expect(await made).toMatchObject({ failure: { code: 'ECONN', outcome: 'unknown' } });
    expect(downs).toHaveLength(1);
  });
});

describe('a reply of the wrong kind', () => {
  const handle = Buffer.from('handle');
  const name = { filename: 'a', longname: '', attrs: {} };
  test.each<[string, () => Promise<unknown>, unknown]>([
    ['a handle for a mkdir', () => channel.mkdir('/a'), handle],
    ['a listing for a rmdir', () => channel.rmdir('/a'), [name]],
    ['attributes for an unlink', () => channel.unlink('/a'), {}],
    ['nothing for a stat', () => channel.stat('/a'), undefined],
    ['a listing for a stat', () => channel.stat('/a'), [name]],
    ['a handle for an lstat', () => channel.lstat('/a'), handle],
    ['nothing for an opendir', () => channel.opendir('/a'), undefined],
    ['attributes for an open', () => channel.open('/a', 'r'), {}],
    ['a handle for a readdir', () => channel.readdir(handle), handle],
    ['names that are none for a readdir', () => channel.readdir(handle), [{ ...name, filename: 7 }]],
    ['names without attributes', () => channel.readdir(handle), [{ ...name, attrs: undefined }]],
    ['attributes for a read', () => channel.read(handle, 0, 10), {}],
    ['more than was asked for a read', () => channel.read(handle, 0, 10), 11],
    ['a handle for a close', () => channel.close(handle), handle],
    ['nothing for a statvfs', () => channel.obstacle('/a'), undefined],
  ])('is never a success, and ends the session: %s', async (_, call, value) => {
    const failed = failureOf(call());
    replies[0]?.(undefined, value);
    expect(await failed).toMatchObject({ failure: { code: 'EIO', outcome: 'unknown' } });
    expect(downs).toHaveLength(1);
  });
});

describe('an extension that the server has not', () => {
  test('is no failure, and leaves the session alone', async () => {
    const session = new Proxy({} as Session, {
      get: () => () => {
        throw new Error('Server does not support this extended request');
      },
    });
    const without = new Channel({
      session,
      clock,
      server: 'host:22',
      answerTimeoutMs: 1000,
      quote: (text) => text,
      onDown: (why) => downs.push(why),
      onStuck: () => stuck++,
    });
    expect(await without.obstacle('/a')).toBeUndefined();
    expect(downs).toEqual([]);
    expect(clock.pendingTimers).toBe(0);
  });

  test('may be refused too', async () => {
    const room = channel.obstacle('/a');
    replies[0]?.(Object.assign(new Error('Unsupported'), { code: 8 }));
    expect(await room).toBeUndefined();
  });
});
