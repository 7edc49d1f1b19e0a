import { VirtualClock } from '@holdfast/testkit';
import { FailedAttempt, failure } from '@holdfast/vfs/adapter';
import { setMaxListeners } from 'node:events';
import { describe, expect, test } from 'vitest';
import { nodeAgents, type Agents } from '../src/store/agents.js';
import { Connections } from '../src/store/connections.js';

const REFUSED = new FailedAttempt(
  failure('ECONN', { retryable: true, detail: 'the connection was refused' }),
);
const DENIED = new FailedAttempt(failure('EACCES'));
const options = { signal: undefined, closed: new AbortController().signal };
setMaxListeners(0, options.closed);

interface Setting {
  readonly clock: VirtualClock;
  readonly use: Connections['use'];
  /** Says how many connections are open now. */
  readonly setOpen: (count: number) => void;
}

function connections(): Setting {
  const clock = new VirtualClock();
  let open = 0;
  let told = (): void => undefined;
  const agents: Agents = {
    ...nodeAgents(),
    get open() {
      return open;
    },
    onOpen: (listener) => (told = listener),
  };
  const made = new Connections({ clock, patienceMs: 5_000, agents });
  const setOpen = (count: number): void => {
    open = count;
    told();
  };
  return { clock, use: (under, run) => made.use(under, run), setOpen };
}

/** Requests that are answered by hand. */
class Requests {
  readonly under: { answer: () => void; fail: (error: unknown) => void; giveBack: () => void }[] = [];
  readonly run = (giveBack: () => void): Promise<void> =>
    new Promise((answer, fail) => this.under.push({ answer, fail, giveBack }));
}

describe('requests of one VFS', () => {
  test('are eight more than there are connections, and sixty-four at most', async () => {
    const { clock, use, setOpen } = connections();
    const requests = new Requests();
    const calls = Array.from({ length: 200 }, () => use(options, requests.run));
    await clock.settle();
    expect(requests.under).toHaveLength(8);
    setOpen(3);
    await clock.settle();
    expect(requests.under).toHaveLength(11);
    setOpen(64);
    await clock.settle();
    expect(requests.under).toHaveLength(64);
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
    const silent = Array.from({ length: 8 }, () => use(options, requests.run));
    await clock.settle();
    const other = use(options, () => Promise.resolve('answered'));
    for (const request of requests.under) request.giveBack();
    await expect(clock.runUntil(other)).resolves.toBe('answered');
    for (const request of requests.under) request.answer();
    await Promise.all(silent);
  });

  test('are as many as there are places, however often one gives its own back', async () => {
    const { clock, use } = connections();
    const requests = new Requests();
    const calls = Array.from({ length: 20 }, () => use(options, requests.run));
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
          await use(options, dial);
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
    await expect(use(options, () => Promise.reject(REFUSED))).rejects.toBe(REFUSED);
    // One is on its way and hears nothing.
    const first = use(options, knocking.run);
    const rest = Array.from({ length: 20 }, () =>
      use(options, () => Promise.reject(REFUSED)).catch((error: unknown) => error),
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
    await expect(use(options, () => Promise.reject(DENIED))).rejects.toBe(DENIED);
    await use(options, () => Promise.resolve());
    expect(clock.now).toBe(0);
  });

  test('end when the caller goes, or the VFS is closed, and were never sent', async () => {
    const { clock, use } = connections();
    const requests = new Requests();
    const calls = Array.from({ length: 8 }, () => use(options, requests.run));
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
