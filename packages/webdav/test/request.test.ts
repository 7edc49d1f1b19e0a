import { VirtualClock } from '@holdfast/testkit';
import { isVFSError } from '@holdfast/vfs';
import { describe, expect, it } from 'vitest';
import { FailedAttempt, failure } from '@holdfast/vfs/adapter';
import { aboutOf, networkFailure, SILENT } from '../src/errors.js';
import type { Reply, Transport } from '../src/transport/exchange.js';
import { makeRequester, type Repeat, type Request } from '../src/transport/request.js';

type Step = number | FailedAttempt | Partial<Reply>;

const reply = (status: number, more: Partial<Reply> = {}): Reply => ({
  status,
  url: '',
  body: new Uint8Array(),
  cut: undefined,
  header: () => undefined,
  ...more,
});
const retryAfter = (seconds: string) => ({
  header: (name: string) => (name === 'retry-after' ? seconds : undefined),
});

/** A transport that answers by a script, and a requester before it. */
function scripted(steps: readonly Step[], deadlineMs = 10_000) {
  const clock = new VirtualClock();
  const sentAt: number[] = [];
  const script = [...steps];
  const transport: Transport = {
    close: () => undefined,
    exchange: async () => {
      sentAt.push(clock.now);
      const step = script.shift();
      if (step === undefined) throw new Error('the script has ended');
      if (step instanceof FailedAttempt) throw step;
      return typeof step === 'number' ? reply(step) : reply(step.status ?? 200, step);
    },
  };
  const requester = makeRequester(transport, { retries: 2, deadlineMs, clock });
  const send = (repeat: Repeat, signal?: AbortSignal) => {
    const toSend: Request = { method: 'X', url: '', repeat };
    const about = aboutOf(new URL('https://dav.example/'), repeat === 'read' ? 'ls' : 'mkdir', '/d');
    return clock.runUntil(requester.send(toSend, about, signal));
  };
  return { clock, sentAt, send, close: () => requester.close() };
}

const reset = networkFailure('ECONNRESET', true);
const unsent = networkFailure('ECONNREFUSED', false);
const silent = new FailedAttempt(SILENT);

describe('a request', () => {
  it('is sent once if it is answered', async () => {
    const { send, sentAt } = scripted([404]);
    expect(await send('read')).toMatchObject({ status: 404, isDoubtful: false });
    expect(sentAt).toEqual([0]);
  });

  it('that changes nothing is sent again after a lost reply, with growing pauses', async () => {
    const { send, sentAt } = scripted([reset, reset, 207]);
    expect(await send('read')).toMatchObject({ status: 207 });
    const [first = 0, second = 0, third = 0] = sentAt;
    expect(second - first).toBeGreaterThanOrEqual(50);
    expect(second - first).toBeLessThanOrEqual(100);
    expect(third - second).toBeGreaterThanOrEqual(100);
    expect(third - second).toBeLessThanOrEqual(200);
  });

  it('that changes nothing is given up after two retries', async () => {
    const { send, sentAt } = scripted([reset, reset, reset]);
    await expect(send('read')).rejects.toMatchObject({ code: 'ECONN', outcome: 'failed' });
    expect(sentAt).toHaveLength(3);
  });

  it.each<[string, FailedAttempt]>([
    ['a lost reply', reset],
    ['silence', silent],
  ])(
    'that writes the same again is sent again after %s, knowing that it may have been written',
    async (_, lost) => {
      const { send, sentAt } = scripted([lost, 403]);
      expect(await send('overwrite')).toMatchObject({ status: 403, isDoubtful: true });
      expect(sentAt).toHaveLength(2);
    },
  );

  it.each<[Repeat, FailedAttempt, string]>([
    ['remove', reset, 'ECONN'],
    ['remove', silent, 'ETIMEDOUT'],
    ['once', reset, 'ECONN'],
    ['once', silent, 'ETIMEDOUT'],
  ])(
    'that changes something for good (%s) is not sent again after a lost reply',
    async (repeat, lost, code) => {
      const { send, sentAt } = scripted([lost]);
      await expect(send(repeat)).rejects.toMatchObject({ code, outcome: 'unknown' });
      expect(sentAt).toHaveLength(1);
    },
  );

  it.each<Repeat>(['read', 'overwrite', 'remove', 'once'])(
    'that never left (%s) is sent again',
    async (repeat) => {
      const { send, sentAt } = scripted([unsent, 201]);
      expect(await send(repeat)).toMatchObject({ status: 201, isDoubtful: false });
      expect(sentAt).toHaveLength(2);
    },
  );

  it('that never left, in the end, has failed', async () => {
    const { send } = scripted([unsent, unsent, unsent]);
    await expect(send('once')).rejects.toMatchObject({ code: 'ECONN', outcome: 'failed' });
  });

  it.each([423, 429, 503])('answered by %i waits as long as Retry-After says', async (status) => {
    const { send, sentAt } = scripted([{ status, ...retryAfter('3') }, 201]);
    expect(await send('overwrite')).toMatchObject({ status: 201 });
    expect(sentAt).toEqual([0, 3000]);
  });

  it('is not held for a Retry-After beyond its deadline', async () => {
    const { send, sentAt, clock } = scripted([{ status: 503, ...retryAfter('11') }]);
    expect(await send('read')).toMatchObject({ status: 503 });
    expect([sentAt.length, clock.now]).toEqual([1, 0]);
  });

  it('knows that a 503 before a refusal leaves the outcome unknown', async () => {
    const { send } = scripted([{ status: 503, ...retryAfter('1') }, 403]);
    expect(await send('overwrite')).toMatchObject({ status: 403, isDoubtful: true });
  });

  it('knows that a 429 before a refusal does not', async () => {
    const { send } = scripted([429, 403]);
    expect(await send('overwrite')).toMatchObject({ status: 403, isDoubtful: false });
  });

  it('to read takes no half answer', async () => {
    const cut = { status: 207, body: new Uint8Array(3), cut: reset };
    const { send, sentAt } = scripted([cut, 207]);
    expect(await send('read')).toMatchObject({ status: 207, cut: undefined });
    expect(sentAt).toHaveLength(2);
  });

  it('to read is not repeated for an answer that is too long', async () => {
    const { send, sentAt } = scripted([{ status: 207, cut: new FailedAttempt(failure('EIO')) }]);
    await expect(send('read')).rejects.toMatchObject({ code: 'EIO' });
    expect(sentAt).toHaveLength(1);
  });

  it('to change something was carried out even if the words under its 201 were cut off', async () => {
    const { send } = scripted([{ status: 201, cut: reset }]);
    expect(await send('once')).toMatchObject({ status: 201 });
  });

  it.each(['signal', 'close'])('that waits for its next try ends by %s', async (how) => {
    const { send, close, sentAt, clock } = scripted([{ status: 503, ...retryAfter('5') }]);
    const caller = new AbortController();
    clock.schedule(() => (how === 'close' ? close() : caller.abort()), 1000);
    const error: unknown = await send('overwrite', caller.signal).catch((reason: unknown) => reason);
    expect(isVFSError(error, 'ECONN')).toBe(true);
    // The try before may have been carried out.
    expect(error).toMatchObject({ outcome: 'unknown' });
    expect([sentAt.length, clock.now, clock.pendingTimers]).toEqual([1, 1000, 0]);
  });

  it.each(['signal', 'close'])('that waits for the server to come back ends by %s, unsent', async (how) => {
    const { send, close, sentAt, clock } = scripted([unsent, unsent, unsent]);
    await send('once').catch(() => undefined);
    const before = sentAt.length;
    const caller = new AbortController();
    const waiting = send('once', caller.signal).catch((reason: unknown) => reason);
    if (how === 'close') close();
    else caller.abort();
    expect(await waiting).toMatchObject({ code: 'ECONN', outcome: 'failed' });
    expect([sentAt.length, clock.pendingTimers]).toEqual([before, 0]);
  });

  it('passes on a defect as it is', async () => {
    const { send } = scripted([]);
    await expect(send('read')).rejects.toThrow('the script has ended');
  });
});

describe('many requests at once', () => {
  it('knock as often as one does while the server is away, and all go on when it is back', async () => {
    const clock = new VirtualClock();
    let isBack = false;
    let dials = 0;
    let warnings = 0;
    const onWarning = (): void => void warnings++;
    process.on('warning', onWarning);
    clock.schedule(() => (isBack = true), 2000);
    const transport: Transport = {
      close: () => undefined,
      exchange: async () => {
        if (!isBack) {
          dials++;
          throw unsent;
        }
        return reply(207);
      },
    };
    const requester = makeRequester(transport, { retries: 10, deadlineMs: 10_000, clock });
    const about = aboutOf(new URL('https://dav.example/'), 'ls', '/d');
    const send = () => requester.send({ method: 'X', url: '', repeat: 'read' }, about, undefined);
    const first = send();
    await clock.advance(1);
    const all = Promise.all([first, ...Array.from({ length: 199 }, send)]);
    expect((await clock.runUntil(all)).every(({ status }) => status === 207)).toBe(true);
    expect(dials).toBeLessThan(10);
    await new Promise((resolve) => setImmediate(resolve));
    process.off('warning', onWarning);
    expect(warnings).toBe(0);
  });
});
