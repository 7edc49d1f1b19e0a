import { VirtualClock } from '@holdfast/testkit';
import { describe, expect, it } from 'vitest';
import { retryAfterMs } from '../src/transport/retry-after.js';

const clock = new VirtualClock({ wallMs: Date.UTC(2026, 10, 23, 12, 0, 0) });

const reply = (headers: Readonly<Record<string, string>>) => ({ header: (name: string) => headers[name] });

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
    expect(retryAfterMs(reply({ 'retry-after': value }), clock)).toBe(ms);
  });

  it("as a date goes by the server's clock, where that is known", () => {
    const headers = { 'retry-after': 'Mon, 23 Nov 2020 08:00:05 GMT', date: 'Mon, 23 Nov 2020 08:00:00 GMT' };
    expect(retryAfterMs(reply(headers), clock)).toBe(5000);
  });
});
