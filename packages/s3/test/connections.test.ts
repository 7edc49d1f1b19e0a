import { VirtualClock } from '@holdfast/testkit';
import { FailedAttempt, failure } from '@holdfast/vfs/adapter';
import { setMaxListeners } from 'node:events';
import { describe, expect, test } from 'vitest';
import { Connections } from '../src/store/connections.js';

const REFUSED = new FailedAttempt(
  failure('ECONN', { retryable: true, detail: 'the connection was refused' }),
);
const DENIED = new FailedAttempt(failure('EACCES'));
const open = { signal: undefined, closed: new AbortController().signal };
setMaxListeners(0, open.closed);

function connections(): { clock: VirtualClock; use: Connections['use'] } {
  const clock = new VirtualClock();
  const made = new Connections({ clock, patienceMs: 5_000 });
  return { clock, use: (options, run) => made.use(options, run) };
}

/** Requests that are answered by hand. */
class Requests {
  readonly under: { answer: () => void; fail: (error: unknown) => void; giveBack: () => void }[] = [];
  readonly run = (giveBack: () => void): Promise<void> =>
    new Promise((answer, fail) => this.under.push({ answer, fail, giveBack }));
}

describe('requests of one VFS', () => {
  test('are few at first, and many once the store has answered', async () => {
    const { clock, use } = connections();
    const requests = new Requests();
    const calls = Array.from({ length: 200 }, () => use(open, requests.run));
    await clock.settle();
    expect(requests.under).toHaveLength(8);
    requests.under[0]?.answer();
    await clock.settle();
    expect(requests.under).toHaveLength(1 + 64);
    for (const request of requests.under) request.answer();
    while (requests.under.length < 200) {
      await clock.settle();
      for (const request of requests.under) request.answer();
    }
    await Promise.all(calls);
    expect(clock.pendingTimers).toBe(0);
  });

  test('that may take long do not keep others from being sent', async () => {
    const { clock, use } = connections();
    const requests = new Requests();
    const silent = Array.from({ length: 8 }, () => use(open, requests.run));
    await clock.settle();
    const other = use(open, () => Promise.resolve('answered'));
    for (const request of requests.under) request.giveBack();
    await expect(clock.runUntil(other)).resolves.toBe('answered');
    for (const request of requests.under) request.answer();
    await Promise.all(silent);
  });

  test('are as many as there are places, however often one gives its own back', async () => {
    const { clock, use } = connections();
    const requests = new Requests();
    const calls = Array.from({ length: 20 }, () => use(open, requests.run));
    await clock.settle();
    for (let times = 0; times < 5; times++) requests.under[0]?.giveBack();
    await clock.settle();
    expect(requests.under).toHaveLength(9);
    for (let round = 0; round < 20; round++) {
      for (const request of requests.under) request.answer();
      await clock.settle();
    }
    await Promise.all(calls);
  });

  test('knock one at a time while the store is away, and all go on once it is back', async () => {
    const { clock, use } = connections();
    let away = true;
    let dials = 0;
    const dial = (): Promise<void> => {
      dials += 1;
      return away ? Promise.reject(REFUSED) : Promise.resolve();
    };
    const served = { count: 0 };
    const call = async (): Promise<void> => {
      for (;;) {
        try {
          await use(open, dial);
          served.count += 1;
          return;
        } catch {
          // The lock's own next beat.
        }
      }
    };
    const calls = Array.from({ length: 200 }, call);
    await clock.advance(2_000);
    expect(dials).toBeLessThan(20);
    away = false;
    await clock.runUntil(Promise.all(calls));
    expect(served.count).toBe(200);
    expect(clock.pendingTimers).toBe(0);
  });

  test('fail without being sent if the store stays away too long', async () => {
    const { clock, use } = connections();
    const knocking = new Requests();
    await expect(use(open, () => Promise.reject(REFUSED))).rejects.toBe(REFUSED);
    // One is on its way and hears nothing.
    const first = use(open, knocking.run);
    const rest = Array.from({ length: 20 }, () =>
      use(open, () => Promise.reject(REFUSED)).catch((error: unknown) => error),
    );
    await clock.advance(30_000);
    for (const error of await Promise.all(rest)) {
      expect(error).toMatchObject({ failure: { code: 'ECONN', outcome: 'failed' } });
    }
    knocking.under[0]?.answer();
    await first;
  });

  test('that are refused have reached the store', async () => {
    const { clock, use } = connections();
    await expect(use(open, () => Promise.reject(DENIED))).rejects.toBe(DENIED);
    await use(open, () => Promise.resolve());
    expect(clock.now).toBe(0);
  });

  test('end when the caller goes, or the VFS is closed, and were never sent', async () => {
    const { clock, use } = connections();
    const requests = new Requests();
    const calls = Array.from({ length: 8 }, () => use(open, requests.run));
    await clock.settle();
    const caller = new AbortController();
    const vfs = new AbortController();
    const waiting = [
      use({ signal: caller.signal, closed: vfs.signal }, requests.run),
      use({ signal: undefined, closed: vfs.signal }, requests.run),
    ].map((call) => call.catch((error: unknown) => error));
    await clock.settle();
    caller.abort();
    vfs.abort();
    for (const error of await Promise.all(waiting)) {
      expect(error).toMatchObject({ failure: { outcome: 'failed', retryable: false } });
    }
    for (const request of requests.under) request.answer();
    await Promise.all(calls);
    expect(requests.under).toHaveLength(8);
    expect(clock.pendingTimers).toBe(0);
  });
});
