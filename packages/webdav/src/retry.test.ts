import { VirtualClock } from '@holdfast/testkit';
import { describe, expect, it } from 'vitest';
import { backOffMs, judge, pause, retryAfterMs, type Repeat } from './retry.js';
import type { Reply } from './transport.js';

const clock = new VirtualClock({ wallMs: Date.UTC(2026, 10, 23, 12, 0, 0) });

function reply(status: number, headers: Record<string, string> = {}): Reply {
  return { status, url: '', body: new Uint8Array(), cut: undefined, header: (name) => headers[name] };
}

describe('Retry-After', () => {
  it.each<[string, number | undefined]>([
    ['3', 3000],
    [' 0 ', 0],
    ['Mon, 23 Nov 2026 12:00:07 GMT', 7000],
    ['Mon, 23 Nov 2026 11:00:00 GMT', 0],
    ['soon', undefined],
    ['99999999999', undefined],
    ['', undefined],
  ])('"%s" is %s ms', (value, ms) => {
    expect(retryAfterMs(reply(503, { 'retry-after': value }), clock)).toBe(ms);
  });

  it("as a date goes by the server's clock, where that is known", () => {
    const headers = { 'retry-after': 'Mon, 23 Nov 2020 08:00:05 GMT', date: 'Mon, 23 Nov 2020 08:00:00 GMT' };
    expect(retryAfterMs(reply(503, headers), clock)).toBe(5000);
  });
});

describe('an answer', () => {
  const after = { 'retry-after': '1' };
  /** `yes` and `doubt`: again, the latter knowing that the first may have been carried out. */
  type Again = 'no' | 'yes' | 'doubt';
  it.each<[number, Record<string, string>, Record<Repeat, Again>]>([
    [200, {}, { always: 'no', 'same-effect': 'no', refused: 'no' }],
    [404, after, { always: 'no', 'same-effect': 'no', refused: 'no' }],
    [423, {}, { always: 'no', 'same-effect': 'no', refused: 'no' }],
    [423, after, { always: 'yes', 'same-effect': 'yes', refused: 'yes' }],
    [429, {}, { always: 'yes', 'same-effect': 'yes', refused: 'yes' }],
    [429, after, { always: 'yes', 'same-effect': 'yes', refused: 'yes' }],
    [500, after, { always: 'no', 'same-effect': 'no', refused: 'no' }],
    [502, {}, { always: 'yes', 'same-effect': 'no', refused: 'no' }],
    [503, {}, { always: 'yes', 'same-effect': 'no', refused: 'no' }],
    [503, after, { always: 'yes', 'same-effect': 'doubt', refused: 'no' }],
    [504, {}, { always: 'yes', 'same-effect': 'no', refused: 'no' }],
    [507, after, { always: 'no', 'same-effect': 'no', refused: 'no' }],
  ])('of %i %o is sent again where that is safe: %o', (status, headers, expected) => {
    for (const [repeat, again] of Object.entries(expected) as [Repeat, Again][]) {
      const verdict = judge(reply(status, headers), repeat, clock);
      expect([repeat, verdict.again ? (verdict.doubt ? 'doubt' : 'yes') : 'no']).toEqual([repeat, again]);
    }
  });
});

describe('the pause between tries', () => {
  it('doubles, is spread by half of itself, and has an end', () => {
    const longest = [0, 1, 2, 3, 4, 5, 9].map((n) => backOffMs(n, () => 1));
    const shortest = [0, 1, 2, 3, 4, 5, 9].map((n) => backOffMs(n, () => 0));
    expect(longest).toEqual([100, 200, 400, 800, 1600, 2000, 2000]);
    expect(shortest).toEqual([50, 100, 200, 400, 800, 1000, 1000]);
  });

  it('ends with an abort at once, and leaves neither timer nor listener', async () => {
    const [one, two] = [new AbortController(), new AbortController()];
    const waiting = pause(1000, clock, [one.signal, undefined, two.signal]);
    two.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'GIVEN_UP', sent: false });
    await expect(pause(1000, clock, [two.signal])).rejects.toMatchObject({ code: 'GIVEN_UP' });
    expect(clock.pendingTimers).toBe(0);
  });
});
