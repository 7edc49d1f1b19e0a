import { VirtualClock } from '@holdfast/testkit';
import { isVFSError } from '@holdfast/vfs';
import { describe, expect, it } from 'vitest';
import { LostExchange } from './lost.js';
import { makeRequester, type Request } from './request.js';
import type { Repeat } from './retry.js';
import type { Reply, Transport } from './transport.js';

type Step = number | LostExchange | Partial<Reply>;

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
      if (step instanceof LostExchange) throw step;
      return typeof step === 'number' ? reply(step) : reply(step.status ?? 200, step);
    },
  };
  const closing = new AbortController();
  const request = makeRequester(transport, { retries: 2, deadlineMs, clock, closing: closing.signal });
  const send = (repeat: Repeat, signal?: AbortSignal) => {
    const toSend: Request = { method: 'X', url: '', repeat };
    const op = repeat === 'always' ? 'ls' : 'mkdir';
    return clock.runUntil(request(toSend, { op, path: '/d' }, signal));
  };
  return { clock, sentAt, send, closing };
}

const reset = new LostExchange('ECONNRESET', true);
const unsent = new LostExchange('ECONNREFUSED', false);

describe('a request', () => {
  it('is sent once if it is answered', async () => {
    const { send, sentAt } = scripted([404]);
    expect(await send('always')).toMatchObject({ status: 404, doubt: false });
    expect(sentAt).toEqual([0]);
  });

  it('that changes nothing is sent again after a lost reply, with growing pauses', async () => {
    const { send, sentAt } = scripted([reset, reset, 207]);
    expect(await send('always')).toMatchObject({ status: 207 });
    const [first = 0, second = 0, third = 0] = sentAt;
    expect(second - first).toBeGreaterThanOrEqual(50);
    expect(second - first).toBeLessThanOrEqual(100);
    expect(third - second).toBeGreaterThanOrEqual(100);
    expect(third - second).toBeLessThanOrEqual(200);
  });

  it('that changes nothing is given up after two retries', async () => {
    const { send, sentAt } = scripted([reset, reset, reset]);
    await expect(send('always')).rejects.toMatchObject({ code: 'ECONN', outcome: 'failed' });
    expect(sentAt).toHaveLength(3);
  });

  it.each<Repeat>(['same-effect', 'refused'])(
    'that changes something (%s) is not sent again after a lost reply',
    async (repeat) => {
      const { send, sentAt } = scripted([reset]);
      await expect(send(repeat)).rejects.toMatchObject({ code: 'ECONN', outcome: 'unknown' });
      expect(sentAt).toHaveLength(1);
    },
  );

  it.each<Repeat>(['always', 'same-effect', 'refused'])(
    'that never left (%s) is sent again',
    async (repeat) => {
      const { send, sentAt } = scripted([unsent, 201]);
      expect(await send(repeat)).toMatchObject({ status: 201, doubt: false });
      expect(sentAt).toHaveLength(2);
    },
  );

  it('that never left, in the end, has failed', async () => {
    const { send } = scripted([unsent, unsent, unsent]);
    await expect(send('refused')).rejects.toMatchObject({ code: 'ECONN', outcome: 'failed' });
  });

  it.each([423, 429, 503])('answered by %i waits as long as Retry-After says', async (status) => {
    const { send, sentAt } = scripted([{ status, ...retryAfter('3') }, 201]);
    expect(await send('same-effect')).toMatchObject({ status: 201 });
    expect(sentAt).toEqual([0, 3000]);
  });

  it('is not held for a Retry-After beyond its deadline', async () => {
    const { send, sentAt, clock } = scripted([{ status: 503, ...retryAfter('11') }]);
    expect(await send('always')).toMatchObject({ status: 503 });
    expect([sentAt.length, clock.now]).toEqual([1, 0]);
  });

  it('knows that a 503 before a refusal leaves the outcome unknown', async () => {
    const { send } = scripted([{ status: 503, ...retryAfter('1') }, 403]);
    expect(await send('same-effect')).toMatchObject({ status: 403, doubt: true });
  });

  it('knows that a 429 before a refusal does not', async () => {
    const { send } = scripted([429, 403]);
    expect(await send('same-effect')).toMatchObject({ status: 403, doubt: false });
  });

  it('to read takes no half answer', async () => {
    const cut = { status: 207, body: new Uint8Array(3), cut: reset };
    const { send, sentAt } = scripted([cut, 207]);
    expect(await send('always')).toMatchObject({ status: 207, cut: undefined });
    expect(sentAt).toHaveLength(2);
  });

  it('to read is not repeated for an answer that is too long', async () => {
    const { send, sentAt } = scripted([{ status: 207, cut: new LostExchange('TOO_LONG', true) }]);
    await expect(send('always')).rejects.toMatchObject({ code: 'EIO' });
    expect(sentAt).toHaveLength(1);
  });

  it('to change something was carried out even if the words under its 201 were cut off', async () => {
    const { send } = scripted([{ status: 201, cut: reset }]);
    expect(await send('refused')).toMatchObject({ status: 201 });
  });

  it.each(['signal', 'close'])('that waits for its next try ends by %s', async (how) => {
    const { send, closing, sentAt, clock } = scripted([{ status: 503, ...retryAfter('5') }]);
    const caller = new AbortController();
    clock.schedule(() => (how === 'close' ? closing : caller).abort(), 1000);
    const error: unknown = await send('same-effect', caller.signal).catch((reason: unknown) => reason);
    expect(isVFSError(error, 'ECONN')).toBe(true);
    // The try before may have been carried out.
    expect(error).toMatchObject({ outcome: 'unknown' });
    expect([sentAt.length, clock.now, clock.pendingTimers]).toEqual([1, 1000, 0]);
  });

  it('passes on a defect as it is', async () => {
    const { send } = scripted([]);
    await expect(send('always')).rejects.toThrow('the script has ended');
  });
});
