import { VirtualClock, type ActorClock } from '@holdfast/testkit';
import { FailedAttempt, failure, type Failure } from '@holdfast/vfs/adapter';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Channel } from './channel.js';
import { Connection } from './connection.js';
import type { Link } from './link.js';

const IDLE_MS = 30_000;
const SECOND_ATTEMPT_MS = 3_000;

/** A connection without a server. */
class FakeLink implements Link {
  answered = false;
  alive: boolean | undefined;
  ended = false;
  readonly down: Promise<FailedAttempt>;
  readonly stuck: Promise<void>;
  #tell: (why: FailedAttempt) => void = () => undefined;
  #tellStuck: () => void = () => undefined;

  constructor() {
    this.down = new Promise((resolve) => (this.#tell = resolve));
    this.stuck = new Promise((resolve) => (this.#tellStuck = resolve));
  }

  get channel(): Channel {
    return { answered: this.answered } as Channel;
  }

  keepAlive(yes: boolean): void {
    this.alive = yes;
  }

  /** The server is gone, or hangs. */
  break(): void {
    this.#tell(new FailedAttempt(failure('ECONN', { outcome: 'unknown', retryable: true, detail: 'gone' })));
  }

  /** A request hangs, while others are answered. */
  stick(): void {
    this.#tellStuck();
  }

  end(why: FailedAttempt): void {
    this.ended = true;
    this.#tell(why);
  }
}

let time: VirtualClock;
let clock: ActorClock;
let links: FakeLink[];
let dials: { at: number; signal: AbortSignal }[];
let next: () => Promise<FakeLink>;
let connection: Connection;

beforeEach(() => {
  time = new VirtualClock();
  clock = time.actor({});
  links = [];
  dials = [];
  next = async () => {
    const link = new FakeLink();
    links.push(link);
    return link;
  };
  connection = new Connection({
    dial: (signal) => {
      dials.push({ at: time.now, signal });
      return next();
    },
    server: 'host:22',
    clock,
    random: () => 1 - Number.EPSILON,
    idleMs: IDLE_MS,
    secondAttemptMs: SECOND_ATTEMPT_MS,
  });
});

const failing =
  (what: Partial<Failure> = {}) =>
  async (): Promise<FakeLink> => {
    throw new FailedAttempt({ ...failure('ECONN', { retryable: true, detail: 'nobody there' }), ...what });
  };

const use = (): Promise<string> => connection.use(async () => 'done');

const codeOf = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => 'it succeeded',
    (error: unknown) => (error instanceof FailedAttempt ? error.failure.code : error),
  );

describe('the connection', () => {
  test('is opened by the first call, once, and shared by all', async () => {
    expect(dials).toHaveLength(0);
    expect(await Promise.all([use(), use(), use()])).toEqual(['done', 'done', 'done']);
    await use();
    expect(dials).toHaveLength(1);
  });

  test('keeps the process alive while a call is under way, and at no other time', async () => {
    let finish: () => void = () => undefined;
    const call = connection.use(() => new Promise<void>((resolve) => (finish = resolve)));
    await time.settle();
    expect(links[0]?.alive).toBe(true);
    finish();
    await call;
    expect(links[0]?.alive).toBe(false);
    await use();
    expect(links[0]?.alive).toBe(false);
  });

  test('is closed when nobody has used it for a while, by a timer that keeps nothing alive', async () => {
    await use();
    await time.advance(IDLE_MS - 1);
    await use();
    await time.advance(IDLE_MS - 1);
    expect(links[0]?.ended).toBe(false);
    await time.runUntilIdle();
    expect(links[0]?.ended).toBe(false);
    await time.advance(1);
    expect(links[0]?.ended).toBe(true);
    await use();
    expect(dials).toHaveLength(2);
  });

  test('is not closed under a call, however long that takes', async () => {
    const call = connection.use(() => new Promise(() => undefined));
    await use();
    await time.advance(IDLE_MS * 3);
    expect(links[0]?.ended).toBe(false);
    void call;
  });

  test('is not used again after the machine was suspended for longer than it may rest', async () => {
    await use();
    clock.suspend('machine');
    await time.advance(IDLE_MS);
    clock.resume();
    await use();
    expect(links[0]?.ended).toBe(true);
    expect(dials).toHaveLength(2);
  });

  test('is opened again at once when one that had answered broke off', async () => {
    await use();
    Object.assign(links[0] ?? {}, { answered: true });
    links[0]?.break();
    await time.settle();
    await use();
    expect(dials.map(({ at }) => at)).toEqual([0, 0]);
  });

  test('is opened again with more and more patience when each breaks off without an answer', async () => {
    for (let round = 0; round < 4; round++) {
      await time.runUntil(use());
      links[round]?.break();
      await time.settle();
    }
    expect(dials.map(({ at }) => Math.round(at))).toEqual([0, 100, 300, 700]);
  });

  test('that cannot be had fails the calls that wait for it, and the next waits before it tries again', async () => {
    next = failing();
    expect(await Promise.all([codeOf(use()), codeOf(use())])).toEqual(['ECONN', 'ECONN']);
    expect(await time.runUntil(codeOf(use()))).toBe('ECONN');
    expect(await time.runUntil(codeOf(use()))).toBe('ECONN');
    expect(dials.map(({ at }) => Math.round(at))).toEqual([0, 100, 300]);
  });

  test('that cannot be had is tried for hundreds of calls as rarely as for one', async () => {
    next = failing();
    for (let call = 0; call < 200; call++) {
      const insist = async (): Promise<void> => {
        while (time.now < 2_000) await codeOf(use());
      };
      void insist();
    }
    await time.advance(2_000);
    expect(dials.length).toBeLessThan(8);
  });

  test('begins anew once it was had', async () => {
    const good = next;
    next = failing();
    await codeOf(use());
    await time.runUntil(codeOf(use()));
    next = good;
    await time.runUntil(use());
    Object.assign(links[0] ?? {}, { answered: true });
    links[0]?.break();
    await time.settle();
    next = failing();
    await codeOf(use());
    const before = time.now;
    await time.runUntil(codeOf(use()));
    expect(Math.round(time.now - before)).toBe(100);
  });

  test('that will be refused again is not asked for meanwhile: servers block clients that fail too often', async () => {
    next = failing({ code: 'EAUTH', retryable: false });
    expect(await codeOf(use())).toBe('EAUTH');
    expect(await codeOf(use())).toBe('EAUTH');
    expect(dials).toHaveLength(1);
    await time.advance(1000);
    expect(await codeOf(use())).toBe('EAUTH');
    expect(dials).toHaveLength(2);
  });

  test('that is stuck is left to the calls that it has, and closed when they are done', async () => {
    let finish: () => void = () => undefined;
    const slow = connection.use(() => new Promise<void>((resolve) => (finish = resolve)));
    await time.settle();
    links[0]?.stick();
    await time.settle();
    await use();
    expect(dials).toHaveLength(2);
    expect(links.map(({ ended }) => ended)).toEqual([false, false]);
    finish();
    await slow;
    expect(links.map(({ ended }) => ended)).toEqual([true, false]);
    connection.close();
    expect(time.pendingTimers).toBe(0);
  });

  test('makes an ECONN of an error that nobody expected', async () => {
    next = async () => {
      throw new TypeError('a defect');
    };
    expect(await codeOf(use())).toBe('ECONN');
  });
});

describe('an attempt of which nothing is heard', () => {
  /** Attempts that end when they are told to. */
  function byHand(): { open: (link: FakeLink) => void; fail: (error: unknown) => void }[] {
    const attempts: { open: (link: FakeLink) => void; fail: (error: unknown) => void }[] = [];
    next = () => new Promise((open, fail) => attempts.push({ open, fail }));
    return attempts;
  }

  test('gets another beside it, and the first to succeed wins', async () => {
    const attempts = byHand();
    const call = use();
    await time.advance(SECOND_ATTEMPT_MS - 1);
    expect(attempts).toHaveLength(1);
    await time.advance(1);
    expect(attempts).toHaveLength(2);
    attempts[1]?.open(new FakeLink());
    expect(await call).toBe('done');
    expect(dials[0]?.signal.aborted).toBe(true);
    const late = new FakeLink();
    attempts[0]?.open(late);
    await time.settle();
    expect(late.ended).toBe(true);
  });

  test('counts until both have failed', async () => {
    const attempts = byHand();
    const call = codeOf(use());
    await time.advance(SECOND_ATTEMPT_MS);
    attempts[0]?.fail(new FailedAttempt(failure('ECONN', { retryable: true })));
    await time.settle();
    attempts[1]?.open(new FakeLink());
    expect(await call).toBe('it succeeded');
  });

  test('is over at once where the other would be refused alike', async () => {
    const attempts = byHand();
    const call = codeOf(use());
    await time.advance(SECOND_ATTEMPT_MS);
    attempts[1]?.fail(new FailedAttempt(failure('EAUTH')));
    expect(await call).toBe('EAUTH');
    expect(dials[0]?.signal.aborted).toBe(true);
  });
});

describe('a call that was given up', () => {
  test('while the connection was being opened sends nothing', async () => {
    let open: (link: FakeLink) => void = () => undefined;
    next = () => new Promise((resolve) => (open = resolve));
    const controller = new AbortController();
    let sent = false;
    const call = codeOf(
      connection.use(async () => {
        sent = true;
      }, controller.signal),
    );
    controller.abort('enough');
    open(new FakeLink());
    expect(await call).toBe('enough');
    expect(sent).toBe(false);
  });

  test('while it waited for the next attempt makes none', async () => {
    next = failing();
    await codeOf(use());
    const controller = new AbortController();
    const call = codeOf(connection.use(async () => undefined, controller.signal));
    await time.settle();
    controller.abort('enough');
    expect(await call).toBe('enough');
    expect(dials).toHaveLength(1);
    expect(time.pendingTimers).toBe(0);
  });
});

describe('closing', () => {
  test('ends the connection, and no call opens another', async () => {
    await use();
    connection.close();
    connection.close();
    expect(links[0]?.ended).toBe(true);
    expect(await codeOf(use())).toBe('ECONN');
    expect(dials).toHaveLength(1);
    expect(time.pendingTimers).toBe(0);
  });

  test('before the first call opens nothing', async () => {
    connection.close();
    expect(await codeOf(use())).toBe('ECONN');
    expect(dials).toHaveLength(0);
  });

  test('cuts off an attempt, and ends what comes of it all the same', async () => {
    let open: (link: FakeLink) => void = () => undefined;
    next = () => new Promise((resolve) => (open = resolve));
    const call = codeOf(use());
    await time.settle();
    connection.close();
    expect(dials[0]?.signal.aborted).toBe(true);
    const late = new FakeLink();
    open(late);
    expect(await call).toBe('ECONN');
    expect(late.ended).toBe(true);
  });

  test('lets go of a call that waits for the next attempt', async () => {
    next = failing();
    await codeOf(use());
    const call = codeOf(use());
    await time.settle();
    connection.close();
    expect(await time.runUntil(call)).toBe('ECONN');
    expect(dials).toHaveLength(1);
  });
});
